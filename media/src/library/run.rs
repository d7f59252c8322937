//! One version encoded: a process is started, heard, ended when it is silent or unwanted, and what it made becomes the version's.

use std::{
    path::Path as Folder,
    time::{Duration, Instant},
};

use object_store::{ObjectStoreExt as _, WriteMultipart};
use tokio::{fs::File, io::AsyncReadExt as _};
use uuid::Uuid;
use yunke_protocol::{AudioFacts, AudioStep};

use super::{
    core::{Library, Progress},
    encode::wire::{Order, Outcome, Report},
    error::LibraryError,
    made,
    records::{self, Failed},
};
use crate::worker_process::{Death, End, Worker};

/// The worker says something at least so often, or it is ended.
const SILENCE: Duration = Duration::from_mins(10);
/// A second of speech in all renditions, with what is around it.
const SPEECH_BYTES: u64 = 13_000;
/// What a short sound, its cover and its records take.
const BEGIN_BYTES: u64 = 64 << 20;
/// What is written to the store at a time.
const PIECE_BYTES: usize = 8 << 20;

/// The stable code of a worker's death.
fn cause(death: Death) -> &'static str {
    match death {
        Death::Time => "worker_time",
        Death::Memory => "worker_memory",
        Death::Size => "worker_size",
        Death::Fault => "unreadable",
        Death::Broken => "internal",
    }
}

impl Library {
    /// Encodes a version that waits, unless it was removed meanwhile.
    pub(super) async fn encode(&self, version: Uuid) {
        let begun = Instant::now();
        let outcome = match self.wanted(version).await {
            Ok(true) => self.attempt(version).await,
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(Some(Outcome::Done(facts))) => {
                let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                tracing::info!(%version, length_ms = facts.length_ms, took_ms, "an episode is ready");
                metrics::counter!("yunke_media_episodes_total", "outcome" => "ready").increment(1);
                metrics::histogram!("yunke_media_encode_seconds").record(begun.elapsed());
            }
            Ok(Some(Outcome::Failed(code))) => {
                tracing::warn!(%version, code, "a file could not become an episode");
                metrics::counter!("yunke_media_episodes_total", "outcome" => code).increment(1);
            }
            Ok(None) => self.over(version),
            // It stays as it is and is begun again by the next round.
            Err(error) => {
                tracing::error!(%version, %error, "an episode could not be kept");
                self.over(version);
            }
        }
    }

    fn over(&self, version: Uuid) {
        self.under_way().remove(&version);
    }

    async fn wanted(&self, version: Uuid) -> Result<bool, LibraryError> {
        let known = records::known(&*self.0.store, version).await?;
        Ok(known.is_some_and(|known| known.facts.is_none() && known.failed.is_none()))
    }

    /// Runs a worker and keeps what came of it; none: nobody wants it any more.
    async fn attempt(&self, version: Uuid) -> Result<Option<Outcome>, LibraryError> {
        let Some(known) = records::known(&*self.0.store, version).await? else { return Ok(None) };
        let folder = self.0.work_dir.join(format!("{version}.{}.encoding", self.number()));
        let order = Order {
            file: self.0.parts.file(version),
            folder: folder.clone(),
            trim_silence: known.plan.trim_silence,
            music: known.plan.music,
            longest_ms: self.0.limits.longest_ms,
        };
        let original = if self.0.limits.keep_originals { known.plan.bytes } else { 0 };
        let outcome = self.process(version, &order, original).await.unwrap_or_else(|error| {
            tracing::error!(%version, %error, "a worker could not be started or heard");
            Some(Outcome::failed(if crate::recording::no_space(&error) { "disk_full" } else { "internal" }))
        });
        let kept = match outcome {
            Some(outcome) => self.conclude(version, &folder, outcome).await,
            None => Ok(None),
        };
        let _ = tokio::fs::remove_dir_all(&folder).await;
        kept
    }

