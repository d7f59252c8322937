//! Cases of evidence.

use super::{
    NOW,
    beats::{beat, lease},
    id, planned, town,
};
use crate::{ALIVE_LEASES, LeaseDevice, LeasePurpose, LeaseRow, RunClock, Store, StoreError};

/// A lease comes back as it was issued; one of nobody or of no lesson is refused.
pub async fn a_lease_is_kept_as_it_was_issued(store: &dyn Store) {
    let town = town(store).await;
    let lesson_id = planned(store, &town, 200).await;
    let lease = LeaseRow {
        id: id(300),
        lesson_id,
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
    let nowhere = LeaseRow { id: id(302), lesson_id: id(999), ..lease };
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
        lesson_id: one,
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

/// What is read in bulk is what is read member by member, in pages of any size.
pub async fn evidence_in_bulk_is_the_same(store: &dyn Store) {
    let town = town(store).await;
    store.begin_run(id(900), NOW, RunClock::default()).await.expect("begun");
    let lesson_id = planned(store, &town, 200).await;
    for (number, user) in
        [(300, town.member_a), (301, town.member_a), (302, town.member_b), (303, town.organizer)]
    {
        let lease = lease(store, number, lesson_id, user, None).await;
        let beats: Vec<_> = (1..=5).map(|seq| beat(lease, seq, NOW + seq)).collect();
        // Of the last one nothing was heard.
        if number != 303 {
            store.append_beats(id(900), NOW, &beats).await.expect("kept");
        }
    }
    let users = [town.organizer, town.member_a, town.member_b];
    let single = store.member_evidence(lesson_id, &users).await.expect("read");
    for page in [1, 2, 3, 100] {
        let mut all = Vec::new();
        loop {
            let after = all.last().map(|member: &crate::PastEvidence| member.user_id);
            let some = store.past_evidence(lesson_id, after, page).await.expect("read");
            if some.is_empty() {
                break;
            }
            all.extend(some);
        }
        assert_eq!(all.len(), single.len(), "{page} leases a page");
        for (bulk, one) in all.iter_mut().zip(&single) {
            let mut beats = one.beats.clone();
            beats.sort_by_key(|beat| (beat.lease_id, beat.body.seq));
            bulk.beats.sort_by_key(|beat| (beat.lease_id, beat.body.seq));
            assert_eq!(bulk.user_id, one.user_id);
            assert_eq!(bulk.leases, one.leases.iter().map(|l| (l.id, l.issued_at)).collect::<Vec<_>>());
            assert_eq!(bulk.beats, beats);
        }
    }
}
