//! Who says a number again in other words is refused each time, and cannot fill the disk with it.

use sqlx::{Connection as _, SqliteConnection};
use yunke_store::{
    Appended, BeatBody, BeatCause, BeatMode, BeatRow, BeatSource, BeatState, EvidenceStore as _, Item,
    LeaseDevice, LeasePurpose, LeaseRow, OperationStore as _, RunClock,
    conformance::{NOW, id, planned, town},
};
use yunke_store_sqlite::SqliteStore;

#[tokio::test]
async fn the_first_hundred_conflicts_of_a_lease_are_kept() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let file = home.path().join("yunke.db");
    let store = SqliteStore::open(&file).await.expect("opened");
    let town = town(&store).await;
    let lesson_id = planned(&store, &town, 200).await;
    store.begin_run(id(900), NOW, RunClock::default()).await.expect("begun");
    let lease = LeaseRow {
        id: id(300),
        item: Item::lesson(lesson_id),
        user_id: town.member_a,
        branch_id: None,
        purpose: LeasePurpose::Watch,
        device: LeaseDevice::Phone,
        issued_at: NOW,
        expires_at: NOW + 3_600_000,
    };
    store.issue_lease(lease).await.expect("issued");
    let beat = |to_ms| BeatRow {
        lease_id: id(300),
        received_at: NOW,
        body: BeatBody {
            seq: 1,
            state: BeatState::Playing,
            cause: BeatCause::Tick,
            source: BeatSource::Live,
            mode: BeatMode::Audio,
            from_ms: 0,
            to_ms,
            rate_milli: 1_000,
            visible: true,
            gesture: false,
            client_ms: 7,
        },
    };
    let many: Vec<_> = (0..=250).map(|n| beat(15_000 + n)).collect();
    for some in many.chunks(64) {
        let outcomes = store.append_beats(id(900), NOW, some).await.expect("kept");
        let conflicts = outcomes.iter().filter(|outcome| **outcome == Appended::Conflict).count();
        assert_eq!(conflicts, some.len() - usize::from(some[0] == many[0]));
    }
    let url = format!("sqlite://{}", file.display());
    let mut on = SqliteConnection::connect(&url).await.expect("opened");
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM beat_conflicts").fetch_one(&mut on).await.expect("read");
    assert_eq!(kept, 100);
}
