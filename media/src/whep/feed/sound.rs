//! AAC → Opus for viewers by WebRTC: a small GStreamer chain, `appsrc ! avdec_aac ! audioconvert ! audioresample ! opusenc ! appsink`,
//! one for a lesson and only while somebody watches. One that reports an error is thrown away whole; it is never waited for.

use std::time::Duration;

use bytes::Bytes;
use gst::prelude::*;

use crate::ingest::AudioConfig;

/// Speech and music in stereo.
const BITRATE: i32 = 96_000;
/// Samples of a packet, 20 ms at 48 kHz.
const PACKET_TICKS: i64 = 960;
/// What may wait before the decoder: seconds of AAC. More means that the chain stands still.
const MAX_QUEUE_BYTES: u64 = 256 << 10;
/// The chain's time starts here, so that nothing comes to lie before zero.
const BASE: Duration = Duration::from_hours(1);

/// The chain is of no more use.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChainError {
    #[error("GStreamer: {0}")]
    Gst(#[from] gst::glib::BoolError),
    #[error("the sound chain does not start")]
    State(#[from] gst::StateChangeError),
    #[error("the sound chain broke: {0}")]
    Broken(String),
    #[error("the sound chain takes no more data")]
    Refused,
}

/// A running chain. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Chain {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    src: gst_app::AppSrc,
    /// Where the first frame lies, UTC microseconds.
    origin_us: i64,
}

impl Chain {
    /// Starts a chain for sound whose first frame is heard at `origin_us`. Packets go to `sink` from its threads, each with
    /// its count in samples and where it is heard; it must not wait.
    pub(super) fn start(
        config: &AudioConfig,
        origin_us: i64,
        sink: impl Fn(i64, i64, Bytes) + Send + 'static,
    ) -> Result<Self, ChainError> {
        let pipeline = gst::Pipeline::new();
        let bus = pipeline.bus().ok_or_else(|| gst::glib::bool_error!("a pipeline without a bus"))?;
        let aac = gst::Caps::builder("audio/mpeg")
            .field("mpegversion", 4_i32)
            .field("stream-format", "raw")
            .field("framed", true)
            .field("rate", i32::try_from(config.rate).unwrap_or(48_000))
            .field("channels", i32::try_from(config.channels).unwrap_or(2))
            .field("codec_data", gst::Buffer::from_slice(config.record.clone()))
            .build();
        let src = gst_app::AppSrc::builder().caps(&aac).format(gst::Format::Time).build();
        let make = gst::ElementFactory::make;
        let decoder = make("avdec_aac").build()?;
        let (convert, resample) = (make("audioconvert").build()?, make("audioresample").build()?);
        let raw =
            gst::Caps::builder("audio/x-raw").field("rate", 48_000_i32).field("channels", 2_i32).build();
        let raw = make("capsfilter").property("caps", raw).build()?;
        let encoder = make("opusenc").property("bitrate", BITRATE).build()?;
        let mut count = 0;
        let callbacks = gst_app::AppSinkCallbacks::builder()
            .new_sample(move |out| {
                let sample = out.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                if let Some((at_us, data)) = read(&sample, origin_us) {
                    sink(count, at_us, data);
                }
                count += PACKET_TICKS;
                Ok(gst::FlowSuccess::Ok)
            })
            .build();
        let out = gst_app::AppSink::builder().sync(false).async_(false).callbacks(callbacks).build();
        let chain = [src.upcast_ref(), &decoder, &convert, &resample, &raw, &encoder, out.upcast_ref()];
        pipeline.add_many(chain)?;
        gst::Element::link_many(chain)?;
        pipeline.set_state(gst::State::Playing)?;
        Ok(Self { pipeline, bus, src, origin_us })
    }

    /// Takes a raw AAC frame that is heard at `at_us`.
    pub(super) fn push(&self, at_us: i64, frame: Bytes) -> Result<(), ChainError> {
        if let Some(message) = self.bus.pop_filtered(&[gst::MessageType::Error])
            && let gst::MessageView::Error(error) = message.view()
        {
            return Err(ChainError::Broken(error.error().to_string()));
        }
        if self.src.current_level_bytes() > MAX_QUEUE_BYTES {
            return Err(ChainError::Refused);
        }
        let since = base_us().saturating_add(at_us.saturating_sub(self.origin_us));
        let mut buffer = gst::Buffer::from_slice(frame);
        let time = gst::ClockTime::from_useconds(since.max(0).cast_unsigned());
        buffer.get_mut().expect("a new buffer has one owner").set_pts(time);
        self.src.push_buffer(buffer).map_err(|_| ChainError::Refused)?;
        Ok(())
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn base_us() -> i64 {
    i64::try_from(BASE.as_micros()).unwrap_or_default()
}

fn read(sample: &gst::Sample, origin_us: i64) -> Option<(i64, Bytes)> {
    let buffer = sample.buffer()?;
    let since = i64::try_from(buffer.pts()?.useconds()).ok()? - base_us();
    Some((origin_us + since, Bytes::copy_from_slice(&buffer.map_readable().ok()?)))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::ingest::rtp::transcode::tests::{BURST, silence_with_a_burst, through};

    const START_US: i64 = 1_800_000_000_000_000;

    fn raw() -> gst::Caps {
        gst::Caps::builder("audio/x-raw")
            .field("format", "S16LE")
            .field("layout", "interleaved")
            .field("rate", 48_000_i32)
            .field("channels", 2_i32)
            .build()
    }

    #[test]
    fn what_is_heard_lies_where_it_was_recorded() {
        crate::pipeline::packager::init().expect("GStreamer is installed");
        let aac =
            through("audioconvert ! avenc_aac", &raw(), vec![(gst::ClockTime::ZERO, silence_with_a_burst())]);
        let config = AudioConfig::parse(Bytes::from_static(&[0x11, 0x90])).expect("AAC-LC");
        let (tx, rx) = mpsc::channel();
        let chain = Chain::start(&config, START_US, move |count, at_us, data| {
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
        let caps = gst::Caps::builder("audio/x-opus")
            .field("channel-mapping-family", 0_i32)
            .field("rate", 48_000_i32)
            .field("channels", 2_i32)
            .build();
        let first_us = packets[0].1;
        let frames = packets
            .into_iter()
            .map(|(_, at_us, data)| {
                let since = (at_us - first_us).max(0).cast_unsigned();
                (gst::ClockTime::from_useconds(since), data.to_vec())
            })
            .collect();
        let heard = through("opusdec ! audioconvert ! audio/x-raw,format=S16LE,channels=1", &caps, frames);
        let samples: Vec<i16> = heard
            .iter()
            .flat_map(|(_, bytes)| bytes.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])))
            .collect();
        let loud = samples.iter().position(|sample| sample.unsigned_abs() > 5_000).expect("the burst");
        let at = (first_us - START_US) * 48 / 1_000 + i64::try_from(loud).expect("fits");
        let late = at - i64::try_from(BURST).expect("fits");
        assert!((-480..=960).contains(&late), "the burst is heard {late} samples late");
    }

    #[test]
    fn what_is_no_aac_breaks_nothing() {
        crate::pipeline::packager::init().expect("GStreamer is installed");
        let config = AudioConfig::parse(Bytes::from_static(&[0x11, 0x90])).expect("AAC-LC");
        let chain = Chain::start(&config, START_US, |_, _, _| ()).expect("starts");
        for n in 0..50 {
            let _ = chain.push(START_US + n * 21_333, Bytes::from_static(&[0xff; 40]));
        }
    }
}
