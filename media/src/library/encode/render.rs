//! Encodes a sound: frames go in at the file's rate, AAC in an M4A and Opus in a `WebM` file come out.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use gst::prelude::*;

use super::{error::EncodeError, m4a::M4a, patience::Patience, source::Form, webm, wire::alive};
use crate::library::map::ByteMap;

/// Hz of all that is played.
pub(super) const RATE: u32 = 48_000;
/// How often it is looked whether the encoders stand still.
const LOOK: Duration = Duration::from_millis(20);
/// Bytes that may wait for the encoders; then we wait.
const WAITING_BYTES: u64 = 1 << 20;
/// Encoded frames that may wait for us; we look after each piece.
const WAITING_FRAMES: u32 = 4096;
/// Of ten: what Opus spends on being small. 2 costs a third of 9 and 3 % more bytes.
const OPUS_COMPLEXITY: i32 = 2;

/// What is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    /// 1 for speech, 2 for music.
    pub(super) channels: usize,
    /// Bits a second.
    pub(super) aac: u32,
    /// Bits a second; none: no Opus this time.
    pub(super) opus: Option<u32>,
}

/// Encoders at work.
pub(super) struct Render {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    source: gst_app::AppSrc,
    sink: gst_app::AppSink,
    plan: Plan,
    form: Form,
    /// Time of the next frames, nanoseconds, and what of them has the present rate: where they began and how many they are.
    begins: u64,
    frames: u64,
    m4a: Option<M4a>,
    paths: (PathBuf, PathBuf),
}

/// What came of it.
pub(super) struct Rendered {
    /// Frames of 48 kHz that went in.
    pub(super) samples: u64,
    pub(super) aac: ByteMap,
    pub(super) opus: Option<ByteMap>,
}

fn make(name: &'static str) -> Result<gst::Element, EncodeError> {
    gst::ElementFactory::make(name).build().map_err(|_| EncodeError::Gst(name))
}

impl Render {
    /// Begins files of these names; frames will have this form, whose channels are those of the plan.
    pub(super) fn begin(aac: &Path, opus: &Path, plan: Plan, form: Form) -> Result<Self, EncodeError> {
        let pipeline = gst::Pipeline::new();
        let bus = pipeline.bus().ok_or(EncodeError::Gst("no bus"))?;
        let source = gst_app::AppSrc::builder()
            .caps(&caps(form))
            .format(gst::Format::Time)
            // It takes whatever comes: who waits within it for encoders that failed waits for ever.
            .max_bytes(WAITING_BYTES)
            .build();
        let resample = make("audioresample")?;
        let rate = make("capsfilter")?;
        rate.set_property(
            "caps",
            gst::Caps::builder("audio/x-raw").field("rate", RATE.cast_signed()).build(),
        );
        let tee = make("tee")?;
        let sink = gst_app::AppSink::builder().sync(false).max_buffers(WAITING_FRAMES).build();
        let refused = |_| EncodeError::Gst("the elements do not fit");
        pipeline
            .add_many([source.upcast_ref(), &resample, &rate, &tee, sink.upcast_ref()])
            .map_err(refused)?;
        gst::Element::link_many([source.upcast_ref(), &resample, &rate, &tee]).map_err(refused)?;
        let coder = make("avenc_aac")?;
        coder.set_property("bitrate", i32::try_from(plan.aac).unwrap_or(64_000));
        // The default one raises the true peak by 3 dB and costs four times as much.
        coder.set_property_from_str("aac-coder", "fast");
        branch(&pipeline, &tee, &[make("audioconvert")?, coder, sink.clone().upcast()])?;
        if let Some(bitrate) = plan.opus {
            let coder = make("opusenc")?;
            coder.set_property("bitrate", i32::try_from(bitrate).unwrap_or(32_000));
            coder.set_property("complexity", OPUS_COMPLEXITY);
            coder.set_property_from_str("audio-type", if plan.channels == 1 { "voice" } else { "generic" });
            let mux = make("webmmux")?;
            // A cluster a second: the table of bytes and times is made of them, and who seeks reads less.
            mux.set_property("min-cluster-duration", 1_000_000_000_i64);
            mux.set_property("max-cluster-duration", 1_000_000_000_i64);
            mux.set_property("writing-app", "yunke");
            let file = make("filesink")?;
            file.set_property("location", opus);
            file.set_property("async", false);
            branch(&pipeline, &tee, &[make("audioconvert")?, coder, mux, file])?;
        }
        pipeline.set_state(gst::State::Playing).map_err(|_| EncodeError::Gst("the encoders do not start"))?;
        let paths = (aac.to_owned(), opus.to_owned());
        Ok(Self { pipeline, bus, source, sink, plan, form, begins: 0, frames: 0, m4a: None, paths })
    }

