//! How long the deliveries of a large audience hold the one writer.

use std::time::{Duration, Instant};

use uuid::Uuid;
use yunke_store::{
    EvidenceStore as _, Heard, Interval, Item, LeaseDelivery, LeaseDevice, LeasePurpose, LeaseRow,
    conformance::{NOW, id, planned, town},
};
use yunke_store_sqlite::SqliteStore;

#[tokio::test]
async fn two_thousand_leases_are_kept_in_little_time() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let store = SqliteStore::open(&home.path().join("yunke.db")).await.expect("opened");
    let town = town(&store).await;
    let lesson_id = planned(&store, &town, 200).await;
    let leases: Vec<Uuid> = (0..2_000).map(|n| id(10_000 + n)).collect();
    for lease_id in &leases {
        let lease = LeaseRow {
            id: *lease_id,
            item: Item::lesson(lesson_id),
            user_id: town.member_a,
            branch_id: None,
            purpose: LeasePurpose::Watch,
            device: LeaseDevice::Phone,
            issued_at: NOW,
            expires_at: NOW + 1,
        };
        store.issue_lease(lease).await.expect("issued");
    }
    let (mut worst, began) = (Duration::ZERO, Instant::now());
    for round in 0..6 {
        let stretches = vec![Interval { from: (round * 10_000 - 50_000).max(0), to: (round + 1) * 10_000 }];
        let delivery = |lease_id: &Uuid| LeaseDelivery {
            item_id: lesson_id,
            lease_id: *lease_id,
            stretches: stretches.clone(),
            behind_edge: false,
        };
        let all: Vec<_> = leases.iter().map(delivery).collect();
        for some in all.chunks(256) {
            let one = Instant::now();
            store.keep_deliveries(some, &[]).await.expect("kept");
            worst = worst.max(one.elapsed());
        }
        let heard = Heard { lesson_id: Some(lesson_id), boot: id(1), from_at: NOW, to_at: NOW + round };
        store.keep_deliveries(&[], &[heard]).await.expect("kept");
    }
    println!("2000 leases: {:?} a round, at most {worst:?} a transaction", began.elapsed() / 6);
    assert!(worst < Duration::from_secs(5), "{worst:?}");
    let kept = store.member_evidence(lesson_id, &[town.member_a]).await.expect("read").remove(0).delivered;
    let whole = Interval { from: 0, to: 60_000 };
    assert!(kept.len() == 2_000 && kept.iter().all(|(_, stretch)| *stretch == whole));
}
