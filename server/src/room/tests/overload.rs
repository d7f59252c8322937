//! A room that has its hands full: what does not find a place in it is read anew, and nobody hears what is not so.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::Duration,
};

use yunke_store::{BeatRow, LeaseRow};

use super::{loading::block, *};

/// `ASKS` of registry.rs.
const PLACES: usize = 1_024;

type Asked = Pin<Box<dyn Future<Output = Result<Progress, RoomError>> + Send>>;

/// Polls once, however much of its turn the test has used.
fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    let mut context = Context::from_waker(Waker::noop());
    pin!(tokio::task::unconstrained(future)).poll(&mut context)
}

impl Stage {
    /// Kept in the store at this moment, and the room has not heard of it.
    async fn durable(&self, at: i64, lease: &LeaseRow, beats: &[Value]) -> Vec<BeatRow> {
        let (bodies, refused) = crate::evidence::read_beats(&raw(beats));
        assert!(refused.is_empty());
        let received_at = ZERO + at;
        let rows: Vec<_> =
            bodies.into_iter().map(|body| BeatRow { lease_id: lease.id, body, received_at }).collect();
        self.store.append_beats(id(900), received_at, &rows).await.expect("kept");
        rows
    }

    /// Asks until no place is left in the room's inbox; its task does not run meanwhile. The places are free when what is
    /// given is dropped and the room has looked at them.
    async fn fill(&self, lesson: Uuid) -> Vec<Asked> {
        let room = self.rooms.room(lesson).await.expect("open");
        let mut asked = Vec::new();
        for _ in 0..=PLACES {
            let (room, user) = (room.clone(), self.town.member_a);
            let mut ask: Asked = Box::pin(async move { room.progress(user).await });
            assert!(poll(ask.as_mut()).is_pending());
            asked.push(ask);
        }
        asked
    }
}

/// Fifteen seconds of a lesson, the `step`-th of them.
fn quarter(seq: i64, step: i64) -> Value {
    beat(seq, (step - 1) * 15 * S, step * 15 * S)
}

#[tokio::test]
async fn beats_that_found_no_place_in_the_room_are_read_from_the_store() {
    let stage = Stage::live().await;
    let user = stage.town.member_a;
    let lease = stage.lease(600, stage.lesson, user).await;
    stage.at(15 * S);
    stage.send(&lease, &[quarter(1, 1)]).await;
    stage.at(30 * S);
    let rows = stage.durable(30 * S, &lease, &[quarter(2, 2)]).await;
    let full = stage.fill(stage.lesson).await;
    let kept = poll(pin!(stage.rooms.kept(&lease, rows)));
    assert!(matches!(kept, Poll::Ready(Err(RoomError::Silent))), "it goes without progress, at once");
    drop(full);
    assert_eq!(stage.shown(stage.lesson, user).await.counted_ms, 30 * S);
    let answer = stage.send(&lease, &[quarter(3, 2)]).await;
    assert_eq!(answer.progress, Some(stage.recomputed(stage.lesson, user).await));
}

#[tokio::test]
async fn a_full_room_learns_all_the_same_that_its_member_turned_to_another_lesson() {
    let stage = Stage::live().await;
    let other = planned(stage.store.as_ref(), &stage.town, 501).await;
    stage.go_live(other).await;
    stage.rooms.room(other).await.expect("open");
    let user = stage.town.member_a;
    let here = stage.lease(600, stage.lesson, user).await;
    for step in 1..=4 {
        stage.at(step * 15 * S);
        stage.send(&here, &[quarter(step, step)]).await;
    }
    let there = stage.lease(601, other, user).await;
    stage.at(75 * S);
    // Both play at once; what the first room heard of last lies beside the other lesson.
    stage.send(&here, &[quarter(5, 5)]).await;
    let rows = stage.durable(75 * S, &there, &[quarter(1, 5)]).await;
    let full = stage.fill(stage.lesson).await;
    assert!(poll(pin!(stage.rooms.kept(&there, rows))).is_pending(), "the other room has it");
    drop(full);
    let room = stage.rooms.room(stage.lesson).await.expect("open");
    // While somebody else's question is being computed the room says nothing.
    let asking = async {
        loop {
            if let Ok(shown) = room.progress(user).await {
                return shown;
            }
        }
    };
    let shown = tokio::time::timeout(Duration::from_secs(20), asking).await.expect("answered");
    assert_eq!(shown, stage.recomputed(stage.lesson, user).await);
    assert_eq!(shown.counted_ms, 60 * S);
}

#[tokio::test]
async fn of_a_member_who_waits_to_be_read_only_the_store_is_believed() {
    let stage = Stage::live().await;
    let user = stage.town.member_a;
    let lease = stage.lease(600, stage.lesson, user).await;
    stage.at(15 * S);
    stage.send(&lease, &[quarter(1, 1)]).await;
    stage.at(75 * S);
    // Twice receipts overtake each other on their way to the room; so soon again the member is not read.
    for step in [2, 4] {
        let first = stage.durable(step * 15 * S, &lease, &[quarter(step, step)]).await;
        let second = stage.durable((step + 1) * 15 * S, &lease, &[quarter(step + 1, step + 1)]).await;
        let later = stage.rooms.kept(&lease, second).await.expect("answered");
        assert!(later.counted_ms <= (step + 1) * 15 * S);
        // The second time nobody answers: it is not known.
        let _ = stage.rooms.kept(&lease, first).await;
    }
    let shown = stage.shown(stage.lesson, user).await;
    assert_eq!(shown, stage.recomputed(stage.lesson, user).await);
    assert_eq!(shown.counted_ms, 75 * S);
}

#[tokio::test]
async fn one_recomputation_of_a_member_is_under_way_at_a_time() {
    let stage = Stage::live().await;
    let other = planned(stage.store.as_ref(), &stage.town, 501).await;
    stage.go_live(other).await;
    let user = stage.town.member_a;
    for (number, lesson) in [(600, stage.lesson), (601, other)] {
        let lease = stage.lease(number, lesson, user).await;
        stage.at(15 * S);
        stage.send(&lease, &[quarter(1, 1)]).await;
    }
    // Two lessons claim the time, so only the whole recomputation knows; and judging has to wait.
    stage.shown(stage.lesson, user).await;
    let blocked = block().await;
    let room = stage.rooms.room(stage.lesson).await.expect("open");
    let mut first = pin!(room.progress(user));
    assert!(poll(first.as_mut()).is_pending());
    let second = room.progress(user).await;
    assert!(matches!(second, Err(RoomError::Silent)));
    assert!(poll(first.as_mut()).is_pending(), "the second did not wait for its time to be over");
    drop(blocked);
    assert_eq!(first.await.expect("computed"), stage.recomputed(stage.lesson, user).await);
}

#[tokio::test]
async fn a_socket_of_a_lease_that_gave_way_takes_no_more() {
    let stage = Stage::live().await;
    let [old, new] = [600, 601].map(|number| stage.lease(number, stage.lesson, stage.town.member_a));
    let (old, new) = (old.await, new.await);
    stage.at(15 * S);
    stage.send(&old, &[quarter(1, 1)]).await;
    stage.rooms.supersede(&[old.id], old.expires_at);
    let refused = stage.rooms.hand_in(&old, &raw(&[quarter(2, 1)])).await;
    assert!(matches!(refused, Err(RoomError::Superseded)));
    assert_eq!(stage.send(&new, &[quarter(1, 1)]).await.acked, [1]);
    let kept = stage.store.member_evidence(stage.lesson, &[old.user_id]).await.expect("read").remove(0);
    assert_eq!(kept.beats.len(), 2, "nothing of what was refused");
}
