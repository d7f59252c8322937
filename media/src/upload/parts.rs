//! The files that are being uploaded, in one folder of this machine's disk, and the room that is promised to them.
//!
//! ```text
//! <id>.part   what has arrived
//! <id>.open   size of the whole file, as text, while bytes are missing: its room is promised
//! ```
//!
//! There is no other state: whatever is killed, the next process finds both as they are.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::{
    fs::File,
    io::{AsyncWriteExt as _, BufWriter},
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use yunke_protocol::UtcMillis;

use super::UploadError;
use crate::recording::no_space;

/// So much of the disk stays free: recordings of lessons go there, too. An hour is 1 GB.
const RESERVE_BYTES: u64 = 2 << 30;
/// A file is kept so long after its last byte.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;
/// Room is promised for so long after the last byte; who goes on later gets what there is then.
const PROMISED_MS: i64 = 48 * 3_600_000;
/// Uploads with promised room. When full, no further one is begun.
const OPEN: usize = 10_000;
/// Collected before it is written.
const BUFFER_BYTES: usize = 256 << 10;
/// After so many bytes it is asked again whether lessons have enough of the disk left.
const ROOM_EVERY: u64 = 64 << 20;
/// So often the owner is asked whether the file is still wanted from who sends it: a body may take hours.
const ASK: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 2_000 });
/// A sender that is silent for so long has hung up.
const SILENCE: Duration = Duration::from_secs(if cfg!(test) { 3 } else { 30 });
/// Who has been silent for so long gives its turn to another request: a phone that changed its network does not wait.
const YIELDS: Duration = Duration::from_secs(4);

/// Whether so much more leaves the reserve alone.
fn fits(free: u64, bytes: u64) -> bool {
    free >= bytes.saturating_add(RESERVE_BYTES)
}

/// Whose file is being sent.
#[async_trait]
pub(crate) trait Owner: Send + Sync {
    /// Whether a new file that begins like this is one of a kind that is taken.
    fn fits(&self, beginning: &[u8]) -> bool;
    /// Whether it is still wanted from who sends it.
    async fn wanted(&self) -> Result<(), UploadError>;
}

/// The folder of uploads. Cheap to share.
#[derive(Debug)]
pub(crate) struct Parts {
    folder: PathBuf,
    /// On whose disk the room is.
    disk: PathBuf,
    writers: Mutex<HashMap<Uuid, Writer>>,
    /// One promise of room at a time, or two would be given the same.
    promising: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Writer {
    ends: CancellationToken,
    last: Instant,
}

/// The turn of one writer of one file.
#[derive(Debug)]
pub(crate) struct Turn {
    parts: Arc<Parts>,
    id: Uuid,
    ends: CancellationToken,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.parts.writers().remove(&self.id);
    }
}

impl Parts {
    /// In `folder`, which is made when the first byte comes; `disk` exists and lies on the same disk.
    pub(crate) fn new(folder: PathBuf, disk: PathBuf) -> Arc<Self> {
        Arc::new(Self { folder, disk, writers: Mutex::default(), promising: tokio::sync::Mutex::default() })
    }

    fn writers(&self) -> MutexGuard<'_, HashMap<Uuid, Writer>> {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the file lies.
    pub(crate) fn file(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.part"))
    }

    fn promise(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.open"))
    }

    /// Bytes that have arrived.
    pub(crate) async fn received(&self, id: Uuid) -> u64 {
        tokio::fs::metadata(self.file(id)).await.map_or(0, |file| file.len())
    }

    /// Whether the disk takes so much more, whatever is promised; lessons that are recorded on it come first.
    pub(crate) fn room_for(&self, bytes: u64) -> Result<(), UploadError> {
        if fits(self.free()?, bytes) { Ok(()) } else { Err(UploadError::DiskFull) }
    }