    /// What the worker says at last; none: it was ended because nobody wants it. `original` is what will be kept of the file.
    async fn process(&self, version: Uuid, order: &Order, original: u64) -> std::io::Result<Option<Outcome>> {
        // Before it decodes for an hour what there is no room for; how long it is is not known yet.
        if let Some(full) = self.no_room(original, order.music, 0) {
            return Ok(Some(full));
        }
        tokio::fs::create_dir_all(&order.folder).await?;
        self.under_way().insert(version, Progress { step: Some(AudioStep::Probe), percent: 0 });
        let worker = Worker::start("encode-worker", order).await?;
        let heard = |report: Report| match report {
            Report::Step(step, percent) => {
                if let Some(progress) = self.under_way().get_mut(&version) {
                    *progress = Progress { step: Some(step), percent: percent.min(100) };
                }
                None
            }
            Report::Length(ms) => self.no_room(original, order.music, ms),
            Report::Over(outcome) => Some(outcome),
        };
        let wanted = || self.under_way().contains_key(&version);
        Ok(match worker.hear(SILENCE, wanted, heard).await? {
            End::Said(outcome) => Some(outcome),
            End::Died(death) => Some(Outcome::failed(cause(death))),
            End::Unwanted => None,
            End::Silent => {
                tracing::warn!(%version, "a worker was silent and is ended");
                Some(Outcome::failed("worker_time"))
            }
        })
    }

    /// The failure, if the disk has no room for what is made of a sound of this length, twice: as the worker writes it, and as it
    /// is kept.
    fn no_room(&self, original: u64, music: bool, length_ms: i64) -> Option<Outcome> {
        let a_second = if music { 2 * SPEECH_BYTES } else { SPEECH_BYTES };
        let made = u64::try_from(length_ms / 1000).unwrap_or(0).saturating_mul(2 * a_second);
        let room = self.0.parts.room_for(original.saturating_add(made).saturating_add(BEGIN_BYTES));
        room.err().map(|error| Outcome::failed(LibraryError::from(error).code()))
    }

    /// Makes what came of it the version's; the facts come last. The work is over with it: who sees the outcome may ask for more.
    async fn conclude(
        &self,
        version: Uuid,
        folder: &Folder,
        outcome: Outcome,
    ) -> Result<Option<Outcome>, LibraryError> {
        let kept = match &outcome {
            Outcome::Done(facts) => self.keep(version, folder, facts).await,
            Outcome::Failed(_) => Ok(()),
        };
        let _change = self.0.changes.lock().await;
        match records::known(&*self.0.store, version).await? {
            Some(known) if known.facts.is_none() && known.failed.is_none() => {}
            Some(_) => return Ok(None),
            None => {
                records::remove_all(&*self.0.store, version).await?;
                return Ok(None);
            }
        }
        let outcome = match kept {
            Ok(()) => outcome,
            Err(error) => {
                tracing::error!(%version, %error, "what was made of a file could not be kept");
                Outcome::failed(error.code())
            }
        };
        match &outcome {
            Outcome::Done(facts) => {
                records::put(&*self.0.store, version, "facts.json", &**facts).await?;
                self.0.parts.remove(version).await;
            }
            Outcome::Failed(code) => {
                let failed = Failed { code: code.clone() };
                records::put(&*self.0.store, version, "failed.json", &failed).await?;
            }
        }
        self.over(version);
        Ok(Some(outcome))
    }

    async fn keep(&self, version: Uuid, folder: &Folder, facts: &AudioFacts) -> Result<(), LibraryError> {
        made::check(facts)?;
        for rendition in &facts.renditions {
            let (name, table) = (&rendition.name, format!("{}.map", rendition.name));
            self.put_file(version, name, made::open(folder, name, Some(rendition.bytes)).await?).await?;
            self.put_file(version, &table, made::open(folder, &table, None).await?).await?;
        }
        if let Some(cover) = &facts.cover {
            let file = made::open(folder, "cover", Some(cover.bytes)).await?;
            self.put_file(version, "cover", file).await?;
        }
        if self.0.limits.keep_originals {
            let file = File::open(self.0.parts.file(version)).await.map_err(LibraryError::unread)?;
            self.put_file(version, "original", file).await?;
        }
        Ok(())
    }

    /// Puts a file of any size into the store, a piece at a time.
    async fn put_file(&self, version: Uuid, name: &str, mut file: File) -> Result<(), LibraryError> {
        let path = records::path(version, name);
        let upload = self.0.store.put_multipart(&path).await?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PIECE_BYTES);
        let mut buffer = vec![0; 1 << 20];
        loop {
            let read = file.read(&mut buffer).await.map_err(LibraryError::unread)?;
            if read == 0 {
                break;
            }
            upload.wait_for_capacity(2).await?;
            upload.write(&buffer[..read]);
        }
        upload.finish().await?;
        Ok(())
    }
}
