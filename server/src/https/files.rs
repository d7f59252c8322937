//! Looks every few seconds whether the files of the certificate are others, and reads both when they are. Asked for rather than
//! waited for: certificates come by links that are swapped, by mounts and over networks, where watchers are deaf.

use std::{
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use yunke_store::UtcMillis;

use super::{
    handle::Https,
    pem::{self, Pair, PairError},
    provider::provider,
};
use crate::clock::Source;

/// How often.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What was refused is read again after so many looks though nothing changed: its time may have come, or a disk answers again.
const AGAIN_AFTER: u32 = 30;

/// What tells a file from what it was: where links lead, the file there, its length, and when it or its owner and mode were changed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp(PathBuf, u64, u64, [i64; 4]);

fn stamp(file: &Path) -> Option<Stamp> {
    let target = file.canonicalize().ok()?;
    let about = target.metadata().ok()?;
    let times = [about.mtime(), about.mtime_nsec(), about.ctime(), about.ctime_nsec()];
    Some(Stamp(target, about.ino(), about.size(), times))
}

/// Two files, and what was seen of them.
#[derive(Debug)]
pub(crate) struct Files {
    cert: PathBuf,
    key: PathBuf,
    /// At the last look.
    seen: [Option<Stamp>; 2],
    /// When they were read, whether that went well or not.
    read: Option<[Option<Stamp>; 2]>,
    /// Looks since what was read was refused; none: it was taken.
    refused: Option<u32>,
}

impl Files {
    pub(crate) fn new(cert: &Path, key: &Path) -> Self {
        Self { cert: cert.to_owned(), key: key.to_owned(), seen: [None, None], read: None, refused: None }
    }

    /// What they hold, if that is news. Files that are just being replaced, one after the other, are looked at again first.
    fn news(&mut self, patient: bool) -> Option<Result<Pair, PairError>> {
        let now = [stamp(&self.cert), stamp(&self.key)];
        let still = now == self.seen;
        self.seen.clone_from(&now);
        let again = self.refused.is_some_and(|looks| looks >= AGAIN_AFTER);
        self.refused = self.refused.map(|looks| looks.saturating_add(1));
        if (self.read.as_ref() == Some(&now) && !again) || (patient && !still) {
            return None;
        }
        self.read = Some(now);
        Some(pem::read(&self.cert, &self.key, &provider()))
    }

    /// Reads what is there at the start: with a certificate that cannot be used the server starts all the same, and plain http
    /// works.
    pub(crate) fn load(&mut self, https: &Https, now: UtcMillis) {
        if let Some(read) = self.news(false) {
            self.refused = (!take(https, read, now)).then_some(0);
        }
    }

    /// Reads them again whenever they change, until the server stops.
    pub(crate) async fn watch(mut self, https: Https, source: Source, stopping: CancellationToken) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = ticks.tick() => {}
            }
            // A network file system may take its time.
            let looked = tokio::task::spawn_blocking(move || {
                let news = self.news(true);
                (self, news)
            });
            let Ok((same, news)) = looked.await else { return };
            self = same;
            if let Some(read) = news {
                self.refused = (!take(&https, read, source.now())).then_some(0);
            }
        }
    }
}

/// Whether it is shown.
fn take(https: &Https, read: Result<Pair, PairError>, now: UtcMillis) -> bool {
    match read {
        Ok(pair) => https.take(pair, now),
        Err(error) => {
            https.refuse(&error.to_string());
            false
        }
    }
}

#[cfg(test)]
mod tests;
