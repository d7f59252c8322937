#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| yunke_media::fuzz::fragment(bytes));
