//! Makes segments of encoded frames and puts them into the store, each under the number of the gap entry it takes the place of.

use std::{
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use bytes::Bytes;
use object_store::{ObjectStoreExt as _, local::LocalFileSystem};
use yunke_protocol::FilledGap;

use super::{
    coded::Out,
    gap_cutter::{GapCutter, Whole},
    reader::Reader,
    wire::{FillError, Order, Report, say},
};
use crate::{
    codec::{AudioConfig, VideoConfig},
    live::event::{Format, Rendition},
    pipeline::{
        packager::{Packager, Packed},
        splitter::Step,
    },
    recording::{
        fill::Filled,
        index::{self, Entry, Index, InitEntry, MediaEntry},
    },
    unit::Track,
};

/// Media time of the first frame of a stretch; the muxer wants room before it.
const BASE_US: i64 = 10_000_000;
/// Behind the stretch, so that its last entry is whole.
const MORE_MS: i64 = 500;
/// How long the last parts of a stretch may take on a machine that is busy with lessons.
const FINISH_TIME: Duration = Duration::from_secs(20);
/// A sign of life after so many frames, also where the percentage stands still.
const ALIVE_FRAMES: u32 = 256;

/// What was made so far.
pub(super) struct Segments<'a> {
    store: &'a LocalFileSystem,
    order: &'a Order,
    index: &'a Index,
    filled: Filled,
    /// Something of the file lies in a gap.
    met: bool,
}

/// A rendition on its way through the muxer.
struct Muxed {
    cutter: GapCutter,
    track: Track,
    rendition: Rendition,
    packager: Option<Packager>,
    parts: Option<Receiver<Packed>>,
    format: Option<Format>,
}

impl<'a> Segments<'a> {
    pub(super) fn new(store: &'a LocalFileSystem, order: &'a Order, index: &'a Index) -> Self {
        let filled = Filled { stream: order.stream, inits: Vec::new(), entries: Vec::new() };
        Self { store, order, index, filled, met: false }
    }

    /// What came of it, if anything.
    pub(super) fn filled(self) -> Result<Filled, FillError> {
        match (self.filled.entries.is_empty(), self.met) {
            (false, _) => Ok(self.filled),
            (true, true) => Err(FillError::TooShort),
            (true, false) => Err(FillError::NoOverlap),
        }
    }

    /// Fills one gap; its initialization sections get this number.
    pub(super) async fn stretch(
        &mut self,
        number: u32,
        reader: &Reader,
        gap: &FilledGap,
        percent: impl Fn(i64) -> u8,
    ) -> Result<(), FillError> {
        let (from, to) = (self.index.zero_at + gap.from_ms, self.index.zero_at + gap.to_ms);
        let mut all: Vec<Muxed> = Rendition::ALL
            .map(|rendition| {
                let mine = |e: &&Entry| e.rendition == rendition && e.pdt < to && e.end() > from;
                Muxed::new(rendition, from, self.index.gap_entries().filter(mine).cloned())
            })
            .into();
        let begins = self.order.record.begins_at();
        let pictures = all.iter().filter(|muxed| muxed.track == Track::Video);
        let keys = pictures.map(|muxed| (muxed.rendition, muxed.cutter.starts().into())).collect();
        reader.play((from - begins) * 1000, (to + MORE_MS - begins) * 1000, keys)?;
        let (mut reported, mut frames) = (None, 0_u32);
        while let Some(Out::Frame(rendition, record, coded)) = reader.next()? {
            let Some(muxed) = all.iter_mut().find(|muxed| muxed.rendition == rendition) else { continue };
            if let Some(record) = record {
                muxed.begin(record)?;
            }
            frames = frames.wrapping_add(1);
            self.met |= (0..(to - from) * 1000).contains(&coded.at_us);
            let now = percent((coded.at_us / 1000).clamp(0, to - from));
            if reported.replace(now) != Some(now) || frames.is_multiple_of(ALIVE_FRAMES) {
                say(&Report::Progress(now));
            }
            let steps = muxed.cutter.push(&coded);
            muxed.step(steps)?;
            self.keep(number, muxed).await?;
        }
        for muxed in &mut all {
            let steps = muxed.cutter.finish();
            muxed.step(steps)?;
            if let Some(packager) = muxed.packager.take() {
                packager.finish_in(FINISH_TIME);
            }
            self.keep(number, muxed).await?;
        }
        Ok(())
    }

    /// Puts what came out of the muxer.
    async fn keep(&mut self, number: u32, muxed: &mut Muxed) -> Result<(), FillError> {
        let parts: Vec<Packed> = muxed.parts.iter().flat_map(Receiver::try_iter).collect();
        let (lesson, stream, rendition) = (self.order.lesson, self.order.stream, muxed.rendition);
        for packed in parts {
            match packed {
                Packed::Init(_, bytes) => {
                    let path = index::init_path(lesson, rendition, stream, number);
                    self.store.put(&path, bytes.into()).await?;
                    if let Some(format) = muxed.format.clone() {
                        self.filled.inits.push(InitEntry { rendition, stream, number, format });
                    }
                }
                Packed::Part(_, bytes, ended) => {
                    let Some(Whole { mut entry, late_us }) = muxed.cutter.came_out() else { continue };
                    let media = MediaEntry {
                        stream,
                        init: number,
                        bytes: bytes.len() as u64,
                        independent: ended.independent,
                        late_us,
                    };
                    let path = index::segment_path(lesson, rendition, stream, entry.msn);
                    self.store.put(&path, bytes.into()).await?;
                    entry.media = Some(media);
                    self.filled.entries.push(entry);
                }
            }
        }
        Ok(())
    }
}

impl Muxed {
    fn new(rendition: Rendition, from: i64, entries: impl Iterator<Item = Entry>) -> Self {
        let track = if rendition.is_sound() { Track::Audio } else { Track::Video };
        Self {
            cutter: GapCutter::new(track, from, entries),
            track,
            rendition,
            packager: None,
            parts: None,
            format: None,
        }
    }

    /// The decoder's record came. The encoders are ours and do not change their mind.
    fn begin(&mut self, record: Bytes) -> Result<(), FillError> {
        if self.packager.is_some() {
            return Ok(());
        }
        let (parts, inbox) = channel();
        let sink = move |packed| {
            let _ = parts.send(packed);
        };
        let packager = match self.track {
            Track::Video => {
                let config = VideoConfig::parse(record).map_err(|_| FillError::Gst)?;
                let (codec, fps_milli) = (config.codec.clone(), config.fps_milli);
                let (width, height) = (config.width, config.height);
                self.format = Some(Format::Video { codec, width, height, fps_milli });
                Packager::start(Some(&config), None, BASE_US, sink)
            }
            Track::Audio => {
                let config = AudioConfig::parse(record).map_err(|_| FillError::Gst)?;
                let codec = config.codec.clone();
                self.format = Some(Format::Audio { codec, rate: config.rate, channels: config.channels });
                Packager::start(None, Some(&config), BASE_US, sink)
            }
        };
        self.packager = Some(packager.map_err(|_| FillError::Gst)?);
        self.parts = Some(inbox);
        Ok(())
    }

    fn step(&mut self, steps: Vec<Step>) -> Result<(), FillError> {
        let Some(packager) = &self.packager else { return Ok(()) };
        for step in steps {
            packager.step(step).map_err(|_| FillError::Gst)?;
        }
        packager.check().map_err(|_| FillError::Gst)
    }
}