    /// What comes next has another rate.
    pub(super) fn change(&mut self, form: Form) {
        if form != self.form {
            self.begins += self.elapsed();
            self.frames = 0;
            self.form = form;
            self.source.set_caps(Some(&caps(form)));
        }
    }

    fn elapsed(&self) -> u64 {
        nanos(self.frames, self.form.rate)
    }

    /// Encodes interleaved frames.
    pub(super) fn push(&mut self, frames: &[f32]) -> Result<(), EncodeError> {
        if frames.is_empty() {
            return Ok(());
        }
        let bytes: Vec<u8> = frames.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        let start = self.begins + self.elapsed();
        self.frames += (frames.len() / self.plan.channels) as u64;
        let end = self.begins + self.elapsed();
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::from_nseconds(start));
            buffer.set_duration(gst::ClockTime::from_nseconds(end - start));
        }
        self.source.push_buffer(buffer).map_err(|_| self.broken())?;
        let (mut patience, mut before) = (Patience::new(), u64::MAX);
        loop {
            let mut any = false;
            while let Some(sample) = self.sink.try_pull_sample(gst::ClockTime::ZERO) {
                self.keep(&sample)?;
                any = true;
            }
            let waiting = self.source.current_level_bytes();
            if waiting < WAITING_BYTES {
                return Ok(());
            }
            if any || waiting < before {
                patience = Patience::new();
            }
            before = waiting;
            self.wait(&[], &mut patience)?;
        }
    }

    /// Waits a moment for one of these messages, whose coming it says; an error of the encoders is one.
    fn wait(&self, kinds: &[gst::MessageType], patience: &mut Patience) -> Result<bool, EncodeError> {
        let kinds = [kinds, &[gst::MessageType::Error]].concat();
        match self.bus.timed_pop_filtered(gst::ClockTime::try_from(LOOK).ok(), &kinds) {
            Some(message) => match message.view() {
                gst::MessageView::Error(error) => Err(why(error)),
                _ => Ok(true),
            },
            None if patience.is_over(LOOK) => {
                tracing::error!("the encoders stand still");
                Err(EncodeError::Gst("the encoders stand still"))
            }
            None => Ok(false),
        }
    }

    fn keep(&mut self, sample: &gst::Sample) -> Result<(), EncodeError> {
        let buffer = sample.buffer().ok_or(EncodeError::Gst("an empty sample"))?;
        let bytes = buffer.map_readable().map_err(|_| EncodeError::Gst("a frame cannot be read"))?;
        if self.m4a.is_none() {
            let config =
                sample.caps().and_then(|caps| caps.structure(0)?.get::<gst::Buffer>("codec_data").ok());
            let config = config.ok_or(EncodeError::Gst("AAC without its description"))?;
            let config =
                config.map_readable().map_err(|_| EncodeError::Gst("a description cannot be read"))?;
            let channels = u16::try_from(self.plan.channels).unwrap_or(1);
            self.m4a = Some(M4a::begin(&self.paths.0, RATE, channels, self.plan.aac, &config)?);
        }
        if let Some(m4a) = &mut self.m4a {
            m4a.frame(&bytes)?;
        }
        Ok(())
    }

    /// Waits for the rest and writes the files.
    pub(super) fn finish(mut self) -> Result<Rendered, EncodeError> {
        self.source.end_of_stream().map_err(|_| self.broken())?;
        // When all sinks are at their end the index of the other file is written.
        let (mut patience, mut over) = (Patience::new(), false);
        while !(over && self.sink.is_eos()) {
            while let Some(sample) = self.sink.try_pull_sample(gst::ClockTime::ZERO) {
                self.keep(&sample)?;
                patience = Patience::new();
            }
            over |= self.wait(&[gst::MessageType::Eos], &mut patience)?;
            alive();
        }
        let _ = self.pipeline.set_state(gst::State::Null);
        let samples = (self.begins + self.elapsed()) * u64::from(RATE);
        let samples = (samples + 500_000_000) / 1_000_000_000;
        let m4a = self.m4a.take().ok_or(EncodeError::Silent)?;
        let aac = m4a.finish(&self.paths.0, samples)?;
        let opus = self.plan.opus.map(|_| webm::byte_map(&self.paths.1)).transpose()?;
        Ok(Rendered { samples, aac, opus })
    }

    /// What went wrong, as far as it was said.
    fn broken(&self) -> EncodeError {
        let said = self.bus.pop_filtered(&[gst::MessageType::Error]);
        match said.as_ref().map(|message| message.view()) {
            Some(gst::MessageView::Error(error)) => why(error),
            _ => EncodeError::Gst("the encoders failed"),
        }
    }
}

