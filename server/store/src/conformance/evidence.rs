//! Cases of evidence.

use super::{
    NOW,
    beats::{beat, lease},
    id, planned, town,
};
use uuid::Uuid;

use crate::{
    ALIVE_LEASES, Item, LeaseDevice, LeasePurpose, LeaseRow, PastEvidence, PastLease, RoomDigest, RunClock,
    Store, StoreError,
};

/// A lease comes back as it was issued; one of nobody or of no lesson is refused.
pub async fn a_lease_is_kept_as_it_was_issued(store: &dyn Store) {
    let town = town(store).await;
    let lesson_id = planned(store, &town, 200).await;
    let lease = LeaseRow {
        id: id(300),
        item: Item::lesson(lesson_id),
        user_id: town.member_a,
        branch_id: Some(town.branch_a.id),
        purpose: LeasePurpose::Watch,
        device: LeaseDevice::Tablet,
        issued_at: NOW,
        expires_at: NOW + 1,
    };
    store.issue_lease(lease.clone()).await.expect("issued");
    assert_eq!(store.lease(lease.id).await.expect("asked"), Some(lease.clone()));
    assert_eq!(store.lease(id(301)).await.expect("asked"), None);
    let again = store.issue_lease(lease.clone()).await.expect_err("refused");
    assert!(matches!(again, StoreError::Duplicate), "{again}");
    let nowhere = LeaseRow { id: id(302), item: Item::lesson(id(999)), ..lease };
    let error = store.issue_lease(nowhere).await.expect_err("refused");
    assert!(matches!(error, StoreError::Dangling), "{error}");
}

/// Of one member and lesson so many leases are alive as there may be; the one heard of least lately makes room.
pub async fn leases_beyond_the_bound_are_superseded(store: &dyn Store) {
    let town = town(store).await;
    store.begin_run(id(900), NOW, RunClock::default()).await.expect("begun");
    let (one, other) = (planned(store, &town, 200).await, planned(store, &town, 201).await);
    let most = u128::try_from(ALIVE_LEASES).expect("few");
    for number in 0..most {
        lease(store, 300 + number, one, town.member_a, None).await;
    }
    lease(store, 400, other, town.member_a, None).await;
    lease(store, 401, one, town.member_b, None).await;
    // The first is still in use.
    store.append_beats(id(900), NOW, &[beat(id(300), 1, NOW + 900)]).await.expect("kept");
    let next = |number: u128, issued_at| LeaseRow {
        id: id(number),
        item: Item::lesson(one),
        user_id: town.member_a,
        branch_id: None,
        purpose: LeasePurpose::Watch,
        device: LeaseDevice::Desktop,
        issued_at,
        expires_at: NOW + 7_200_000,
    };
    let preview = LeaseRow { purpose: LeasePurpose::Preview, ..next(500, NOW + 950) };
    assert!(store.issue_lease(preview).await.expect("issued").is_empty());
    assert_eq!(store.issue_lease(next(501, NOW + 1_000)).await.expect("issued"), [id(301)]);
    assert_eq!(store.issue_lease(next(502, NOW + 1_001)).await.expect("issued"), [id(302)]);
    for (number, superseded) in
        [(300, false), (301, true), (302, true), (303, false), (400, false), (401, false)]
    {
        assert_eq!(store.lease_is_superseded(id(number)).await.expect("asked"), superseded, "{number}");
    }
    // What is over takes no place.
    assert!(store.issue_lease(next(503, NOW + 3_700_000)).await.expect("issued").is_empty());
    let kept = store.member_evidence(one, &[town.member_a]).await.expect("read").remove(0);
    assert_eq!(kept.leases.len(), 8 + 3, "what was superseded stays evidence");
}

/// Leases of who is signed out everywhere or disabled are revoked, no others, until they are over; they stay evidence.
pub async fn leases_of_who_is_out_are_revoked(store: &dyn Store) {
    let town = town(store).await;
    let lesson_id = planned(store, &town, 200).await;
    for (number, member) in [(300, town.member_a), (301, town.member_a), (302, town.member_b)] {
        lease(store, number, lesson_id, member, None).await;
    }
    let revoked = async |now| {
        let mut revoked = store.revoked_leases(now, 10).await.expect("read");
        revoked.sort_unstable();
        revoked
    };
    assert!(revoked(NOW).await.is_empty());
    store.close_sessions(town.member_a, NOW + 10).await.expect("closed");
    assert_eq!(revoked(NOW + 10).await, [id(300), id(301)]);
    lease(store, 303, lesson_id, town.member_a, None).await;
    assert_eq!(revoked(NOW + 10).await, [id(300), id(301)], "what they opened since is theirs");
    store.set_disabled(town.member_b, true, town.organizer, NOW + 20).await.expect("disabled");
    assert_eq!(revoked(NOW + 20).await, [id(300), id(301), id(302)]);
    assert_eq!(store.revoked_leases(NOW + 20, 1).await.expect("read"), [id(302)], "the newest");
    let over = store.lease(id(300)).await.expect("asked").expect("kept").expires_at;
    assert!(revoked(over).await.is_empty());
    store.sweep_sessions(over).await.expect("swept");
    assert!(revoked(NOW + 20).await.is_empty());
    let kept = store.member_evidence(lesson_id, &[town.member_a]).await.expect("read").remove(0);
    assert_eq!(kept.leases.len(), 3);
}

