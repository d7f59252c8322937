//! What a room has to know of the past: who was present when, and who counts as a person. It comes from the digests that were
//! kept, and of whom there is more, from the evidence. It is read in the background, a few members at a time, and goes on when
//! whoever asked for the room gave up. It must never judge on the workers that answer requests.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::sync::mpsc;
use uuid::Uuid;
use yunke_store::{PastEvidence, RoomDigest, Store, StoreResult};

use super::{
    digest::Digest,
    keeping::{self, AT_ONCE},
};
use crate::{
    attendance::{Beat, Bounds, Past},
    core::Core,
    evidence,
    problem::source_chain,
};

/// Leases whose evidence is read at once: some 60,000 beats of a lesson of an hour.
const LEASES_A_READ: i64 = 256;

/// Digests that are read at once.
const DIGESTS_A_READ: i64 = 4_096;

/// Digests are kept once there are so many.
const KEPT_AT_ONCE: usize = 512;

/// Chunks that wait for the room; the reading waits when it is full.
const CHUNKS: usize = 2;

/// How often a chunk is tried again when the database does not answer, and after how long.
const TRIES: u32 = 10;
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// One member's past.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) user: Uuid,
    pub(super) past: Past,
    /// Viewed at least a minute.
    pub(super) person: bool,
}

/// Begins to read everything that was kept about a lesson. The channel ends when that is through.
pub(super) fn load(core: &Core, lesson: Uuid, bounds: Bounds) -> mpsc::Receiver<Vec<Loaded>> {
    let (room, chunks) = mpsc::channel(CHUNKS);
    let stopping = core.stopping.clone();
    let loading = Loading { store: core.store.clone(), lesson, bounds: Arc::new(bounds), room };
    core.tasks.spawn(async move {
        tokio::select! {
            () = stopping.cancelled() => {}
            done = loading.all() => {
                if let Err(error) = done {
                    tracing::error!(error = source_chain(&error), "a room goes on without all of its past");
                }
            }
        }
    });
    chunks
}

struct Loading {
    store: Arc<dyn Store>,
    lesson: Uuid,
    bounds: Arc<Bounds>,
    room: mpsc::Sender<Vec<Loaded>>,
}

/// What some members' digests and news came to.
#[derive(Default)]
struct Judged {
    loaded: Vec<Loaded>,
    /// Worth keeping.
    new: Vec<(RoomDigest, Vec<(Uuid, i64)>)>,
    /// Their digests are of no use: they have to be read from the beginning.
    unusable: Vec<Uuid>,
}

impl Loading {
    async fn all(self) -> StoreResult<()> {
        let unusable = self.pass(true).await?;
        if !unusable.is_empty() {
            for users in unusable.chunks(AT_ONCE) {
                self.store.drop_room_digests(self.lesson, users).await?;
            }
            self.pass(false).await?;
        }
        Ok(())
    }

    /// Goes once through the lesson's members in the order of their ids, or only through those of whom there is more than a
    /// digest. Gives those whose digests are of no use.
    async fn pass(&self, everybody: bool) -> StoreResult<Vec<Uuid>> {
        let mut unusable = Vec::new();
        let mut new = Vec::new();
        let mut after = None;
        let mut news = self.news(after).await?;
        loop {
            // News first: what another process puts into a digest meanwhile is then in one of the two.
            let up_to = news.last().map(|member| member.user_id);
            let mut digests =
                if everybody || up_to.is_some() { self.digests(after, up_to).await? } else { Vec::new() };
            if !everybody {
                digests.retain(|digest| news.iter().any(|member| member.user_id == digest.user_id));
            }
            let bounds = self.bounds.clone();
            let judging = evidence::off_the_workers(move || judge_all(digests, &news, &bounds));
            let next = async { if up_to.is_some() { self.news(up_to).await } else { Ok(Vec::new()) } };
            let due = if new.len() >= KEPT_AT_ONCE { std::mem::take(&mut new) } else { Vec::new() };
            let keeping = keeping::write(self.store.as_ref(), self.lesson, due);
            // The next are read, and those before kept, while these are judged.
            let (judged, next, ()) = tokio::join!(judging, next, keeping);
            unusable.extend(judged.unusable);
            new.extend(judged.new);
            // The room is gone: nobody needs the rest.
            if self.room.send(judged.loaded).await.is_err() {
                return Ok(Vec::new());
            }
            if up_to.is_none() {
                keeping::write(self.store.as_ref(), self.lesson, new).await;
                return Ok(unusable);
            }
            (after, news) = (up_to, next?);
        }
    }

    async fn news(&self, after: Option<Uuid>) -> StoreResult<Vec<PastEvidence>> {
        again(|| self.store.past_evidence(self.lesson, after, LEASES_A_READ)).await
    }

    /// All digests in between: as many as the lesson has members at most.
    async fn digests(&self, after: Option<Uuid>, up_to: Option<Uuid>) -> StoreResult<Vec<RoomDigest>> {
        let mut all: Vec<RoomDigest> = Vec::new();
        loop {
            let from = all.last().map(|digest| digest.user_id).or(after);
            let page = again(|| self.store.room_digests(self.lesson, from, up_to, DIGESTS_A_READ)).await?;
            let full = i64::try_from(page.len()).is_ok_and(|count| count == DIGESTS_A_READ);
            all.extend(page);
            if !full {
                return Ok(all);
            }
        }
    }
}

async fn again<T, F: Future<Output = StoreResult<T>>>(read: impl Fn() -> F) -> StoreResult<T> {
    for _ in 1..TRIES {
        if let Ok(done) = read().await {
            return Ok(done);
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
    read().await
}

fn judge_all(digests: Vec<RoomDigest>, news: &[PastEvidence], bounds: &Bounds) -> Judged {
    let mut judged = Judged::default();
    let mut kept: HashMap<Uuid, Option<Digest>> =
        digests.into_iter().map(|row| (row.user_id, Digest::read(&row, bounds))).collect();
    for member in news {
        let beats: Vec<Beat> = member.beats.iter().map(evidence::beat).collect();
        let user = member.user_id;
        let digest = match kept.remove(&user) {
            None if member.leases.iter().all(|lease| lease.through == 0) => {
                Some(Digest::judged(member, &beats, bounds))
            }
            Some(Some(mut digest)) => digest.continued(member, &beats, bounds).then_some(digest),
            None | Some(None) => None,
        };
        if let Some(digest) = digest {
            judged.new.extend(digest.row(user, bounds));
            judged.loaded.push(Loaded { user, past: digest.past, person: digest.person });
        } else {
            judged.unusable.push(user);
        }
    }
    for (user, digest) in kept {
        match digest {
            Some(Digest { past, person, .. }) => judged.loaded.push(Loaded { user, past, person }),
            None => judged.unusable.push(user),
        }
    }
    judged
}
