//! GStreamer: what symphonia cannot read (Opus, AMR, WMA, HE-AAC, video files), and the second opinion on what it can.

use std::{cell::Cell, path::Path, sync::Mutex, time::Duration};

use gst::prelude::*;

use super::form::{Facts, Form, Source};
use crate::library::encode::{error::EncodeError, patience::Patience};

/// How often it is looked whether the decoder stands still.
const LOOK: Duration = Duration::from_millis(200);
/// The next sound begins later than the last one ended: what was between them could not be decoded. Containers round by less.
const GAP: gst::ClockTime = gst::ClockTime::from_mseconds(100);
/// Buffers that wait for us; then the decoder waits.
const WAITING: u32 = 32;

/// The elements a file may be taken apart and decoded with. What a file asks for beyond them is not there: no playlists that
/// fetch other files, no pictures.
const ALLOWED: [&str; 44] = [
    "typefind",
    "qtdemux",
    "matroskademux",
    "oggdemux",
    "asfdemux",
    "flvdemux",
    "avidemux",
    "mpegpsdemux",
    "tsdemux",
    "wavparse",
    "aiffparse",
    "id3demux",
    "apedemux",
    "mpegaudioparse",
    "aacparse",
    "flacparse",
    "ac3parse",
    "amrparse",
    "opusparse",
    "vorbisparse",
    "wavpackparse",
    "avdemux_ape",
    "mpg123audiodec",
    "avdec_mp3",
    "avdec_mp2float",
    "avdec_aac",
    "avdec_aac_latm",
    "avdec_alac",
    "avdec_ape",
    "avdec_ac3",
    "avdec_wmav1",
    "avdec_wmav2",
    "avdec_wmapro",
    "avdec_wmalossless",
    "avdec_wmavoice",
    "amrnbdec",
    "amrwbdec",
    "opusdec",
    "vorbisdec",
    "flacdec",
    "alawdec",
    "mulawdec",
    "adpcmdec",
    "avdec_adpcm_ima_qt",
];

/// Takes away from this process every demuxer, parser and decoder that is not [`ALLOWED`].
pub(in crate::library::encode) fn forbid_the_rest() {
    let kinds = gst::ElementFactoryType::DECODABLE;
    for factory in gst::ElementFactory::factories_with_type(kinds, gst::Rank::MARGINAL) {
        if !ALLOWED.contains(&factory.name().as_str()) {
            factory.set_rank(gst::Rank::NONE);
        }
    }
}

/// A file being decoded.
pub(super) struct Gst {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    sink: gst_app::AppSink,
    facts: Mutex<Facts>,
    /// It cannot be read on; whether because it is locked.
    broken: Cell<Option<bool>>,
    /// Where the last sound ended.
    end: Option<gst::ClockTime>,
}

