//! The corpus of tests/fuzz through everything that reads bytes of strangers, so that it lives without a fuzzer.

#[path = "../../../tests/fuzz/replay.rs"]
mod replay;

#[test]
fn what_strangers_send_never_panics() {
    // An answer to an offer makes a certificate: a thousand times slower than the rest.
    let mutations = |name: &str| if name == "offer" { 60 } else { 1000 };
    replay::replay(&yunke_media::fuzz::TARGETS, mutations);
}
