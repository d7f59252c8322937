//! What a room keeps of its members' past stands for the beats in it, and for nothing else.

use std::time::Duration;

use proptest::prelude::*;
use yunke_store::{BeatBody, BeatCause, BeatMode, BeatRow, BeatSource, BeatState, PastEvidence, PastLease};

use super::*;
use crate::{
    attendance::{Beat, Bounds, Rule, Timeline},
    evidence::{beat as judged_beat, read_beats},
    room::digest::Digest,
};

/// Waits until the room has kept the digests of so many.
async fn kept(stage: &Stage, members: usize) -> Vec<yunke_store::RoomDigest> {
    let waiting = async {
        loop {
            let digests = stage.store.room_digests(stage.lesson, None, None, 100).await.expect("read");
            if digests.len() >= members {
                return digests;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("kept in time")
}

async fn news(stage: &Stage) -> Vec<(Uuid, usize)> {
    let news = stage.store.past_evidence(stage.lesson, None, 100).await.expect("read");
    news.iter().map(|member| (member.user_id, member.beats.len())).collect()
}

/// Two members of whom one has viewed five steps and the other one.
async fn two_watch(stage: &Stage) -> (LeaseRow, LeaseRow) {
    let a = stage.lease(600, stage.lesson, stage.town.member_a).await;
    let b = stage.lease(601, stage.lesson, stage.town.member_b).await;
    for step in 1..=5 {
        stage.at(step * 15 * S);
        stage.send(&a, &[beat(step, (step - 1) * 15 * S, step * 15 * S)]).await;
    }
    stage.send(&b, &[beat(1, 60 * S, 75 * S)]).await;
    (a, b)
}

#[tokio::test]
async fn a_room_that_ends_leaves_what_the_next_one_needs() {
    let mut stage = Stage::live().await;
    let (a, b) = two_watch(&stage).await;
    let before = super::counting::shows(&stage, |frame| {
        frame.state.counts.viewers_now == 2 && frame.state.counts.people == 1
    })
    .await;
    assert_eq!((before.viewers_now, before.peak), (2, 2));
    stage.restart();
    kept(&stage, 2).await;
    assert_eq!(news(&stage).await, [], "all beats are in the digests");
    let after = stage.rooms.counts_of(stage.lesson).await.expect("counted");
    assert_eq!(after, before);
    // Somebody goes on, the server dies, and what they brought is read beside the digests.
    stage.at(90 * S);
    stage.send(&a, &[beat(6, 75 * S, 90 * S)]).await;
    stage.send(&b, &[beat(2, 75 * S, 90 * S)]).await;
    let user = stage.town.member_a;
    assert_eq!(stage.shown(stage.lesson, user).await, stage.recomputed(stage.lesson, user).await);
    let counts = stage.rooms.counts_of(stage.lesson).await.expect("counted");
    assert_eq!((counts.viewers_now, counts.people, counts.peak), (2, 1, 2));
}

#[tokio::test]
async fn what_came_after_a_digest_is_counted_with_it() {
    let mut stage = Stage::live().await;
    let (a, b) = two_watch(&stage).await;
    stage.restart();
    kept(&stage, 2).await;
    // Beats of which no room hears: as after a kill −9.
    stage.at(135 * S);
    let row = |lease: &LeaseRow, seq, at: i64| BeatRow {
        lease_id: lease.id,
        received_at: ZERO + at,
        body: read_beats(&raw(&[beat(seq, at - 15 * S, at)])).0.remove(0),
    };
    let rows: Vec<_> =
        (6..=9).flat_map(|seq| [row(&a, seq, seq * 15 * S), row(&b, seq - 4, seq * 15 * S)]).collect();
    stage.store.append_beats(id(900), ZERO + 135 * S, &rows).await.expect("kept");
    let counts = stage.rooms.counts_of(stage.lesson).await.expect("counted");
    assert_eq!(
        (counts.viewers_now, counts.people, counts.peak),
        (2, 2, 2),
        "the second is one of the people now"
    );
}

#[tokio::test]
async fn a_digest_by_another_rule_or_of_no_use_is_made_again_from_the_evidence() {
    let mut stage = Stage::live().await;
    two_watch(&stage).await;
    stage.restart();
    let digests = kept(&stage, 2).await;
    let (first, second) = (digests[0].clone(), digests[1].clone());
    let broken = [
        yunke_store::RoomDigest { basis: first.basis ^ 1, ..first },
        yunke_store::RoomDigest { body: "{}".to_owned(), ..second },
    ];
    let through: Vec<_> = [(600, 5), (601, 1)].map(|(lease, through)| (id(lease), through)).to_vec();
    stage.store.keep_room_digests(stage.lesson, &broken, &through).await.expect("kept");
    let counts = stage.rooms.counts_of(stage.lesson).await.expect("counted");
    assert_eq!((counts.viewers_now, counts.people, counts.peak), (2, 1, 2));
    assert_eq!(kept(&stage, 2).await, digests, "and kept as they were");
}

/// Four states, two leases, receipts in order: what a member may leave behind.
fn any_rows() -> impl Strategy<Value = Vec<BeatRow>> {
    let one = (0_u128..2, 1_i64..40_000, 0_usize..6, -20_000_i64..20_000);
    prop::collection::vec(one, 1..50).prop_map(|ones| {
        let (mut at, mut seqs) = (0, [0, 0]);
        ones.into_iter()
            .map(|(lease, wait, state, ahead)| {
                at += wait;
                seqs[usize::from(lease == 1)] += 1;
                let states = [
                    BeatState::Playing,
                    BeatState::Playing,
                    BeatState::Playing,
                    BeatState::Paused,
                    BeatState::Left,
                    BeatState::Ended,
                ];
                let body = BeatBody {
                    seq: seqs[usize::from(lease == 1)],
                    state: states[state],
                    cause: BeatCause::Tick,
                    source: BeatSource::Live,
                    mode: BeatMode::Video,
                    from_ms: at + ahead - 15_000,
                    to_ms: at + ahead,
                    rate_milli: 1_000,
                    visible: true,
                    gesture: false,
                    client_ms: at,
                };
                BeatRow { lease_id: id(700 + lease), received_at: ZERO + at, body }
            })
            .collect()
    })
}

/// What the store gives of these beats, if the digest has the first `through` of the two leases.
fn past(rows: &[BeatRow], through: [i64; 2]) -> (PastEvidence, Vec<Beat>) {
    let leases = [0, 1].map(|lease| PastLease {
        id: id(700 + lease),
        issued_at: ZERO,
        through: through[usize::from(lease == 1)],
    });
    let leases = leases.into_iter().filter(|lease| rows.iter().any(|row| row.lease_id == lease.id)).collect();
    let beats = rows.iter().map(judged_beat).collect();
    (PastEvidence { user_id: id(1), leases, beats: rows.to_vec() }, beats)
}

proptest! {
    #[test]
    fn a_digest_and_what_came_after_it_is_what_all_of_it_gives(rows in any_rows(), cut in any::<prop::sample::Index>()) {
        let timeline = Timeline {
            zero_at: Some(yunke_domain::Utc::new(ZERO)), planned_ms: 3_600_000, length_ms: None, gaps: vec![], trims: vec![],
            ended_at: None, offers: vec![], forms: vec![], closed_at: None,
        };
        let bounds = Bounds::new(&Rule::default(), &timeline, &[]);
        let (before, after) = rows.split_at(cut.index(rows.len()) + 1);
        let (evidence, beats) = past(&rows, [0, 0]);
        let whole = Digest::judged(&evidence, &beats, &bounds);
        let (evidence, beats) = past(before, [0, 0]);
        let first = Digest::judged(&evidence, &beats, &bounds);
        let (row, _) = first.row(id(1), &bounds).expect("no beat is missing");
        let mut read = Digest::read(&row, &bounds).expect("by the same rule");
        prop_assert_eq!(&read, &first, "what is kept is what it was");
        let count = |lease| i64::try_from(before.iter().filter(|row| row.lease_id == id(lease)).count()).expect("few");
        let (news, beats) = past(after, [count(700), count(701)]);
        if read.continued(&news, &beats, &bounds) {
            prop_assert_eq!(read, whole);
        } else {
            prop_assert!(!first.person, "only who is no person yet has to be judged again");
        }
        // With a beat of it missing nobody goes on.
        let mut other = Digest::read(&row, &bounds).expect("read");
        let (news, beats) = past(after, [count(700) + 1, count(701) + 1]);
        prop_assert!(after.is_empty() || !other.continued(&news, &beats, &bounds));
    }
}
