//! Handing in beats: kept once, acknowledged when durable, garbage refused by name.

use std::collections::HashSet;

use tokio_util::task::TaskTracker;

use super::*;
use crate::evidence::{BeatWriter, WriteError};

#[tokio::test]
async fn a_lost_acknowledgement_costs_nothing_and_gains_nothing() {
    let stage = Stage::live().await;
    let lease = stage.lease(600, stage.lesson, stage.town.member_a).await;
    stage.at(15 * S);
    let first = stage.send(&lease, &[beat(1, 0, 15 * S)]).await;
    stage.at(30 * S);
    let again = stage.send(&lease, &[beat(1, 0, 15 * S), beat(2, 15 * S, 30 * S)]).await;
    assert_eq!((first.acked.as_slice(), again.acked.as_slice()), (&[1][..], &[1, 2][..]));
    assert_eq!(again.progress.map(|progress| progress.counted_ms), Some(30 * S));
}

#[tokio::test]
async fn the_same_number_with_another_body_is_refused_and_the_first_stays() {
    let stage = Stage::live().await;
    let lease = stage.lease(600, stage.lesson, stage.town.member_a).await;
    stage.at(30 * S);
    stage.send(&lease, &[beat(1, 0, 10 * S)]).await;
    let answer = stage.send(&lease, &[beat(1, 0, 30 * S), beat(2, 10 * S, 11 * S)]).await;
    assert_eq!(answer.acked, [2]);
    assert_eq!((answer.refused[0].seq, answer.refused[0].code), (Some(1), "seq_conflict"));
    assert_eq!(answer.progress.map(|progress| progress.counted_ms), Some(11 * S));
}

#[tokio::test]
async fn garbage_does_not_take_its_neighbours_along() {
    let stage = Stage::live().await;
    let lease = stage.lease(600, stage.lesson, stage.town.member_a).await;
    stage.at(15 * S);
    let beats = [with(beat(1, 0, 5), "from_ms", json!(-1)), json!("x"), beat(3, 0, 15 * S)];
    let answer = stage.send(&lease, &beats).await;
    assert_eq!(answer.acked, [3]);
    let refused: Vec<_> = answer.refused.iter().map(|refused| (refused.seq, refused.code)).collect();
    assert_eq!(refused, [(Some(1), "interval_out_of_range"), (None, "malformed")]);
    assert_eq!(answer.progress.map(|progress| progress.counted_ms), Some(15 * S));
}

#[tokio::test]
async fn batches_of_one_lease_never_share_a_receipt() {
    let stage = Stage::live().await;
    let lease = stage.lease(600, stage.lesson, stage.town.member_a).await;
    let writer = BeatWriter::start(&stage.core);
    let batches = (1..=50).map(|seq| {
        let (bodies, _) = crate::evidence::read_beats(&raw(&[beat(seq, 0, 10)]));
        writer.keep(lease.id, bodies)
    });
    let kept = futures_util::future::join_all(batches).await;
    let stamps: HashSet<i64> = kept.iter().map(|kept| kept.as_ref().expect("kept").received_at).collect();
    assert_eq!(stamps.len(), 50, "the clock stood still all the while");
    let evidence = stage.store.member_evidence(stage.lesson, &[lease.user_id]).await.expect("read");
    assert_eq!(evidence[0].beats.len(), 50);
}

#[tokio::test]
async fn a_stopping_writer_keeps_what_it_has_taken_and_refuses_the_rest() {
    let stage = Stage::live().await;
    let lease = stage.lease(600, stage.lesson, stage.town.member_a).await;
    let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
    let core = Core { tasks: tasks.clone(), stopping: stopping.clone(), ..stage.core.clone() };
    let writer = BeatWriter::start(&core);
    let bodies = |seq| crate::evidence::read_beats(&raw(&[beat(seq, 0, 10)])).0;
    writer.keep(lease.id, bodies(1)).await.expect("kept");
    // Polled once, so it stands in the queue; the commit is still to come.
    let second = writer.keep(lease.id, bodies(2));
    tokio::pin!(second);
    assert!(futures_util::poll!(&mut second).is_pending());
    stopping.cancel();
    tasks.close();
    tasks.wait().await;
    second.await.expect("kept");
    assert_eq!(writer.keep(lease.id, bodies(3)).await, Err(WriteError::Stopping));
}

#[tokio::test]
async fn a_lease_opens_the_room_to_its_owner_only() {
    use yunke_protocol::{DeviceClass, Lease, LeaseKey, Purpose};
    let stage = Stage::live().await;
    let row = stage.lease(600, stage.lesson, stage.town.member_a).await;
    let key = LeaseKey::derive(b"a secret of a test");
    let lease = Lease {
        id: row.id,
        lesson: stage.lesson,
        purpose: Purpose::Watch,
        device: DeviceClass::Phone,
        expires_at: row.expires_at,
        replay: None,
    };
    let code = async |lease: &Lease, lesson, user, now| {
        let admitted = admit(&stage.rooms, &key, &lease.sign(&key), lesson, user, now).await;
        admitted.map_or_else(|error| error.code(), |_| "admitted")
    };
    let (owner, thief) = (stage.town.member_a, stage.town.member_b);
    assert_eq!(code(&lease, stage.lesson, owner, ZERO).await, "admitted");
    assert_eq!(code(&lease, stage.lesson, thief, ZERO).await, "lease_not_yours");
    assert_eq!(code(&lease, id(1), owner, ZERO).await, "lease_other_lesson");
    assert_eq!(code(&lease, stage.lesson, owner, row.expires_at).await, "lease_expired");
    let unknown = Lease { id: id(12_345), ..lease };
    assert_eq!(code(&unknown, stage.lesson, owner, ZERO).await, "lease_invalid");
    let garbage = admit(&stage.rooms, &key, "x", stage.lesson, owner, ZERO).await;
    assert_eq!(garbage.map_err(|error| error.code()).err(), Some("lease_invalid"));
}
