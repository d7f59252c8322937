//! Cases of what media nodes delivered.

use uuid::Uuid;

use super::{NOW, beats::lease, id, lessons::go, planned, town};
use crate::{
    DELIVERY_MEMORY_MS, Heard, Interval, LeaseDelivery, LeasePurpose, LeaseRow, LessonPhase, MemberEvidence,
    Store,
};

fn stretch(from_ms: i64, to_ms: i64) -> Interval {
    Interval { from: from_ms, to: to_ms }
}

fn delivery(item_id: Uuid, lease_id: Uuid, stretches: &[(i64, i64)]) -> LeaseDelivery {
    let stretches = stretches.iter().map(|&(from, to)| stretch(from, to)).collect();
    LeaseDelivery { item_id, lease_id, stretches, behind_edge: false }
}

async fn evidence(store: &dyn Store, lesson: Uuid, user: Uuid) -> MemberEvidence {
    store.member_evidence(lesson, &[user]).await.expect("read").remove(0)
}

/// Snapshots overlap, come twice and late; what is no stretch, of no lease, of another lesson or to preview is nothing.
pub async fn deliveries_are_a_union_in_any_order(store: &dyn Store) {
    let town = town(store).await;
    let (lesson, other) = (planned(store, &town, 200).await, planned(store, &town, 201).await);
    let mine = lease(store, 300, lesson, town.member_a, None).await;
    let second = lease(store, 301, lesson, town.member_a, None).await;
    let elsewhere = lease(store, 302, other, town.member_a, None).await;
    let row = store.lease(mine).await.expect("read").expect("there");
    let preview = LeaseRow { id: id(303), purpose: LeasePurpose::Preview, ..row };
    store.issue_lease(preview).await.expect("issued");
    let all = [
        delivery(lesson, mine, &[(0, 2_000), (6_000, 8_000), (-5, 10), (9, 9), (8, 2)]),
        delivery(lesson, mine, &[(2_000, 4_000), (7_000, 9_000)]),
        delivery(lesson, second, &[(1_000, 3_000)]),
        delivery(lesson, id(999), &[(0, 1)]),
        delivery(lesson, elsewhere, &[(0, 1)]),
        delivery(lesson, id(303), &[(0, 1)]),
        delivery(id(998), mine, &[(20_000, 30_000)]),
        delivery(other, mine, &[(0, 60_000)]),
    ];
    for one in all.iter().rev() {
        store.keep_deliveries(std::slice::from_ref(one), &[]).await.expect("kept");
    }
    let kept = [(mine, stretch(0, 4_000)), (mine, stretch(6_000, 9_000)), (second, stretch(1_000, 3_000))];
    assert_eq!(evidence(store, lesson, town.member_a).await.delivered, kept);
    store.keep_deliveries(&all, &[]).await.expect("kept");
    assert_eq!(evidence(store, lesson, town.member_a).await.delivered, kept);
    assert!(evidence(store, other, town.member_a).await.delivered.is_empty());
    store.keep_deliveries(&[delivery(lesson, mine, &[(3_000, 7_000)])], &[]).await.expect("kept");
    assert_eq!(evidence(store, lesson, town.member_a).await.delivered[0], (mine, stretch(0, 9_000)));
}

/// A node of one boot goes on being heard of over a silence its memory spans, not over a longer one, and not over a restart.
pub async fn a_node_that_was_silent_too_long_is_heard_anew(store: &dyn Store) {
    let town = town(store).await;
    let (lesson, other) = (planned(store, &town, 200).await, planned(store, &town, 201).await);
    for of in [lesson, other] {
        lease(store, if of == lesson { 300 } else { 301 }, of, town.member_a, None).await;
    }
    let hear = async |boot: u128, from: i64, to: i64| {
        let heard = Heard { lesson_id: Some(lesson), boot: id(boot), from_at: NOW + from, to_at: NOW + to };
        store.keep_deliveries(&[], &[heard]).await.expect("kept");
    };
    hear(1, 0, 0).await;
    hear(1, 0, 10_000).await;
    hear(1, 0, 5_000).await;
    let end = 10_000 + DELIVERY_MEMORY_MS;
    hear(1, end, end + 1).await;
    let later = end + 2 + DELIVERY_MEMORY_MS;
    hear(1, later, later).await;
    hear(2, later + 1, later + 2).await;
    let nowhere = Heard { lesson_id: Some(id(999)), boot: id(1), from_at: NOW, to_at: NOW };
    store.keep_deliveries(&[], &[nowhere]).await.expect("passed over");
    let spans = [(0, end + 1), (later, later), (later + 1, later + 2)];
    let heard: Vec<_> = spans.iter().map(|&(from, to)| (NOW + from, NOW + to)).collect();
    assert_eq!(evidence(store, lesson, town.member_a).await.heard, heard);
    assert!(evidence(store, other, town.member_a).await.heard.is_empty());
    // What is heard of all replays speaks for a lesson that is over, from when it was.
    let replays = |boot: u128, from: i64, to: i64| Heard {
        lesson_id: None,
        boot: id(boot),
        from_at: NOW + from,
        to_at: NOW + to,
    };
    store
        .keep_deliveries(&[], &[replays(1, 0, 5), replays(2, 10, 20), replays(2, 10, 30)])
        .await
        .expect("kept");
    assert!(evidence(store, other, town.member_a).await.heard.is_empty());
    go(store, other, LessonPhase::Live, NOW).await;
    go(store, other, LessonPhase::Ended, NOW + 15).await;
    assert_eq!(evidence(store, other, town.member_a).await.heard, [(NOW + 15, NOW + 30)]);
}
