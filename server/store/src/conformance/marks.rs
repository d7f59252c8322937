//! Cases of the marks by which is seen that evidence was added.

use super::{NOW, Town, beats, id, lessons::go, planned, town};
use crate::{
    EvidenceMark, Heard, Interval, LeaseDelivery, LessonPhase, MediaReport, PhaseOutcome, ReplayChange,
    RunClock, Store, Trim,
};

async fn marks(store: &dyn Store, town: &Town) -> Vec<EvidenceMark> {
    store.evidence_marks(town.member_a).await.expect("read")
}

/// Whatever a member's credit is computed from changes the mark of its lesson, and what it is not, none.
pub async fn whatever_is_added_changes_the_mark(store: &dyn Store) {
    let town = town(store).await;
    store.begin_run(id(900), NOW, RunClock::default()).await.expect("begun");
    let (lesson, other) = (planned(store, &town, 200).await, planned(store, &town, 201).await);
    assert!(marks(store, &town).await.is_empty());
    let first = beats::lease(store, 300, lesson, town.member_a, None).await;
    let mut before = marks(store, &town).await;
    assert_eq!((before.len(), before[0].item.id, before[0].leases, before[0].beats), (1, lesson, 1, 0));
    assert_eq!((before[0].first_at, before[0].last_at), (NOW + 300, None));
    let report = |gaps: Vec<Interval>, length_ms| MediaReport {
        lesson_id: lesson,
        zero_at: Some(NOW),
        edge_ms: 0,
        gaps,
        length_ms,
        replay_ready: false,
    };
    let tell = async |version, report| {
        store.store_media("local", id(1), version, &[report], NOW).await.expect("told");
    };
    let send = async |beat| {
        store.append_beats(id(900), NOW, &[beat]).await.expect("kept");
    };
    let deliver = async |from_ms, to_ms| {
        let stretches = vec![Interval { from: from_ms, to: to_ms }];
        let one = LeaseDelivery { item_id: lesson, lease_id: first, stretches, behind_edge: false };
        store.keep_deliveries(&[one], &[]).await.expect("kept");
    };
    let hear = async |to| {
        let heard = Heard { lesson_id: Some(lesson), boot: id(1), from_at: NOW, to_at: NOW + to };
        store.keep_deliveries(&[], &[heard]).await.expect("kept");
    };
    let gap = |to| vec![Interval { from: 10, to }];
    for step in 0..13 {
        match step {
            0 => drop(beats::lease(store, 301, lesson, town.member_a, None).await),
            1 => send(beats::beat(first, 2, NOW + 9)).await,
            // A beat that came late, and is none of the latest.
            2 => send(beats::beat(first, 1, NOW + 3)).await,
            3 => assert_eq!(go(store, lesson, LessonPhase::Live, NOW).await, PhaseOutcome::Done),
            4 => tell(1, report(gap(20), None)).await,
            5 => tell(2, report(gap(30), None)).await,
            6 => deliver(0, 1_000).await,
            7 => deliver(3_000, 4_000).await,
            8 => deliver(500, 3_500).await,
            9 => hear(0).await,
            10 => hear(1_000).await,
            11 => {
                let trim = Some(Trim { in_ms: 1, out_ms: None });
                let change =
                    ReplayChange { lesson_id: lesson, trim, hidden: None, actor_id: town.lecturer, at: NOW };
                store.edit_replay(change).await.expect("trimmed");
            }
            _ => assert_eq!(go(store, lesson, LessonPhase::Ended, NOW + 60_000).await, PhaseOutcome::Done),
        }
        let after = marks(store, &town).await;
        assert_ne!(before, after, "step {step}");
        before = after;
    }
    tell(3, report(gap(30), Some(60_000))).await;
    let ended = marks(store, &town).await;
    assert_ne!(before, ended);
    // The same again, another member's, and a member's other lesson.
    store.append_beats(id(900), NOW, &[beats::beat(first, 1, NOW + 99)]).await.expect("known");
    deliver(0, 4_000).await;
    hear(500).await;
    beats::lease(store, 302, lesson, town.member_b, None).await;
    assert_eq!(marks(store, &town).await, ended);
    beats::lease(store, 303, other, town.member_a, None).await;
    let both = marks(store, &town).await;
    assert_eq!((both.len(), &both[0]), (2, &ended[0]));
}
