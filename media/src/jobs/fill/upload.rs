//! The file of a fill: taken piece by piece, kept on this machine's disk, removed after its time.

use std::{path::PathBuf, sync::PoisonError, time::UNIX_EPOCH};

use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;
use yunke_protocol::{FillKind, MAX_FILL_PIECE_BYTES};

use super::super::{
    error::JobError,
    queue::{Jobs, Task},
};
use crate::recording::{fill::FillState, no_space};

/// So much of the disk stays free: recordings of lessons go there, too. An hour is 1 GB.
const RESERVE_BYTES: u64 = 2 << 30;
/// A file is kept so long after its last piece, for being moved on the timeline.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;

/// Whether so much more leaves the reserve alone.
fn fits(free: u64, bytes: u64) -> bool {
    free >= bytes.saturating_add(RESERVE_BYTES)
}

/// What the file is by its first bytes, whatever its name says.
pub(super) fn sniff(beginning: &[u8]) -> Option<FillKind> {
    match beginning {
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some(FillKind::Webm),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(FillKind::Mp4),
        _ => None,
    }
}

/// The turn of one writer of one file.
struct Turn(Jobs, Uuid);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.0.turns.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl Jobs {
    pub(super) fn file(&self, fill: Uuid) -> PathBuf {
        self.0.work_dir.join(format!("{fill}.part"))
    }

    /// Bytes of the file that have arrived.
    pub(super) async fn received(&self, fill: Uuid) -> u64 {
        tokio::fs::metadata(self.file(fill)).await.map_or(0, |file| file.len())
    }

    /// Takes a piece of the file; it must begin where the last one ended. Says how much there is now.
    ///
    /// It is kept whether or not anybody waits for the answer: the next writer has its turn when this one is done, and not while a
    /// write that was given up is still under way.
    pub(in crate::jobs) async fn receive(
        &self,
        lesson: Uuid,
        fill: Uuid,
        offset: u64,
        piece: Bytes,
    ) -> Result<u64, JobError> {
        let turn = self.turn(fill)?;
        let kept = self.0.tasks.spawn(async move { turn.0.keep(lesson, fill, offset, &piece).await });
        kept.await.unwrap_or(Err(JobError::Disk))
    }

    async fn keep(&self, lesson: Uuid, fill: Uuid, offset: u64, piece: &[u8]) -> Result<u64, JobError> {
        let record = self.record(lesson, fill).await?;
        if record.state != FillState::Sending {
            return Err(JobError::FillComplete);
        }
        let received = self.received(fill).await;
        if offset != received {
            return Err(JobError::Offset(received));
        }
        let after = received + piece.len() as u64;
        if after > record.plan.bytes || piece.len() as u64 > MAX_FILL_PIECE_BYTES {
            return Err(JobError::FillSize);
        }
        if received == 0 && sniff(piece).is_none() {
            return Err(JobError::NotARecording);
        }
        self.room_for(piece.len() as u64)?;
        if after == record.plan.bytes {
            // Before it is whole: a restart from now on goes on with it.
            self.mark(Task::Fill(lesson, fill)).await?;
        }
        let written = async {
            tokio::fs::create_dir_all(&self.0.work_dir).await?;
            let mut part = tokio::fs::File::options().create(true).append(true).open(self.file(fill)).await?;
            part.write_all(piece).await?;
            part.sync_data().await
        };
        if let Err(error) = written.await {
            tracing::error!(%lesson, %error, "a piece of a file could not be kept");
            // What was written of it is no whole piece.
            if let Ok(part) = tokio::fs::File::options().write(true).open(self.file(fill)).await {
                let _ = part.set_len(received).await;
            }
            return Err(if no_space(&error) { JobError::DiskFull } else { JobError::Disk });
        }
        // Withdrawn meanwhile: then the file was removed, or it was not there yet.
        if let Err(JobError::FillUnknown) = self.record(lesson, fill).await {
            self.remove_file(lesson, fill).await;
            return Err(JobError::FillUnknown);
        }
        if after == record.plan.bytes {
            self.want(lesson, fill).await?;
        }
        Ok(after)
    }

