//! The work of a fill, in a process of its own: the program started again as `yunke-media fill-worker`. It is polite (nice 15),
//! bounded in memory and time, and if what somebody sent brings a decoder down, only this process ends and every lesson goes on.
//!
//! The order comes as JSON on its standard input, reports go as JSON lines to its standard output. It writes segments into the
//! store and nothing else: what makes them part of the replay is written by who started it.

use std::{
    io::{Read as _, Write as _},
    path::PathBuf,
};

use object_store::local::LocalFileSystem;
use rustix::process::{Resource, Rlimit, nice, setrlimit};
use serde::{Deserialize, Serialize};

use super::{
    reader::{Form, Reader},
    segments::Segments,
    upload::sniff,
};
use crate::{
    live::event::Format,
    pipeline::packager,
    recording::{
        self,
        fill::{FillRecord, Filled},
        index::Index,
        no_space,
    },
};

/// Everything live goes first.
const NICE: i32 = 15;
/// Address space: decoders of anything larger than a lesson fail instead of taking the machine's memory.
const MEMORY_BYTES: u64 = 3 << 30;
/// Processor time: so much to begin with, and so many seconds for each that is decoded.
const CPU_SECONDS: (u64, u64) = (120, 6);
/// From the signal that says it was too much to the one that cannot be survived. Without it Linux sends only the latter, which
/// says nothing of why.
const CPU_GRACE_SECONDS: u64 = 5;

/// What is to be done.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) store_dir: PathBuf,
    pub(super) file: PathBuf,
    pub(super) lesson: uuid::Uuid,
    pub(super) record: FillRecord,
    /// The number of the new stream.
    pub(super) stream: u64,
}

/// What is said of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Report {
    /// Per cent.
    Progress(u8),
    /// The last word.
    Over(Outcome),
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// Segments lie in the store.
    Done(Filled),
    /// Why not.
    Failed(String),
}

impl Outcome {
    pub(super) fn failed(code: &str) -> Self {
        Self::Failed(code.to_owned())
    }
}

/// Why a file cannot fill anything.
#[derive(Debug, thiserror::Error)]
pub(super) enum FillError {
    /// Neither `WebM` nor MP4.
    #[error("it is no recording")]
    NotARecording,
    /// It cannot be read.
    #[error("the file cannot be read")]
    Unreadable,
    /// A codec that is not known.
    #[error("the file has a codec that is not known")]
    Codec,
    /// More pixels than any lesson has.
    #[error("the picture is too large")]
    Picture,
    /// Neither picture nor sound of use.
    #[error("the file has nothing the lesson has")]
    Nothing,
    /// It covers no gap.
    #[error("the file covers no gap")]
    NoOverlap,
    /// It covers a gap, but no segment of it from its beginning to its end.
    #[error("the file is too short for a segment of a gap")]
    TooShort,
    /// The recording is not there.
    #[error("the recording is not complete")]
    NotReady,
    /// GStreamer could not do what it always can.
    #[error("GStreamer failed")]
    Gst,
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[from] object_store::Error),
}

impl FillError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotARecording => "not_a_recording",
            Self::Unreadable => "file_unreadable",
            Self::Codec => "codec_unknown",
            Self::Picture => "picture_too_large",
            Self::Nothing => "file_empty",
            Self::NoOverlap => "no_overlap",
            Self::TooShort => "too_short",
            Self::NotReady => "replay_not_ready",
            Self::Gst => "internal",
            Self::Store(error) if no_space(error) => "disk_full",
            Self::Store(_) => "storage",
        }
    }
}

/// The whole life of the process.
pub fn work() -> anyhow::Result<()> {
    nice(NICE)?;
    setrlimit(Resource::As, Rlimit { current: Some(MEMORY_BYTES), maximum: Some(MEMORY_BYTES) })?;
    let mut order = String::new();
    std::io::stdin().read_to_string(&mut order)?;
    let order: Order = serde_json::from_str(&order)?;
    packager::init()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = match runtime.block_on(fill(&order)) {
        Ok(filled) => Outcome::Done(filled),
        Err(error) => {
            tracing::warn!(%error, "a fill failed");
            Outcome::failed(error.code())
        }
    };
    say(&Report::Over(outcome));
    Ok(())
}

/// So much processor time.
pub(super) fn processor(seconds: u64) -> Rlimit {
    Rlimit { current: Some(seconds), maximum: Some(seconds + CPU_GRACE_SECONDS) }
}

pub(super) fn say(report: &Report) {
    let line = serde_json::to_string(report).expect("plain data");
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        // The service is gone; when it is back it begins anew.
        std::process::exit(1);
    }
}

async fn fill(order: &Order) -> Result<Filled, FillError> {
    let mut beginning = [0; 16];
    let read = std::fs::File::open(&order.file).and_then(|mut file| file.read(&mut beginning));
    let read = read.map_err(|_| FillError::Unreadable)?;
    let kind = sniff(&beginning[..read]).ok_or(FillError::NotARecording)?;
    let store = LocalFileSystem::new_with_prefix(&order.store_dir)?;
    let index = recording::whole(&store, order.lesson).await?.ok_or(FillError::NotReady)?;
    let begins = order.record.begins_at() - index.zero_at;
    let gaps: Vec<_> = index.missing().into_iter().filter(|gap| gap.to_ms > begins).collect();
    let total: i64 = gaps.iter().map(|gap| gap.to_ms - gap.from_ms).sum();
    let seconds = u64::try_from(total / 1000).unwrap_or(0);
    let most = processor(CPU_SECONDS.0 + CPU_SECONDS.1 * seconds);
    setrlimit(Resource::Cpu, most).map_err(|_| FillError::Gst)?;
    let form = form(&index);
    let mut segments = Segments::new(&store, order, &index);
    let mut done = 0;
    for (number, gap) in (0..).zip(&gaps) {
        let reader = Reader::open(&order.file, kind, &form)?;
        let percent = |ms: i64| u8::try_from((done + ms) * 100 / total.max(1)).unwrap_or(100);
        segments.stretch(number, &reader, gap, percent).await?;
        done += gap.to_ms - gap.from_ms;
    }
    segments.filled()
}

/// As the lesson was encoded last.
fn form(index: &Index) -> Form {
    let mut form = Form::default();
    for init in &index.inits {
        match init.format {
            Format::Video { width, height, fps_milli, .. } => {
                form.pictures.retain(|(rendition, ..)| *rendition != init.rendition);
                form.pictures.push((init.rendition, width, height, fps_milli));
            }
            Format::Audio { rate, channels, .. } => {
                form.sounds.retain(|(rendition, ..)| *rendition != init.rendition);
                form.sounds.push((init.rendition, rate, channels));
            }
        }
    }
    form
}
