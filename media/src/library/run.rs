//! One version encoded: a process is started, heard, ended when it is silent or unwanted, and what it made becomes the version's.

use std::{
    os::unix::process::ExitStatusExt as _,
    path::Path as Folder,
    time::{Duration, Instant},
};

use object_store::{ObjectStoreExt as _, WriteMultipart};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    time::timeout,
};
use uuid::Uuid;
use yunke_protocol::{AudioFacts, AudioStep};

use super::{
    core::{Library, Progress},
    encode::wire::{Order, Outcome, Report},
    error::LibraryError,
    records::{self, Failed},
};
use crate::worker_process::{self, Death};

/// The worker says something at least so often, or it is ended.
const SILENCE: Duration = Duration::from_mins(10);
/// How often a running worker is asked whether anybody still wants it.
const LOOK: Duration = Duration::from_millis(500);
/// What is written to the store at a time.
const PIECE_BYTES: usize = 8 << 20;

/// The stable code of a worker's death.
fn cause(death: Death) -> &'static str {
    match death {
        Death::Time => "worker_time",
        Death::Memory => "worker_memory",
        Death::Size => "worker_size",
        Death::Fault => "unreadable",
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
        let outcome = self.process(version, &order).await.unwrap_or_else(|error| {
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

    /// What the worker says at last; none: it was ended because nobody wants it.
    async fn process(&self, version: Uuid, order: &Order) -> std::io::Result<Option<Outcome>> {
        tokio::fs::create_dir_all(&order.folder).await?;
        self.under_way().insert(version, Progress { step: Some(AudioStep::Probe), percent: 0 });
        let mut process = worker_process::start("encode-worker", order).await?;
        let Some(output) = process.stdout.take() else { return Ok(Some(Outcome::failed("internal"))) };
        let mut lines = BufReader::new(output).lines();
        let mut silent = Duration::ZERO;
        while silent < SILENCE {
            match timeout(LOOK, lines.next_line()).await {
                Ok(Ok(Some(line))) => match serde_json::from_str(&line)? {
                    Report::Step(step, percent) => {
                        silent = Duration::ZERO;
                        if let Some(progress) = self.under_way().get_mut(&version) {
                            *progress = Progress { step: Some(step), percent: percent.min(100) };
                        }
                    }
                    Report::Over(outcome) => return Ok(Some(outcome)),
                },
                Ok(_) => {
                    let status = process.wait().await?;
                    tracing::warn!(%version, ?status, "a worker ended without a word");
                    return Ok(Some(Outcome::failed(cause(Death::by(status.signal())))));
                }
                Err(_) => silent += LOOK,
            }
            if !self.under_way().contains_key(&version) {
                process.kill().await?;
                return Ok(None);
            }
        }
        process.kill().await?;
        Ok(Some(Outcome::failed("worker_time")))
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
            Err(error) => Outcome::failed(error.code()),
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
        for rendition in &facts.renditions {
            for name in [rendition.name.clone(), format!("{}.map", rendition.name)] {
                self.put_file(version, &name, &folder.join(&name)).await?;
            }
        }
        if facts.cover.is_some() {
            self.put_file(version, "cover", &folder.join("cover")).await?;
        }
        if self.0.limits.keep_originals {
            self.put_file(version, "original", &self.0.parts.file(version)).await?;
        }
        Ok(())
    }

    /// Puts a file of any size into the store, a piece at a time.
    async fn put_file(&self, version: Uuid, name: &str, file: &Folder) -> Result<(), LibraryError> {
        let path = records::path(version, name);
        let mut file = tokio::fs::File::open(file).await.map_err(unread)?;
        let upload = self.0.store.put_multipart(&path).await?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PIECE_BYTES);
        let mut buffer = vec![0; 1 << 20];
        loop {
            let read = file.read(&mut buffer).await.map_err(unread)?;
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

fn unread(error: std::io::Error) -> LibraryError {
    object_store::Error::Generic { store: "disk", source: error.into() }.into()
}