    pub(super) async fn remove_file(&self, lesson: Uuid, fill: Uuid) {
        if let Err(error) = tokio::fs::remove_file(self.file(fill)).await
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%lesson, %error, "the file of a fill could not be removed");
        }
    }

    /// How much of the file has arrived, of how much.
    pub(in crate::jobs) async fn arrived(&self, lesson: Uuid, fill: Uuid) -> Result<(u64, u64), JobError> {
        let record = self.record(lesson, fill).await?;
        let all = record.plan.bytes;
        Ok((if record.state == FillState::Sending { self.received(fill).await } else { all }, all))
    }

    /// Whether the disk takes so much more; lessons that are recorded on it come first.
    pub(super) fn room_for(&self, bytes: u64) -> Result<(), JobError> {
        let disk = rustix::fs::statvfs(&self.0.store_dir).map_err(|_| JobError::Disk)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if fits(free, bytes) { Ok(()) } else { Err(JobError::DiskFull) }
    }

    /// Removes files that were sent long ago; what was made of them stays.
    pub(in crate::jobs) async fn sweep(&self) {
        let now = (self.0.clock)();
        let Ok(mut files) = tokio::fs::read_dir(&self.0.work_dir).await else { return };
        while let Ok(Some(file)) = files.next_entry().await {
            let written = file.metadata().await.and_then(|known| known.modified());
            let since = written.ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
            let at = since.and_then(|since| i64::try_from(since.as_millis()).ok());
            if at.is_some_and(|at| now - at > KEPT_MS)
                && let Err(error) = tokio::fs::remove_file(file.path()).await
            {
                tracing::warn!(%error, "an old file of a fill could not be removed");
            }
        }
    }

    fn turn(&self, fill: Uuid) -> Result<Turn, JobError> {
        let free = self.0.turns.lock().unwrap_or_else(PoisonError::into_inner).insert(fill);
        if free { Ok(Turn(self.clone(), fill)) } else { Err(JobError::Busy) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::local::LocalFileSystem;
    use tokio_util::task::TaskTracker;
    use yunke_protocol::{FileKey, FillPlan, LeaseKey};

    use super::*;
    use crate::{live::Origin, recording::fill::FillRecord, replay::Replays};

    #[tokio::test]
    async fn a_piece_whose_sender_hangs_up_is_kept_once() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Arc::new(LocalFileSystem::new_with_prefix(dir.path()).expect("a folder"));
        let origin = Origin::new(LeaseKey::derive(b"secret"), Arc::new(|| 0));
        let replays = Replays::new(origin, store.clone());
        let (jobs, _worker) = Jobs::new(
            store,
            dir.path(),
            replays,
            FileKey::derive(b"secret"),
            Arc::new(|| 0),
            TaskTracker::new(),
        );
        let (lesson, fill) = (Uuid::from_u128(7), Uuid::from_u128(8));
        let plan = FillPlan { starts_at: 0, bytes: 1_000, kind: FillKind::Webm };
        let record = FillRecord { fill, created_at: 0, plan, offset_ms: 0, state: FillState::Sending };
        jobs.put_record(lesson, &record).await.expect("kept");
        let piece = Bytes::from([&[0x1a, 0x45, 0xdf, 0xa3][..], &[7; 496]].concat());
        {
            let mut sent = Box::pin(jobs.receive(lesson, fill, 0, piece.clone()));
            assert!(futures_util::poll!(&mut sent).is_pending());
        }
        let again = loop {
            match jobs.receive(lesson, fill, 0, piece.clone()).await {
                Err(JobError::Busy) => tokio::task::yield_now().await,
                other => break other,
            }
        };
        assert!(matches!(again, Err(JobError::Offset(500))), "{again:?}");
        assert_eq!(tokio::fs::read(jobs.file(fill)).await.expect("there"), piece);
    }

    #[test]
    fn what_lessons_need_of_the_disk_is_not_given_away() {
        assert!(fits(RESERVE_BYTES + 10, 10));
        assert!(!fits(RESERVE_BYTES + 9, 10));
        assert!(!fits(u64::MAX - 1, u64::MAX));
    }

    #[test]
    fn a_file_is_what_it_begins_with() {
        assert_eq!(sniff(&[0x1a, 0x45, 0xdf, 0xa3, 0x9f]), Some(FillKind::Webm));
        assert_eq!(sniff(b"\0\0\0\x20ftypisom"), Some(FillKind::Mp4));
        assert_eq!(sniff(b"#EXTM3U and more"), None);
        assert_eq!(sniff(b""), None);
    }
}
