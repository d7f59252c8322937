//! Opus → AAC, for players of HLS: a small GStreamer chain of its own,
//! `appsrc ! opusdec ! audioconvert ! audioresample ! audiorate ! avenc_aac ! appsink`.
//!
//! `audiorate` fills what was lost with silence, so that frames leave without holes. A chain that reports an error is
//! thrown away whole and made anew; it must never be waited for.

use std::time::Duration;

use bytes::Bytes;
use gst::prelude::*;
use tokio::sync::mpsc;

use crate::ingest::AudioConfig;

/// Ticks a second of Opus in RTP, whatever it was recorded at.
const RATE: i64 = 48_000;
/// Speech and music in stereo.
const BITRATE: i32 = 128_000;
/// What may wait before the decoder: seconds of Opus. More means that the chain stands still.
const MAX_QUEUE_BYTES: u64 = 256 << 10;
/// The chain's time starts here, so that nothing comes to lie before zero.
const BASE: Duration = Duration::from_hours(1);
/// The encoder's first frame has silence of this many samples before the sound (its priming).
const PRIMING: i64 = 1_024;
/// Frames that wait for the lesson; when full, frames are dropped, and a hole is silence.
pub const MAX_FRAMES: usize = 256;

/// An AAC frame.
#[derive(Debug)]
pub struct Sound {
    /// The format, when it is new.
    pub config: Option<AudioConfig>,
    /// RTP ticks of its first sample.
    pub ticks: i64,
    /// One raw frame.
    pub data: Bytes,
}