impl Gst {
    pub(super) fn open(file: &Path) -> Result<Self, EncodeError> {
        let make = |name: &'static str| {
            gst::ElementFactory::make(name).build().map_err(|_| EncodeError::Gst("an element is missing"))
        };
        let pipeline = gst::Pipeline::new();
        let bus = pipeline.bus().ok_or(EncodeError::Gst("no bus"))?;
        let source = make("filesrc")?;
        source.set_property("location", file);
        let (decode, convert) = (make("decodebin")?, make("audioconvert")?);
        decode.set_property("caps", gst::Caps::new_empty_simple("audio/x-raw"));
        decode.set_property("expose-all-streams", false);
        let caps =
            gst::Caps::builder("audio/x-raw").field("format", "F32LE").field("layout", "interleaved").build();
        let sink = gst_app::AppSink::builder().caps(&caps).sync(false).max_buffers(WAITING).build();
        pipeline
            .add_many([&source, &decode, &convert, sink.upcast_ref()])
            .and_then(|()| source.link(&decode))
            .and_then(|()| convert.link(&sink))
            .map_err(|_| EncodeError::Gst("the elements do not fit"))?;
        let weak = convert.downgrade();
        decode.connect_pad_added(move |_, pad| {
            // The first sound of the file is used.
            let Some(sink) = weak.upgrade().and_then(|convert| convert.static_pad("sink")) else { return };
            if !sink.is_linked() && pad.link(&sink).is_err() {
                tracing::warn!("the sound of a file cannot be converted");
            }
        });
        let this = Self { pipeline, bus, sink, facts: Mutex::default(), broken: Cell::new(None), end: None };
        this.pipeline.set_state(gst::State::Playing).map_err(|_| EncodeError::Unreadable)?;
        Ok(this)
    }

    /// Reads what has been said on the bus: the name of the codec, an error.
    fn heard(&self) -> Result<(), EncodeError> {
        while let Some(message) = self.bus.pop() {
            match message.view() {
                gst::MessageView::Tag(tags) => {
                    if let Some(codec) = tags.tags().get::<gst::tags::AudioCodec>() {
                        self.change(|facts| codec.get().clone_into(&mut facts.codec));
                    }
                }
                gst::MessageView::Error(error) => {
                    let error = error.error();
                    tracing::info!(%error, "GStreamer cannot read the file");
                    let locked = error.matches(gst::StreamError::Decrypt)
                        || error.matches(gst::StreamError::DecryptNokey);
                    self.broken.set(Some(locked));
                }
                // Others are about pictures nobody wants here.
                gst::MessageView::Warning(warning) => {
                    let warning = warning.error();
                    let damaged =
                        warning.matches(gst::StreamError::Decode) || warning.matches(gst::StreamError::Demux);
                    self.change(|facts| facts.damaged |= damaged);
                }
                _ => {}
            }
        }
        match self.broken.get() {
            Some(true) => Err(EncodeError::Drm),
            Some(false) => Err(EncodeError::Unreadable),
            None => Ok(()),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.facts.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Source for Gst {
    fn next(&mut self, frames: &mut Vec<f32>) -> Result<Option<Form>, EncodeError> {
        let sample = loop {
            let mut patience = Patience::new();
            let sample = loop {
                if let Some(sample) = self.sink.try_pull_sample(gst::ClockTime::try_from(LOOK).ok()) {
                    break Some(sample);
                }
                self.heard()?;
                if self.sink.is_eos() {
                    break None;
                }
                if patience.is_over(LOOK) {
                    tracing::warn!("a decoder stands still");
                    return Err(EncodeError::Unreadable);
                }
            };
            match sample {
                None => return self.heard().map(|()| None),
                Some(sample) if sample.buffer().is_some_and(|buffer| buffer.size() > 0) => break sample,
                Some(_) => {}
            }
        };
        let (Some(buffer), Some(caps)) = (sample.buffer(), sample.caps()) else {
            return Err(EncodeError::Unreadable);
        };
        let number = |name: &str| caps.structure(0)?.get::<i32>(name).ok()?.try_into().ok();
        let (rate, channels) = (number("rate").unwrap_or(0), number("channels").unwrap_or(0));
        let form = Form::checked(rate, channels as usize)?;
        if let (Some(begins), Some(end)) = (buffer.pts(), self.end)
            && begins > end + GAP
        {
            self.change(|facts| facts.damaged = true);
        }
        self.end = buffer.pts().zip(buffer.duration()).map(|(begins, length)| begins + length);
        let bytes = buffer.map_readable().map_err(|_| EncodeError::Gst("a buffer cannot be read"))?;
        frames.clear();
        frames.extend(
            bytes.chunks_exact(4).map(|four| four.first_chunk().map_or(0.0, |b| f32::from_le_bytes(*b))),
        );
        Ok(Some(form))
    }

    fn facts(&self) -> Facts {
        let _ = self.heard();
        if let Some(length) = self.pipeline.query_duration::<gst::ClockTime>() {
            #[expect(clippy::cast_precision_loss, reason = "seconds")]
            self.change(|facts| facts.claimed = Some(length.useconds() as f64 / 1e6));
        }
        self.facts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Drop for Gst {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}