    fn free(&self) -> Result<u64, UploadError> {
        let disk = rustix::fs::statvfs(&self.disk).map_err(|_| UploadError::Disk)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Promises room for a file of this size, so that "disk full" is said before it is sent and not when most of it has been.
    pub(crate) async fn promise_room(&self, id: Uuid, bytes: u64, now: UtcMillis) -> Result<(), UploadError> {
        let _one = self.promising.lock().await;
        let (open, promised) = self.promised(id, now).await;
        if open >= OPEN {
            return Err(UploadError::Busy);
        }
        let missing = bytes.saturating_sub(self.received(id).await);
        if !fits(self.free()?, missing.saturating_add(promised)) {
            return Err(UploadError::DiskFull);
        }
        let kept = async {
            tokio::fs::create_dir_all(&self.folder).await?;
            tokio::fs::write(self.promise(id), bytes.to_string()).await
        };
        kept.await.map_err(|error| failed(&error))
    }

    /// How many others have promised room, and how much of it they have not used.
    async fn promised(&self, but: Uuid, now: UtcMillis) -> (usize, u64) {
        let (mut open, mut promised) = (0, 0_u64);
        let Ok(mut files) = tokio::fs::read_dir(&self.folder).await else { return (0, 0) };
        while let Ok(Some(file)) = files.next_entry().await {
            let path = file.path();
            let Some(id) = id_of(&path, "open").filter(|id| *id != but) else { continue };
            let part = tokio::fs::metadata(self.file(id)).await.ok();
            let begun = file.metadata().await.ok().and_then(|known| written(&known));
            let last = part.as_ref().and_then(written).max(begun);
            if last.is_none_or(|last| now - last > PROMISED_MS) {
                continue;
            }
            let size = tokio::fs::read_to_string(&path).await.ok().and_then(|text| text.parse::<u64>().ok());
            let missing = size.unwrap_or(0).saturating_sub(part.map_or(0, |part| part.len()));
            // Whole, and the process was killed before it could say so.
            open += usize::from(missing > 0);
            promised = promised.saturating_add(missing);
        }
        (open, promised)
    }

    /// The file is whole: its room is used.
    pub(crate) async fn complete(&self, id: Uuid) {
        self.gone(&self.promise(id)).await;
    }

    /// Removes the file and its promise; who writes to it ends.
    pub(crate) async fn remove(&self, id: Uuid) {
        if let Some(writer) = self.writers().get(&id) {
            writer.ends.cancel();
        }
        self.gone(&self.promise(id)).await;
        self.gone(&self.file(id)).await;
    }

    async fn gone(&self, path: &Path) {
        if let Err(error) = tokio::fs::remove_file(path).await
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "an uploaded file could not be removed");
        }
    }

    /// Removes files whose last byte came long ago.
    pub(crate) async fn sweep(&self, now: UtcMillis) {
        let Ok(mut files) = tokio::fs::read_dir(&self.folder).await else { return };
        while let Ok(Some(file)) = files.next_entry().await {
            let path = file.path();
            let last = file.metadata().await.ok().and_then(|known| written(&known));
            // A promise is as old as its file.
            let newer = match id_of(&path, "open") {
                Some(id) => tokio::fs::metadata(self.file(id)).await.ok().and_then(|known| written(&known)),
                None => None,
            };
            if last.max(newer).is_some_and(|last| now - last > KEPT_MS) {
                self.gone(&path).await;
            }
        }
    }

    /// The right to write to a file, unless somebody else does. A writer that has fallen silent ends, and the next request
    /// has its turn.
    pub(crate) fn turn(self: &Arc<Self>, id: Uuid) -> Result<Turn, UploadError> {
        let mut writers = self.writers();
        if let Some(writer) = writers.get(&id) {
            if writer.last.elapsed() >= YIELDS {
                writer.ends.cancel();
            }
            return Err(UploadError::Locked);
        }
        let ends = CancellationToken::new();
        writers.insert(id, Writer { ends: ends.clone(), last: Instant::now() });
        drop(writers);
        Ok(Turn { parts: Arc::clone(self), id, ends })
    }

    fn heard(&self, id: Uuid) {
        if let Some(writer) = self.writers().get_mut(&id) {
            writer.last = Instant::now();
        }
    }
}

impl Turn {
    /// Appends what comes, from `offset` on and at most up to `size`, and has it on the disk before it returns the new end.
    /// Whatever goes wrong, what was written stays.
    ///
    /// Errors: [`UploadError::Broken`] when the stream fails or stops in the middle, what the owner says, and what the disk does.
    pub(crate) async fn append<E>(
        &self,
        offset: u64,
        size: u64,
        mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
        owner: &dyn Owner,
    ) -> Result<u64, UploadError> {
        let received = self.parts.received(self.id).await;
        if offset != received {
            return Err(UploadError::Offset(received));
        }
        self.parts.room_for(0)?;
        let file = async {
            tokio::fs::create_dir_all(&self.parts.folder).await?;
            File::options().create(true).append(true).open(self.parts.file(self.id)).await
        };
        let mut file = BufWriter::with_capacity(BUFFER_BYTES, file.await.map_err(|error| failed(&error))?);
        let (mut at, mut asked) = (received, received);
        let (mut said, mut heard) = (Instant::now(), Instant::now());
        let outcome = loop {
            let next = self.ends.run_until_cancelled(timeout(ASK, body.next())).await;
            if said.elapsed() >= ASK {
                if let Err(over) = owner.wanted().await {
                    break Err(over);
                }
                said = Instant::now();
            }
            let piece = match next {
                Some(Ok(Some(Ok(piece)))) => piece,
                Some(Ok(None)) => break Ok(()),
                Some(Err(_)) if heard.elapsed() < SILENCE => continue,
                _ => break Err(UploadError::Broken),
            };
            heard = Instant::now();
            self.parts.heard(self.id);
            if at == 0 && !piece.is_empty() && !owner.fits(&piece) {
                break Err(UploadError::Unfit);
            }
            if piece.len() as u64 > size.saturating_sub(at) {
                break Err(UploadError::TooLarge);
            }
            if at - asked >= ROOM_EVERY {
                asked = at;
                if let Err(full) = self.parts.room_for(0) {
                    break Err(full);
                }
            }
            if let Err(error) = file.write_all(&piece).await {
                break Err(failed(&error));
            }
            at += piece.len() as u64;
        };
        let synced = async {
            file.flush().await?;
            file.get_ref().sync_data().await
        };
        synced.await.map_err(|error| failed(&error))?;
        outcome.map(|()| at)
    }

    /// Whose turn it is.
    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }
}

fn failed(error: &std::io::Error) -> UploadError {
    tracing::error!(%error, "an uploaded file could not be kept");
    if no_space(error) { UploadError::DiskFull } else { UploadError::Disk }
}

fn id_of(path: &Path, kind: &str) -> Option<Uuid> {
    if path.extension()?.to_str()? != kind {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok()
}

fn written(file: &std::fs::Metadata) -> Option<UtcMillis> {
    let since = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

#[cfg(test)]
mod tests;