/// The chain is of no more use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TranscodeError {
    /// GStreamer could not do what it always can.
    #[error("GStreamer: {0}")]
    Gst(#[from] gst::glib::BoolError),
    /// It would not start.
    #[error("the sound chain does not start")]
    State(#[from] gst::StateChangeError),
    /// It reported an error.
    #[error("the sound chain broke: {0}")]
    Broken(String),
    /// It takes nothing any more, or does not keep up.
    #[error("the sound chain takes no more data")]
    Refused,
}

/// A running chain. Dropping it stops it.
#[derive(Debug)]
pub struct Transcoder {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    src: gst_app::AppSrc,
    /// Ticks of the first packet.
    origin: i64,
}

impl Transcoder {
    /// Starts a chain whose first packet has these ticks. Frames go to `sink` from its threads.
    pub fn start(origin: i64, sink: mpsc::Sender<Sound>) -> Result<Self, TranscodeError> {
        let pipeline = gst::Pipeline::new();
        let bus = pipeline.bus().ok_or_else(|| gst::glib::bool_error!("a pipeline without a bus"))?;
        let opus = gst::Caps::builder("audio/x-opus")
            .field("channel-mapping-family", 0_i32)
            .field("rate", 48_000_i32)
            .field("channels", 2_i32)
            .build();
        let src = gst_app::AppSrc::builder().caps(&opus).format(gst::Format::Time).build();
        let make = gst::ElementFactory::make;
        let decoder = make("opusdec").property("plc", true).build()?;
        let (convert, resample) = (make("audioconvert").build()?, make("audioresample").build()?);
        let rate = make("audiorate").property("skip-to-first", true).property("tolerance", 30_000_000_u64);
        let rate = rate.build()?;
        let raw =
            gst::Caps::builder("audio/x-raw").field("rate", 48_000_i32).field("channels", 2_i32).build();
        let raw = make("capsfilter").property("caps", raw).build()?;
        let encoder = make("avenc_aac").property("bitrate", BITRATE).build()?;
        let mut config = None;
        let callbacks = gst_app::AppSinkCallbacks::builder()
            .new_sample(move |out| {
                let sample = out.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                if let Some(sound) = read(&sample, origin, &mut config) {
                    let _ = sink.try_send(sound);
                }
                Ok(gst::FlowSuccess::Ok)
            })
            .build();
        let out = gst_app::AppSink::builder().sync(false).async_(false).callbacks(callbacks).build();
        let chain =
            [src.upcast_ref(), &decoder, &convert, &resample, &rate, &raw, &encoder, out.upcast_ref()];
        pipeline.add_many(chain)?;
        gst::Element::link_many(chain)?;
        pipeline.set_state(gst::State::Playing)?;
        Ok(Self { pipeline, bus, src, origin })
    }

    /// Takes an Opus packet.
    pub fn push(&self, ticks: i64, packet: Bytes) -> Result<(), TranscodeError> {
        if let Some(message) = self.bus.pop_filtered(&[gst::MessageType::Error])
            && let gst::MessageView::Error(error) = message.view()
        {
            return Err(TranscodeError::Broken(error.error().to_string()));
        }
        if self.src.current_level_bytes() > MAX_QUEUE_BYTES {
            return Err(TranscodeError::Refused);
        }
        let mut buffer = gst::Buffer::from_slice(packet);
        buffer.get_mut().expect("a new buffer has one owner").set_pts(time(ticks - self.origin));
        self.src.push_buffer(buffer).map_err(|_| TranscodeError::Refused)?;
        Ok(())
    }
}

impl Drop for Transcoder {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn base_ns() -> i64 {
    i64::try_from(BASE.as_nanos()).unwrap_or_default()
}

fn time(ticks: i64) -> gst::ClockTime {
    let ns = base_ns().saturating_add(ticks.saturating_mul(1_000_000_000) / RATE);
    gst::ClockTime::from_nseconds(ns.max(0).cast_unsigned())
}

fn read(sample: &gst::Sample, origin: i64, last: &mut Option<Bytes>) -> Option<Sound> {
    let buffer = sample.buffer()?;
    let since = i64::try_from(buffer.pts()?.nseconds()).ok()? - base_ns();
    let since = i64::try_from(i128::from(since) * i128::from(RATE) / 1_000_000_000).ok()?;
    let ticks = origin + since - PRIMING;
    let record = sample.caps()?.structure(0)?.get::<gst::Buffer>("codec_data").ok()?;
    let record = Bytes::copy_from_slice(&record.map_readable().ok()?);
    let mut config = None;
    if last.as_ref() != Some(&record) {
        config = Some(AudioConfig::parse(record.clone()).ok()?);
        *last = Some(record);
    }
    let data = Bytes::copy_from_slice(&buffer.map_readable().ok()?);
    Some(Sound { config, ticks, data })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A burst stands here, samples at 48 kHz.
    pub(crate) const BURST: usize = 48_000;

    /// Two seconds of silence with a burst in it, as 16-bit stereo.
    pub(crate) fn silence_with_a_burst() -> Vec<u8> {
        let sample = |n: usize| {
            let loud = (BURST..BURST + 480).contains(&n);
            let value: i16 = if loud && n % 24 < 12 { 20_000 } else { 0 };
            [value.to_le_bytes(), value.to_le_bytes()].concat()
        };
        (0..2 * BURST).flat_map(sample).collect()
    }

    /// Pushes buffers of these times through a chain; what comes out, with its time.
    pub(crate) fn through(
        chain: &str,
        caps: &gst::Caps,
        buffers: Vec<(gst::ClockTime, Vec<u8>)>,
    ) -> Vec<(i64, Vec<u8>)> {
        let pipeline =
            gst::parse::launch(&format!("appsrc name=src ! {chain} ! appsink name=out sync=false"))
                .expect("a chain")
                .downcast::<gst::Pipeline>()
                .expect("a pipeline");
        let src = pipeline.by_name("src").expect("there").downcast::<gst_app::AppSrc>().expect("appsrc");
        let out = pipeline.by_name("out").expect("there").downcast::<gst_app::AppSink>().expect("appsink");
        src.set_caps(Some(caps));
        src.set_format(gst::Format::Time);
        pipeline.set_state(gst::State::Playing).expect("starts");
        for (at, bytes) in buffers {
            let mut buffer = gst::Buffer::from_slice(bytes);
            buffer.get_mut().expect("new").set_pts(at);
            src.push_buffer(buffer).expect("taken");
        }
        src.end_of_stream().expect("taken");
        let mut all = Vec::new();
        while let Ok(sample) = out.pull_sample() {
            let buffer = sample.buffer().expect("a buffer");
            let at = buffer.pts().map_or(0, gst::ClockTime::nseconds).cast_signed();
            all.push((at, buffer.map_readable().expect("readable").to_vec()));
        }
        pipeline.set_state(gst::State::Null).expect("stops");
        all
    }

    fn opus() -> Vec<(i64, Vec<u8>)> {
        let raw = gst::Caps::builder("audio/x-raw")
            .field("format", "S16LE")
            .field("layout", "interleaved")
            .field("rate", 48_000_i32)
            .field("channels", 2_i32)
            .build();
        let packets = through("opusenc", &raw, vec![(gst::ClockTime::ZERO, silence_with_a_burst())]);
        packets.into_iter().map(|(ns, packet)| (ns * RATE / 1_000_000_000, packet)).collect()
    }

    /// Sends packets, and what comes back of them; the last frames stay in the encoder.
    fn transcoded(packets: &[(i64, Vec<u8>)]) -> Vec<Sound> {
        let (tx, mut rx) = mpsc::channel(MAX_FRAMES);
        let transcoder = Transcoder::start(packets[0].0, tx).expect("starts");
        for (ticks, packet) in packets {
            transcoder.push(*ticks, Bytes::copy_from_slice(packet)).expect("taken");
        }
        let wanted = packets.len() * 960 / 1024 - 4;
        (0..wanted).map_while(|_| rx.blocking_recv()).collect()
    }

    #[test]
    fn what_is_heard_lies_where_it_was_recorded() {
        crate::pipeline::packager::init().expect("GStreamer is installed");
        let sounds = transcoded(&opus());
        let config = sounds[0].config.clone().expect("the first one has it");
        assert_eq!((config.rate, config.channels, config.codec.as_str()), (48_000, 2, "mp4a.40.2"));
        for pair in sounds.windows(2) {
            let step = pair[1].ticks - pair[0].ticks;
            assert!((step - 1024).abs() <= 1, "frames follow each other, not {step}");
        }
        let caps = gst::Caps::builder("audio/mpeg")
            .field("mpegversion", 4_i32)
            .field("stream-format", "raw")
            .field("framed", true)
            .field("rate", 48_000_i32)
            .field("channels", 2_i32)
            .field("codec_data", gst::Buffer::from_slice(config.record.clone()))
            .build();
        let frames = sounds.iter().map(|sound| (time(sound.ticks), sound.data.to_vec())).collect();
        let heard = through("avdec_aac ! audioconvert ! audio/x-raw,format=S16LE,channels=1", &caps, frames);
        let samples: Vec<i16> = heard
            .iter()
            .flat_map(|(_, bytes)| bytes.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])))
            .collect();
        let loud =
            samples.iter().position(|sample| sample.unsigned_abs() > 5_000).expect("the burst is heard");
        let at = sounds[0].ticks + i64::try_from(loud).expect("fits");
        let late = at - i64::try_from(BURST).expect("fits");
        assert!((-240..=480).contains(&late), "the burst is heard {late} samples late");
    }

    #[test]
    fn a_hole_becomes_silence_and_the_frames_go_on() {
        crate::pipeline::packager::init().expect("GStreamer is installed");
        let mut packets = opus();
        packets.drain(40..45);
        let sounds = transcoded(&packets);
        for pair in sounds.windows(2) {
            let step = pair[1].ticks - pair[0].ticks;
            assert!((step - 1024).abs() <= 1, "frames follow each other, not {step}");
        }
    }
}
