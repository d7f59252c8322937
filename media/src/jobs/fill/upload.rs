//! The file of a fill: taken piece by piece into the folder of uploads.

use std::{convert::Infallible, path::PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use uuid::Uuid;
use yunke_protocol::{FillKind, MAX_FILL_PIECE_BYTES};

use super::super::{
    error::JobError,
    queue::{Jobs, Task},
};
use crate::{
    recording::fill::FillState,
    upload::{Owner, Turn, UploadError},
};

/// Of a beginning that is shorter nobody can say what it is; the worker will.
const SNIFFED: usize = 8;

/// A piece is here as a whole and soon on the disk: nobody has to be asked again meanwhile.
struct Piece;

#[async_trait]
impl Owner for Piece {
    fn fits(&self, beginning: &[u8]) -> bool {
        beginning.len() < SNIFFED || sniff(beginning).is_some()
    }

    async fn wanted(&self) -> Result<(), UploadError> {
        Ok(())
    }
}

/// What the file is by its first bytes, whatever its name says.
pub(super) fn sniff(beginning: &[u8]) -> Option<FillKind> {
    match beginning {
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some(FillKind::Webm),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(FillKind::Mp4),
        _ => None,
    }
}

impl Jobs {
    pub(super) fn file(&self, fill: Uuid) -> PathBuf {
        self.0.parts.file(fill)
    }

    /// Bytes of the file that have arrived.
    pub(super) async fn received(&self, fill: Uuid) -> u64 {
        self.0.parts.received(fill).await
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
        let (turn, jobs) = (self.0.parts.turn(fill)?, self.clone());
        let kept = self.0.tasks.spawn(async move { jobs.keep(&turn, lesson, fill, offset, piece).await });
        kept.await.unwrap_or(Err(JobError::Disk))
    }

    async fn keep(
        &self,
        turn: &Turn,
        lesson: Uuid,
        fill: Uuid,
        offset: u64,
        piece: Bytes,
    ) -> Result<u64, JobError> {
        let record = self.record(lesson, fill).await?;
        if record.state != FillState::Sending {
            return Err(JobError::FillComplete);
        }
        let received = self.received(fill).await;
        if offset != received {
            return Err(JobError::Offset(received));
        }
        let (length, size) = (piece.len() as u64, record.plan.bytes);
        let after = received + length;
        if after > size || length > MAX_FILL_PIECE_BYTES {
            return Err(JobError::FillSize);
        }
        self.0.parts.room_for(length)?;
        if after == size && (received > 0 || Piece.fits(&piece)) {
            // Before it is whole: a restart from now on goes on with it.
            self.mark(Task::Fill(lesson, fill)).await?;
        }
        let whole = stream::iter([Ok::<_, Infallible>(piece)]);
        let after = turn.append(offset, size, whole, &Piece).await?;
        // Withdrawn meanwhile: then the file was removed, or it was not there yet.
        if let Err(JobError::FillUnknown) = self.record(lesson, fill).await {
            self.remove_file(fill).await;
            return Err(JobError::FillUnknown);
        }
        if after == size {
            self.0.parts.complete(fill).await;
            self.want(lesson, fill).await?;
        }
        Ok(after)
    }

    pub(super) async fn remove_file(&self, fill: Uuid) {
        self.0.parts.remove(fill).await;
    }

    /// How much of the file has arrived, of how much.
    pub(in crate::jobs) async fn arrived(&self, lesson: Uuid, fill: Uuid) -> Result<(u64, u64), JobError> {
        let record = self.record(lesson, fill).await?;
        let all = record.plan.bytes;
        Ok((if record.state == FillState::Sending { self.received(fill).await } else { all }, all))
    }

    /// Removes files that were sent long ago; what was made of them stays.
    pub(in crate::jobs) async fn sweep(&self) {
        self.0.parts.sweep((self.0.clock)()).await;
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
        let parts = crate::upload::Parts::new(dir.path().join("work"), dir.path().to_owned());
        let (jobs, _worker) = Jobs::new(
            store,
            dir.path(),
            parts,
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
    fn a_file_is_what_it_begins_with() {
        assert_eq!(sniff(&[0x1a, 0x45, 0xdf, 0xa3, 0x9f]), Some(FillKind::Webm));
        assert_eq!(sniff(b"\0\0\0\x20ftypisom"), Some(FillKind::Mp4));
        assert_eq!(sniff(b"#EXTM3U and more"), None);
        assert_eq!(sniff(b""), None);
    }
}
