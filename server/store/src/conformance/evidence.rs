//! Cases of evidence.

use super::{NOW, id, planned, town};
use crate::{LeaseDevice, LeasePurpose, LeaseRow, Store, StoreError};

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
