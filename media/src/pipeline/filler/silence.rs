//! A frame of AAC in which nothing is heard (ISO/IEC 14496-3, 4.4.2): each channel without any spectrum.

use bytes::Bytes;

use super::writer::Writer;
use crate::codec::AudioConfig;

/// Elements of a frame.
const SINGLE: u32 = 0;
const PAIR: u32 = 1;
const LOW: u32 = 3;
const END: u32 = 7;

/// What is heard where the publisher sends no sound and has not said what it would be: 48 kHz, two channels.
pub(super) const RECORD: &[u8] = &[0x11, 0x90];

/// A silent frame of this format; `None` for layouts of speakers that nobody has.
pub(super) fn frame(config: &AudioConfig) -> Option<Bytes> {
    // ISO/IEC 14496-3, table 1.19.
    let elements: &[u32] = match config.channels {
        1 => &[SINGLE],
        2 => &[PAIR],
        3 => &[SINGLE, PAIR],
        4 => &[SINGLE, PAIR, SINGLE],
        5 => &[SINGLE, PAIR, PAIR],
        6 => &[SINGLE, PAIR, PAIR, LOW],
        8 => &[SINGLE, PAIR, PAIR, PAIR, LOW],
        _ => return None,
    };
    let mut out = Writer::default();
    let mut counts = [0_u32; 4];
    for &element in elements {
        out.put(element, 3);
        let count = &mut counts[element as usize];
        out.put(*count, 4);
        *count += 1;
        if element == PAIR {
            out.bit(true); // both have one window,
            window(&mut out);
            out.put(0, 2); // and each its own sound
            channel(&mut out, false);
            channel(&mut out, false);
        } else {
            channel(&mut out, true);
        }
    }
    out.put(END, 3);
    out.align(false);
    Some(out.into_bytes().into())
}

/// `ics_info`: one long window, no scale factor bands.
fn window(out: &mut Writer) {
    out.put(0, 1 + 2 + 1 + 6 + 1);
}

/// `individual_channel_stream`: no gain to speak of, no pulses, no noise shaping, nothing else.
fn channel(out: &mut Writer, alone: bool) {
    out.put(0, 8);
    if alone {
        window(out);
    }
    out.put(0, 3);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcode::audio::tests::through;

    fn config(rate_index: u8, channels: u8) -> AudioConfig {
        let record = vec![0x10 | rate_index >> 1, rate_index << 7 | channels << 3];
        AudioConfig::parse(record.into()).expect("AAC-LC")
    }

    #[test]
    fn a_decoder_hears_nothing_and_finds_no_fault() {
        crate::pipeline::packager::init().expect("GStreamer is installed");
        for (rate_index, channels) in [(3, 2), (3, 1), (4, 2), (8, 1), (3, 6)] {
            let config = config(rate_index, channels);
            let silent = frame(&config).expect("a usual layout");
            let frames = (0..20).map(|n| (gst::ClockTime::from_mseconds(n * 21), silent.to_vec())).collect();
            let caps = crate::transcode::audio::aac_caps(&config);
            let out =
                through("avdec_aac ! audioconvert dithering=none ! audio/x-raw,format=S16LE", &caps, frames);
            let bytes: Vec<u8> = out.into_iter().flat_map(|(_, bytes)| bytes).collect();
            assert!(
                bytes.len() >= 18 * 2048 * usize::from(channels),
                "{rate_index} {channels}: {}",
                bytes.len()
            );
            assert!(bytes.iter().all(|byte| *byte == 0), "{rate_index} {channels}");
        }
    }

    #[test]
    fn the_format_without_any_is_usual() {
        let config = AudioConfig::parse(Bytes::from_static(RECORD)).expect("AAC-LC");
        assert_eq!((config.rate, config.channels), (48_000, 2));
    }
}