fn why(error: &gst::message::Error) -> EncodeError {
    tracing::warn!(error = %error.error(), "the encoders failed");
    if error.error().matches(gst::ResourceError::NoSpaceLeft) {
        return EncodeError::Io(std::io::ErrorKind::StorageFull.into());
    }
    EncodeError::Gst("the encoders failed")
}

impl Drop for Render {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn caps(form: Form) -> gst::Caps {
    let channels = i32::try_from(form.channels).unwrap_or(1);
    let mut caps = gst::Caps::builder("audio/x-raw")
        .field("format", "F32LE")
        .field("layout", "interleaved")
        .field("rate", form.rate.cast_signed())
        .field("channels", channels);
    if channels == 2 {
        caps = caps.field("channel-mask", gst::Bitmask::new(3));
    }
    caps.build()
}

/// Links elements one behind the other to the tee, with a queue before them.
fn branch(
    pipeline: &gst::Pipeline,
    tee: &gst::Element,
    elements: &[gst::Element],
) -> Result<(), EncodeError> {
    let refused = |_| EncodeError::Gst("the elements do not fit");
    let queue = make("queue")?;
    pipeline.add(&queue).map_err(refused)?;
    tee.link(&queue).map_err(refused)?;
    let mut last = queue;
    for element in elements {
        if element.parent().is_none() {
            pipeline.add(element).map_err(refused)?;
        }
        last.link(element).map_err(refused)?;
        last = element.clone();
    }
    Ok(())
}

fn nanos(frames: u64, rate: u32) -> u64 {
    let nanos = u128::from(frames) * 1_000_000_000 / u128::from(rate.max(1));
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::packager;

    const PLAN: Plan = Plan { channels: 1, aac: 64_000, opus: Some(32_000) };
    const FORM: Form = Form { rate: 48_000, channels: 1 };

    #[test]
    fn a_full_disk_is_said_and_nobody_waits_for_it() {
        packager::init().expect("GStreamer");
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut render =
            Render::begin(&dir.path().join("a.m4a"), Path::new("/dev/full"), PLAN, FORM).expect("begun");
        let second = vec![0.1; 48_000];
        // An hour is more than waits anywhere.
        let pushed = (0..3_600).try_for_each(|_| render.push(&second));
        let error = pushed.err().or_else(|| render.finish().err()).expect("it cannot be written");
        assert_eq!(error.code(), "disk_full", "{error}");
    }

    #[test]
    fn encoders_that_stand_still_are_given_up() {
        packager::init().expect("GStreamer");
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut render =
            Render::begin(&dir.path().join("a.m4a"), &dir.path().join("a.webm"), PLAN, FORM).expect("begun");
        render.pipeline.set_state(gst::State::Paused).expect("paused");
        let second = vec![0.1; 48_000];
        let error = (0..3_600).try_for_each(|_| render.push(&second)).expect_err("nothing comes");
        assert_eq!(error.code(), "internal", "{error}");
    }
}