/// What is read in bulk is what is read member by member, in pages of any size.
pub async fn evidence_in_bulk_is_the_same(store: &dyn Store) {
    let (lesson_id, users) = three_who_watched(store).await;
    let mut single = store.member_evidence(lesson_id, &users).await.expect("read");
    single.retain(|one| !one.beats.is_empty());
    for page in [1, 2, 3, 100] {
        let mut all = in_bulk(store, lesson_id, page).await;
        assert_eq!(all.len(), single.len(), "{page} leases a page");
        for (bulk, one) in all.iter_mut().zip(&single) {
            let mut beats = one.beats.clone();
            beats.sort_by_key(|beat| (beat.lease_id, beat.body.seq));
            bulk.beats.sort_by_key(|beat| (beat.lease_id, beat.body.seq));
            assert_eq!(bulk.user_id, one.user_id);
            let leases: Vec<_> = one
                .leases
                .iter()
                .map(|l| PastLease { id: l.id, issued_at: l.issued_at, through: 0 })
                .collect();
            assert_eq!(bulk.leases, leases);
            assert_eq!(bulk.beats, beats);
        }
    }
}

/// What a room kept comes back, and in bulk only what came after it.
pub async fn a_digest_stands_for_the_beats_in_it(store: &dyn Store) {
    let (lesson_id, [_, a, b]) = three_who_watched(store).await;
    let digest = |user_id, body: &str| RoomDigest { user_id, basis: -7, body: body.to_owned() };
    store
        .keep_room_digests(
            lesson_id,
            &[digest(a, "a"), digest(b, "b")],
            &[(id(300), 5), (id(301), 3), (id(302), 5)],
        )
        .await
        .expect("kept");
    let news = in_bulk(store, lesson_id, 1).await;
    assert_eq!(news.len(), 1, "of b nothing is new");
    assert_eq!(news[0].user_id, a);
    assert_eq!(news[0].leases, [PastLease { id: id(301), issued_at: NOW + 301, through: 3 }]);
    let mut seqs: Vec<_> = news[0].beats.iter().map(|beat| (beat.lease_id, beat.body.seq)).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, [(id(301), 4), (id(301), 5)]);
    // Ids ascend with their numbers: the organizer, a, b.
    let read = |after, up_to, limit| store.room_digests(lesson_id, after, up_to, limit);
    assert_eq!(read(None, None, 10).await.expect("read"), [digest(a, "a"), digest(b, "b")]);
    assert_eq!(read(None, None, 1).await.expect("read"), [digest(a, "a")]);
    assert_eq!(read(Some(a), None, 10).await.expect("read"), [digest(b, "b")]);
    assert_eq!(read(None, Some(a), 10).await.expect("read"), [digest(a, "a")]);
    store
        .keep_room_digests(lesson_id, &[digest(a, "newer")], &[(id(300), 5), (id(301), 5)])
        .await
        .expect("kept");
    assert_eq!(read(None, Some(a), 10).await.expect("read"), [digest(a, "newer")]);
    assert!(in_bulk(store, lesson_id, 10).await.is_empty());
    // One that knows fewer leases comes last: what was only in the newer one is news again.
    store.keep_room_digests(lesson_id, &[digest(a, "older")], &[(id(300), 5)]).await.expect("kept");
    let news = in_bulk(store, lesson_id, 10).await;
    assert_eq!(news[0].leases, [PastLease { id: id(301), issued_at: NOW + 301, through: 0 }]);
    store.drop_room_digests(lesson_id, &[a]).await.expect("dropped");
    assert_eq!(read(None, None, 10).await.expect("read"), [digest(b, "b")]);
    let news = in_bulk(store, lesson_id, 10).await;
    assert_eq!(news.iter().map(|one| (one.user_id, one.beats.len())).collect::<Vec<_>>(), [(a, 10)]);
}

/// The organizer, who opened the lesson and played nothing, and two who played; five beats a lease.
async fn three_who_watched(store: &dyn Store) -> (Uuid, [Uuid; 3]) {
    let town = town(store).await;
    store.begin_run(id(900), NOW, RunClock::default()).await.expect("begun");
    let lesson_id = planned(store, &town, 200).await;
    for (number, user) in
        [(300, town.member_a), (301, town.member_a), (302, town.member_b), (303, town.organizer)]
    {
        let lease = lease(store, number, lesson_id, user, None).await;
        let beats: Vec<_> = (1..=5).map(|seq| beat(lease, seq, NOW + seq)).collect();
        if number != 303 {
            store.append_beats(id(900), NOW, &beats).await.expect("kept");
        }
    }
    (lesson_id, [town.organizer, town.member_a, town.member_b])
}

async fn in_bulk(store: &dyn Store, lesson_id: Uuid, leases: i64) -> Vec<PastEvidence> {
    let mut all: Vec<PastEvidence> = Vec::new();
    loop {
        let after = all.last().map(|member| member.user_id);
        let some = store.past_evidence(lesson_id, after, leases).await.expect("read");
        if some.is_empty() {
            return all;
        }
        all.extend(some);
    }
}
