//! Cases of beats and of what is asked about them.

use uuid::Uuid;

use super::{NOW, Town, id, planned, town};
use crate::{
    Appended, BeatBody, BeatCause, BeatMode, BeatRow, BeatSource, BeatState, Item, LeaseDevice, LeasePurpose,
    LeaseRow, Page, RunClock, Store,
};

pub(super) fn beat(lease_id: Uuid, seq: i64, received_at: i64) -> BeatRow {
    let body = BeatBody {
        seq,
        state: BeatState::Playing,
        cause: BeatCause::Tick,
        source: BeatSource::Live,
        mode: BeatMode::Audio,
        from_ms: 0,
        to_ms: 15_000,
        rate_milli: 1_000,
        visible: true,
        gesture: false,
        client_ms: 7,
    };
    BeatRow { lease_id, received_at, body }
}

pub(super) async fn lease(
    store: &dyn Store,
    number: u128,
    lesson: Uuid,
    user: Uuid,
    branch: Option<Uuid>,
) -> Uuid {
    let lease = LeaseRow {
        id: id(number),
        item: Item::lesson(lesson),
        user_id: user,
        branch_id: branch,
        purpose: LeasePurpose::Watch,
        device: LeaseDevice::Phone,
        issued_at: NOW + i64::try_from(number).expect("small"),
        expires_at: NOW + 3_600_000,
    };
    store.issue_lease(lease).await.expect("issued");
    id(number)
}

async fn start(store: &dyn Store) -> (Town, Uuid) {
    let town = town(store).await;
    store.begin_run(id(900), NOW, RunClock::default()).await.expect("begun");
    let lesson = planned(store, &town, 200).await;
    (town, lesson)
}

/// The same beat again is known, the same number with other words is a conflict; the first stays. Two of
/// one number within a batch are no different.
pub async fn a_beat_is_kept_once_and_never_changed(store: &dyn Store) {
    let (town, lesson) = start(store).await;
    let lease = lease(store, 300, lesson, town.member_a, Some(town.branch_a.id)).await;
    let first = beat(lease, 1, NOW);
    let later = BeatRow { received_at: NOW + 5, ..first };
    let mut other = first;
    other.body.to_ms += 1;
    let outcomes = store.append_beats(id(900), NOW, &[first, later, other]).await.expect("kept");
    assert_eq!(outcomes, [Appended::New, Appended::Known, Appended::Conflict]);
    let again = store.append_beats(id(900), NOW, &[other, later]).await.expect("kept");
    assert_eq!(again, [Appended::Conflict, Appended::Known]);
    let evidence = store.member_evidence(lesson, &[town.member_a]).await.expect("read");
    assert_eq!(evidence[0].beats, [first], "the first receipt and the first words stay");
}

/// A batch with one beat that cannot be kept keeps none.
pub async fn a_batch_is_kept_whole_or_not_at_all(store: &dyn Store) {
    let (town, lesson) = start(store).await;
    let lease = lease(store, 300, lesson, town.member_a, None).await;
    let nobody = beat(id(999), 1, NOW);
    store.append_beats(id(900), NOW, &[beat(lease, 1, NOW), nobody]).await.expect_err("no such lease");
    let evidence = store.member_evidence(lesson, &[town.member_a]).await.expect("read");
    assert!(evidence[0].beats.is_empty());
}

/// The sign of life goes with the beats: no time a beat was kept in can later count as an outage.
pub async fn a_commit_of_beats_is_a_sign_of_life(store: &dyn Store) {
    let (town, lesson) = start(store).await;
    let lease = lease(store, 300, lesson, town.member_a, None).await;
    store.append_beats(id(900), NOW + 777, &[beat(lease, 1, NOW + 700)]).await.expect("kept");
    let runs = store.runs(NOW, NOW + 1).await.expect("read");
    assert_eq!(runs.first().map(|run| run.last_alive_at), Some(NOW + 777));
}

