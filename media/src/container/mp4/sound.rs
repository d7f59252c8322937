//! The description of a track of AAC: what stands in `stsd` (ISO/IEC 14496-14 §5.6, 14496-1 §7.2.6).

use super::{
    fields::{be, full, put, whole},
    read::Init,
};

/// A track of AAC frames with this `AudioSpecificConfig`.
pub(crate) fn aac(rate: u32, channels: u16, bitrate: u32, config: &[u8]) -> Init {
    let specific = descriptor(0x05, config);
    // MPEG-4 audio, audio stream; no buffer size; the highest and the mean bitrate.
    let decoder = [&[0x40, 0x15, 0, 0, 0][..], &be(&[bitrate, bitrate]), &specific].concat();
    let config = [descriptor(0x04, &decoder), descriptor(0x06, &[2])].concat();
    let esds = full(*b"esds", 0, 0, &descriptor(0x03, &[&[0, 0, 0][..], &config].concat()));
    let mut entry = vec![0; 6];
    put(&mut entry, &[0, 1]);
    put(&mut entry, &[0; 8]);
    put(&mut entry, &channels.to_be_bytes());
    put(&mut entry, &[0, 16, 0, 0, 0, 0]);
    put(&mut entry, &be(&[rate << 16]));
    put(&mut entry, &esds);
    Init::plain(rate, whole(*b"mp4a", &entry))
}

fn descriptor(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(body.len()).unwrap_or(0x7f) & 0x7f;
    [&[tag, 0x80, 0x80, 0x80, length][..], body].concat()
}
