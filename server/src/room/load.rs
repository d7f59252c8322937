//! What a room has to know of the past: who was present when, and who counts as a person. It is read in the background, a few
//! members at a time, and goes on when whoever asked for the room gave up. A room is open before it is through: who comes back
//! is read alone, and beats are acknowledged without it. It must never judge on the workers that answer requests.

use std::sync::Arc;

use tokio::sync::mpsc;
use uuid::Uuid;
use yunke_store::{Lesson, PastEvidence, StoreResult};

use super::registry::RoomParts;
use crate::{
    attendance::{Beat, Bounds, LeaseTerms, MemberBook, Past, Rule, group_by_receipt, past_presence, visits},
    evidence,
    problem::source_chain,
};

/// Leases whose evidence is read at once: some 60,000 beats of a lesson of an hour.
const LEASES_A_READ: i64 = 256;

/// Chunks that wait for the room; the reading waits when it is full.
const CHUNKS: usize = 2;

/// How often a chunk is tried again when the database does not answer, and after how long.
const TRIES: u32 = 10;
const AGAIN_AFTER: std::time::Duration = std::time::Duration::from_millis(500);

/// One member's past.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) user: Uuid,
    pub(super) past: Past,
    /// Viewed at least a minute.
    pub(super) person: bool,
}

/// Begins to read everything that was kept about a lesson. The channel ends when that is through.
pub(super) fn load(parts: &RoomParts, lesson: Arc<Lesson>, bounds: Bounds) -> mpsc::Receiver<Vec<Loaded>> {
    let (sender, chunks) = mpsc::channel(CHUNKS);
    let (parts, stopping) = (parts.clone(), parts.stopping.clone());
    parts.tasks.clone().spawn(async move {
        tokio::select! {
            () = stopping.cancelled() => {}
            done = all(&parts, &lesson, &bounds, &sender) => {
                if let Err(error) = done {
                    tracing::error!(error = source_chain(&error), "a room goes on without all of its past");
                }
            }
        }
    });
    chunks
}

async fn all(
    parts: &RoomParts,
    lesson: &Lesson,
    bounds: &Bounds,
    sender: &mpsc::Sender<Vec<Loaded>>,
) -> StoreResult<()> {
    let rule = evidence::rule(&lesson.rule);
    let mut read = again(parts, lesson.id, None).await?;
    while let Some(last) = read.last().map(|member| member.user_id) {
        let (bounds, rule, zero_at) = (bounds.clone(), rule.clone(), lesson.zero_at);
        let some = std::mem::take(&mut read);
        let judging = move || some.iter().map(|one| judge(one, &bounds, &rule, zero_at)).collect();
        // The next are read while these are judged.
        let (loaded, next) =
            tokio::join!(evidence::off_the_workers(judging), again(parts, lesson.id, Some(last)));
        // The room is gone: nobody needs the rest.
        if sender.send(loaded).await.is_err() {
            break;
        }
        read = next?;
    }
    Ok(())
}

async fn again(parts: &RoomParts, lesson: Uuid, after: Option<Uuid>) -> StoreResult<Vec<PastEvidence>> {
    for _ in 1..TRIES {
        if let Ok(read) = parts.store.past_evidence(lesson, after, LEASES_A_READ).await {
            return Ok(read);
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
    parts.store.past_evidence(lesson, after, LEASES_A_READ).await
}

fn judge(evidence: &PastEvidence, bounds: &Bounds, rule: &Rule, zero_at: Option<i64>) -> Loaded {
    let mut beats: Vec<Beat> = evidence.beats.iter().map(evidence::beat).collect();
    let past = past_presence(&beats, zero_at, rule);
    let mut book = MemberBook::default();
    for &(lease, issued_at) in &evidence.leases {
        book.open(LeaseTerms { id: lease.as_u128(), issued_at }, bounds);
    }
    beats.sort_by_key(|beat| (beat.received_at, beat.lease, beat.seq));
    for group in group_by_receipt(&beats) {
        book.receive(group, bounds);
    }
    Loaded { user: evidence.user_id, past, person: visits(book.viewing()).person }
}