/// An organizer sees who belonged to their part of the tree when they first opened the lesson.
pub async fn attendees_keep_to_the_scope(store: &dyn Store) {
    let (town, lesson) = start(store).await;
    lease(store, 300, lesson, town.member_a, Some(town.branch_a.id)).await;
    // Moved to the other branch in the middle of the lesson: still counts for the first.
    lease(store, 301, lesson, town.member_a, Some(town.branch_b.id)).await;
    lease(store, 302, lesson, town.member_b, Some(town.branch_b.id)).await;
    lease(store, 303, lesson, town.lecturer, None).await;
    let within = async |paths: Option<&[String]>| -> Vec<Uuid> {
        let found = store.attendees(lesson, paths).await.expect("read");
        found.into_iter().map(|attendee| attendee.user_id).collect()
    };
    assert_eq!(within(None).await, [town.lecturer, town.member_a, town.member_b], "by branch, then name");
    let a = [town.station_a.path.clone()];
    assert_eq!(within(Some(&a)).await, [town.lecturer, town.member_a], "no branch: the lesson's own unit");
    let b = [town.branch_b.path.clone()];
    assert_eq!(within(Some(&b)).await, [town.member_b]);
    assert!(within(Some(&[])).await.is_empty());
}

/// Evidence comes in the order asked for; leases to preview are no evidence.
pub async fn evidence_is_of_leases_to_watch(store: &dyn Store) {
    let (town, lesson) = start(store).await;
    let watch = lease(store, 300, lesson, town.member_b, Some(town.branch_b.id)).await;
    let preview = LeaseRow {
        id: id(301),
        purpose: LeasePurpose::Preview,
        ..store.lease(watch).await.expect("read").expect("there")
    };
    store.issue_lease(preview).await.expect("issued");
    let other = lease(store, 302, lesson, town.member_a, None).await;
    let beats = [beat(watch, 1, NOW), beat(other, 1, NOW), beat(other, 2, NOW + 1)];
    store.append_beats(id(900), NOW, &beats).await.expect("kept");
    let users = [town.member_b, town.organizer, town.member_a];
    let found = store.member_evidence(lesson, &users).await.expect("read");
    assert_eq!(found.iter().map(|one| one.user_id).collect::<Vec<_>>(), [town.member_b, town.member_a]);
    assert_eq!((found[0].leases.len(), found[0].beats.len(), found[1].beats.len()), (1, 1, 2));
    assert_eq!(found[0].branch.as_ref().map(|unit| unit.id), Some(town.branch_b.id));
}

/// Other lessons of the same member in the same time are found, and what the member ever opened.
pub async fn a_members_other_lessons_are_found(store: &dyn Store) {
    let (town, first) = start(store).await;
    let second = planned(store, &town, 201).await;
    let here = lease(store, 300, first, town.member_a, None).await;
    let there = lease(store, 301, second, town.member_a, None).await;
    let beats = [beat(here, 1, NOW + 1_000), beat(there, 1, NOW + 2_000)];
    store.append_beats(id(900), NOW, &beats).await.expect("kept");
    let rivals = async |from, until| {
        store.rival_items(town.member_a, first, NOW + from, NOW + until).await.expect("read")
    };
    assert_eq!(rivals(0, 5_000).await, [Item::lesson(second)]);
    assert_eq!(rivals(2_000, 2_000).await, [Item::lesson(second)]);
    assert!(rivals(0, 1_999).await.is_empty());
    let page = |limit| Page { offset: 0, limit };
    let mine = store.lessons_of_member(town.member_a, 0, i64::MAX, page(10)).await.expect("read");
    assert_eq!(mine.len(), 2);
    let none = store.lessons_of_member(town.member_a, 0, NOW, page(10)).await.expect("read");
    assert!(none.is_empty());
    let nobody = store.lessons_of_member(town.member_b, 0, i64::MAX, page(10)).await.expect("read");
    assert!(nobody.is_empty());
}
