//! The work of a fill, in a process of its own: the program started again as `yunke-media fill-worker`. It is polite (nice 15),
//! bounded in memory and time, and if what somebody sent brings a decoder down, only this process ends and every lesson goes on.
//!
//! The order comes as JSON on its standard input, reports go as JSON lines to its standard output. It writes segments into the
//! store and nothing else: what makes them part of the replay is written by who started it.

use std::io::Read as _;

use object_store::local::LocalFileSystem;
use rustix::process::{Resource, Rlimit, nice, setrlimit};

use super::{
    coded::Form,
    reader::Reader,
    segments::Segments,
    upload::sniff,
    wire::{FillError, Order, Outcome, Report, say},
};
use crate::{
    live::event::Format,
    pipeline::packager,
    recording::{self, fill::Filled, index::Index},
    worker_process,
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

/// The whole life of the process.
pub fn work() -> anyhow::Result<()> {
    let order: Order = worker_process::order()?;
    worker_process::end_with_parent()?;
    nice(NICE)?;
    setrlimit(Resource::As, Rlimit { current: Some(MEMORY_BYTES), maximum: Some(MEMORY_BYTES) })?;
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
