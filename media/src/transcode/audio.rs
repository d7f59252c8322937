//! Sound from one codec to another: a small GStreamer chain, `appsrc ! … ! appsink`. One that reports an error is thrown away
//! whole and recreated; it is never waited for.

use std::time::Duration;

use bytes::Bytes;
use gst::prelude::*;

use crate::codec::AudioConfig;

/// Of what is decoded, in two channels.
pub const RATE: i32 = 48_000;
/// What may wait before the decoder: seconds of sound. More means that the chain stands still.
const MAX_QUEUE_BYTES: u64 = 256 << 10;
/// The chain's time starts here, so that nothing comes to lie before zero.
const BASE: Duration = Duration::from_hours(1);

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
pub struct AudioTranscoder {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    src: gst_app::AppSrc,
    /// Where the first packet lies.
    origin_us: i64,
}

impl AudioTranscoder {
    /// Starts a chain for packets of these caps, the first of which lies at `origin_us` (microseconds, of any clock). What
    /// comes out goes to `sink` from its threads, with where it lies; it must not wait.
    pub fn start(
        caps: &gst::Caps,
        elements: &[gst::Element],
        origin_us: i64,
        mut sink: impl FnMut(i64, &gst::Sample, Bytes) + Send + 'static,
    ) -> Result<Self, TranscodeError> {
        let pipeline = gst::Pipeline::new();
        let bus = pipeline.bus().ok_or_else(|| gst::glib::bool_error!("a pipeline without a bus"))?;
        let src = gst_app::AppSrc::builder().caps(caps).format(gst::Format::Time).build();
        let callbacks = gst_app::AppSinkCallbacks::builder()
            .new_sample(move |out| {
                let sample = out.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                if let Some((at_us, data)) = read(&sample) {
                    sink(origin_us + at_us, &sample, data);
                }
                Ok(gst::FlowSuccess::Ok)
            })
            .build();
        let out = gst_app::AppSink::builder().sync(false).async_(false).callbacks(callbacks).build();
        let ends = [src.upcast_ref::<gst::Element>(), out.upcast_ref()];
        let chain: Vec<&gst::Element> = ends[..1].iter().copied().chain(elements).chain([ends[1]]).collect();
        pipeline.add_many(chain.iter().copied())?;
        gst::Element::link_many(chain)?;
        pipeline.set_state(gst::State::Playing)?;
        Ok(Self { pipeline, bus, src, origin_us })
    }

    /// Takes a packet that lies at `at_us`.
    pub fn push(&self, at_us: i64, packet: Bytes) -> Result<(), TranscodeError> {
        if let Some(message) = self.bus.pop_filtered(&[gst::MessageType::Error])
            && let gst::MessageView::Error(error) = message.view()
        {
            return Err(TranscodeError::Broken(error.error().to_string()));
        }
        if self.src.current_level_bytes() > MAX_QUEUE_BYTES {
            return Err(TranscodeError::Refused);
        }
        let since = base_us().saturating_add(at_us.saturating_sub(self.origin_us));
        let mut buffer = gst::Buffer::from_slice(packet);
        let time = gst::ClockTime::from_useconds(since.max(0).cast_unsigned());
        buffer.get_mut().expect("a new buffer has one owner").set_pts(time);
        self.src.push_buffer(buffer).map_err(|_| TranscodeError::Refused)?;
        Ok(())
    }
}

impl Drop for AudioTranscoder {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// Opus as it comes in RTP.
pub fn opus_caps() -> gst::Caps {
    gst::Caps::builder("audio/x-opus")
        .field("channel-mapping-family", 0_i32)
        .field("rate", RATE)
        .field("channels", 2_i32)
        .build()
}

/// Raw AAC frames.
pub fn aac_caps(config: &AudioConfig) -> gst::Caps {
    gst::Caps::builder("audio/mpeg")
        .field("mpegversion", 4_i32)
        .field("stream-format", "raw")
        .field("framed", true)
        .field("rate", i32::try_from(config.rate).unwrap_or(RATE))
        .field("channels", i32::try_from(config.channels).unwrap_or(2))
        .field("codec_data", gst::Buffer::from_slice(config.record.clone()))
        .build()
}

/// Lets nothing through but samples at [`RATE`] in two channels, of this format if one is given.
pub fn samples(format: Option<&str>) -> Result<gst::Element, gst::glib::BoolError> {
    let mut raw = gst::Caps::builder("audio/x-raw").field("rate", RATE).field("channels", 2_i32);
    if let Some(format) = format {
        raw = raw.field("format", format).field("layout", "interleaved");
    }
    gst::ElementFactory::make("capsfilter").property("caps", raw.build()).build()
}

fn base_us() -> i64 {
    i64::try_from(BASE.as_micros()).unwrap_or_default()
}

fn read(sample: &gst::Sample) -> Option<(i64, Bytes)> {
    let buffer = sample.buffer()?;
    let since = i64::try_from(buffer.pts()?.useconds()).ok()? - base_us();
    Some((since, Bytes::copy_from_slice(&buffer.map_readable().ok()?)))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A burst stands here, samples at 48 kHz.
    pub(crate) const BURST: usize = 48_000;

    /// What [`silence_with_a_burst`] has.
    pub(crate) fn raw() -> gst::Caps {
        gst::Caps::builder("audio/x-raw")
            .field("format", "S16LE")
            .field("layout", "interleaved")
            .field("rate", RATE)
            .field("channels", 2_i32)
            .build()
    }

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

    /// The first loud sample of what `decoder` makes of these packets.
    pub(crate) fn burst_in(
        decoder: &str,
        caps: &gst::Caps,
        packets: Vec<(gst::ClockTime, Vec<u8>)>,
    ) -> usize {
        let heard = through(
            &format!("{decoder} ! audioconvert ! audio/x-raw,format=S16LE,channels=1"),
            caps,
            packets,
        );
        let mut samples = heard
            .iter()
            .flat_map(|(_, bytes)| bytes.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])));
        samples.position(|sample| sample.unsigned_abs() > 5_000).expect("the burst is heard")
    }
}
