//! Opus → AAC, for players of HLS: `opusdec ! audioconvert ! audioresample ! audiorate ! avenc_aac`.
//!
//! What is decoded is as long as the timeline says ([`super::drift`]); `audiorate` fills what was lost with silence, so that
//! frames leave without holes.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use gst::prelude::*;
use tokio::sync::mpsc;

use super::drift::Mender;
use crate::{
    codec::AudioConfig,
    transcode::audio::{AudioTranscoder, RATE, TranscodeError, opus_caps, samples},
};

/// Speech and music in stereo.
const BITRATE: i32 = 128_000;
/// The encoder's first frame has silence of this many samples before the sound (its priming).
const PRIMING: i64 = 1_024;
/// Frames that wait for the lesson; when full, frames are dropped, and a hole is silence.
pub const MAX_FRAMES: usize = 256;

/// An AAC frame.
#[derive(Debug)]
pub struct Sound {
    /// The format, when it is new.
    pub config: Option<AudioConfig>,
    /// Where its first sample lies, microseconds on the clock of what went in.
    pub at_us: i64,
    /// One raw frame.
    pub data: Bytes,
}

/// Starts a chain whose first packet lies at `origin_us`. Frames go to `sink` from its threads.
pub fn start(origin_us: i64, sink: mpsc::Sender<Sound>) -> Result<AudioTranscoder, TranscodeError> {
    let make = gst::ElementFactory::make;
    let decoded = samples(Some("S16LE"))?;
    mend(&decoded)?;
    let elements = [
        make("opusdec").property("plc", true).build()?,
        decoded,
        make("audioconvert").build()?,
        make("audioresample").build()?,
        make("audiorate").property("skip-to-first", true).property("tolerance", 5_000_000_u64).build()?,
        samples(None)?,
        make("avenc_aac").property("bitrate", BITRATE).build()?,
    ];
    let mut last = None;
    AudioTranscoder::start(&opus_caps(), &elements, origin_us, move |at_us, sample, data| {
        let Some(format) = format(sample) else { return };
        let config = Some(format).filter(|format| last.as_ref() != Some(format));
        last = config.clone().or(last.take());
        let at_us = at_us - PRIMING * 1_000_000 / i64::from(RATE);
        let _ = sink.try_send(Sound { config, at_us, data });
    })
}

/// Makes what leaves this element as long as its time says.
fn mend(element: &gst::Element) -> Result<(), TranscodeError> {
    let pad = element.static_pad("src").ok_or_else(|| gst::glib::bool_error!("no source pad"))?;
    let mender = Mutex::new(Mender::default());
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let mut mender = mender.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gst::PadProbeData::Buffer(buffer)) = &mut info.data
            && let Some(made) = mended(&mut mender, buffer)
        {
            *buffer = made;
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

fn mended(mender: &mut Mender, buffer: &gst::Buffer) -> Option<gst::Buffer> {
    let at_ns = i64::try_from(buffer.pts()?.nseconds()).ok()?;
    let samples: Vec<i16> =
        buffer.map_readable().ok()?.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect();
    let (place_ns, samples) = mender.push(at_ns, &samples);
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let length =
        u64::try_from(samples.len()).ok()?.saturating_mul(1_000_000_000) / 2 / u64::from(RATE.unsigned_abs());
    let mut made = gst::Buffer::from_slice(bytes);
    let new = made.get_mut()?;
    new.set_pts(gst::ClockTime::from_nseconds(place_ns.max(0).cast_unsigned()));
    new.set_duration(gst::ClockTime::from_nseconds(length));
    Some(made)
}

fn format(sample: &gst::Sample) -> Option<AudioConfig> {
    let record = sample.caps()?.structure(0)?.get::<gst::Buffer>("codec_data").ok()?;
    AudioConfig::parse(Bytes::copy_from_slice(&record.map_readable().ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcode::audio::{
        aac_caps,
        tests::{BURST, burst_in, raw, silence_with_a_burst, through},
    };

    /// Packets and where they lie.
    fn opus() -> Vec<(i64, Vec<u8>)> {
        let packets = through("opusenc", &raw(), vec![(gst::ClockTime::ZERO, silence_with_a_burst())]);
        packets.into_iter().map(|(ns, packet)| (ns / 1_000, packet)).collect()
    }

    /// Sends packets, and what comes back of them; the last frames stay in the encoder.
    fn transcoded(packets: &[(i64, Vec<u8>)]) -> Vec<Sound> {
        let (tx, mut rx) = mpsc::channel(MAX_FRAMES);
        let chain = start(packets[0].0, tx).expect("starts");
        for (at_us, packet) in packets {
            chain.push(*at_us, Bytes::copy_from_slice(packet)).expect("taken");
        }
        let wanted = packets.len() * 960 / 1024 - 4;
        (0..wanted).map_while(|_| rx.blocking_recv()).collect()
    }

    /// Frames follow each other.
    fn one_after_the_other(sounds: &[Sound]) {
        for pair in sounds.windows(2) {
            let step = pair[1].at_us - pair[0].at_us;
            assert!((step - 21_333).abs() <= 22, "frames follow each other, not {step}");
        }
    }

    #[test]
    fn what_is_heard_lies_where_it_was_recorded() {
        crate::pipeline::packager::init().expect("GStreamer is installed");
        let sounds = transcoded(&opus());
        let config = sounds[0].config.clone().expect("the first one has it");
        assert_eq!((config.rate, config.channels, config.codec.as_str()), (48_000, 2, "mp4a.40.2"));
        one_after_the_other(&sounds);
        let time = |at_us: i64| gst::ClockTime::from_useconds((1_000_000 + at_us).cast_unsigned());
        let frames = sounds.iter().map(|sound| (time(sound.at_us), sound.data.to_vec())).collect();
        let loud = burst_in("avdec_aac", &aac_caps(&config), frames);
        let at = sounds[0].at_us * 48 / 1_000 + i64::try_from(loud).expect("fits");
        let late = at - i64::try_from(BURST).expect("fits");
        assert!((-240..=480).contains(&late), "the burst is heard {late} samples late");
    }

    #[test]
    fn a_hole_becomes_silence_and_the_frames_go_on() {
        crate::pipeline::packager::init().expect("GStreamer is installed");
        let mut packets = opus();
        packets.drain(40..45);
        one_after_the_other(&transcoded(&packets));
    }

    #[test]
    fn a_sound_card_that_is_fast_makes_fewer_samples_and_no_hole() {
        crate::pipeline::packager::init().expect("GStreamer is installed");
        // The burst comes 50 packets on, 4 ms before where they would lie one after the other.
        let packets: Vec<(i64, Vec<u8>)> =
            opus().into_iter().map(|(at_us, packet)| (at_us - at_us / 250, packet)).collect();
        let sounds = transcoded(&packets);
        one_after_the_other(&sounds);
        let config = sounds[0].config.clone().expect("the first one has it");
        let time = |at_us: i64| gst::ClockTime::from_useconds((1_000_000 + at_us).cast_unsigned());
        // What a player does: one after the other, from the first on.
        let frames =
            (0..).zip(&sounds).map(|(n, sound)| (time(n * 64_000 / 3), sound.data.to_vec())).collect();
        let loud = burst_in("avdec_aac", &aac_caps(&config), frames);
        let at_us = sounds[0].at_us + i64::try_from(loud).expect("fits") * 1_000 / 48;
        assert!((at_us - 996_000).abs() <= 6_000, "the burst is heard at {at_us} µs");
        let unmended = transcoded(&opus());
        assert!(sounds.len() <= unmended.len());
    }
}
