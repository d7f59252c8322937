//! AAC → Opus for viewers by WebRTC: `avdec_aac ! audioconvert ! audioresample ! opusenc`, one for a lesson and only while
//! somebody watches.

use bytes::Bytes;

use crate::{
    codec::AudioConfig,
    transcode::audio::{AudioTranscoder, TranscodeError, aac_caps, samples},
};

/// Speech and music in stereo.
const BITRATE: i32 = 96_000;
/// Samples of a packet, 20 ms at 48 kHz.
const PACKET_TICKS: i64 = 960;

/// Starts a chain for sound whose first frame is heard at `origin_us`, UTC microseconds. Packets go to `sink` from its threads,
/// each with its count in samples and where it is heard; it must not wait.
pub(super) fn start(
    config: &AudioConfig,
    origin_us: i64,
    sink: impl Fn(i64, i64, Bytes) + Send + 'static,
) -> Result<AudioTranscoder, TranscodeError> {
    let make = gst::ElementFactory::make;
    let elements = [
        make("avdec_aac").build()?,
        make("audioconvert").build()?,
        make("audioresample").build()?,
        samples(None)?,
        make("opusenc").property("bitrate", BITRATE).build()?,
    ];
    let mut count = 0;
    AudioTranscoder::start(&aac_caps(config), &elements, origin_us, move |at_us, _, data| {
        sink(count, at_us, data);
        count += PACKET_TICKS;
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::transcode::audio::{
        opus_caps,
        tests::{BURST, burst_in, raw, silence_with_a_burst, through},
    };

    const START_US: i64 = 1_800_000_000_000_000;

    #[test]
    fn what_is_heard_lies_where_it_was_recorded() {
        crate::pipeline::packager::init().expect("GStreamer is installed");
        let aac =
            through("audioconvert ! avenc_aac", &raw(), vec![(gst::ClockTime::ZERO, silence_with_a_burst())]);
        let config = AudioConfig::parse(Bytes::from_static(&[0x11, 0x90])).expect("AAC-LC");
        let (tx, rx) = mpsc::channel();
        let chain = start(&config, START_US, move |count, at_us, data| {
            let _ = tx.send((count, at_us, data));
        });
        let chain = chain.expect("starts");
        let frames = aac.len();
        for (n, (_, frame)) in (0_i64..).zip(aac) {
            // The encoder's first frame is its priming: the sound begins with the second.
            chain.push(START_US + (n - 1) * 64_000 / 3, Bytes::from(frame)).expect("taken");
        }
        let packets: Vec<_> = (0..frames * 1_024 / 960 - 6).map_while(|_| rx.recv().ok()).collect();
        // The first packet is shorter by what the encoder looks ahead.
        for pair in packets[1..].windows(2) {
            assert_eq!(pair[1].0 - pair[0].0, PACKET_TICKS);
            assert!((pair[1].1 - pair[0].1 - 20_000).abs() <= 300, "{} after {}", pair[1].1, pair[0].1);
        }
        let first_us = packets[0].1;
        let frames = packets
            .into_iter()
            .map(|(_, at_us, data)| {
                let since = (at_us - first_us).max(0).cast_unsigned();
                (gst::ClockTime::from_useconds(since), data.to_vec())
            })
            .collect();
        let loud = burst_in("opusdec", &opus_caps(), frames);
        let at = (first_us - START_US) * 48 / 1_000 + i64::try_from(loud).expect("fits");
        let late = at - i64::try_from(BURST).expect("fits");
        assert!((-480..=960).contains(&late), "the burst is heard {late} samples late");
    }

    #[test]
    fn what_is_no_aac_breaks_nothing() {
        crate::pipeline::packager::init().expect("GStreamer is installed");
        let config = AudioConfig::parse(Bytes::from_static(&[0x11, 0x90])).expect("AAC-LC");
        let chain = start(&config, START_US, |_, _, _| ()).expect("starts");
        for n in 0..50 {
            let _ = chain.push(START_US + n * 21_333, Bytes::from_static(&[0xff; 40]));
        }
    }
}
