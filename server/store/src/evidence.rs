//! Evidence: leases and beats. Only ever appended to; nothing here is updated or removed.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{StoreResult, UtcMillis, text_enum};

text_enum! {
    /// What a lease is for.
    LeasePurpose {
        /// A member follows the lesson; beats count.
        Watch = "watch",
        /// Staff look at the incoming picture; nothing counts.
        Preview = "preview",
    }
}

text_enum! {
    /// What plays; self-reported, shown, never used to decide.
    LeaseDevice {
        /// A phone.
        Phone = "phone",
        /// A tablet.
        Tablet = "tablet",
        /// A desk or portable PC.
        Desktop = "desktop",
    }
}

/// A lease as it was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseRow {
    /// Names the evidence.
    pub id: Uuid,
    /// The lesson it opens.
    pub lesson_id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// The viewer's branch when it was issued.
    pub branch_id: Option<Uuid>,
    /// What it is for.
    pub purpose: LeasePurpose,
    /// What plays.
    pub device: LeaseDevice,
    /// When it was issued.
    pub issued_at: UtcMillis,
    /// When it ends.
    pub expires_at: UtcMillis,
}

/// Use cases of evidence.
#[async_trait]
pub trait EvidenceStore: Send + Sync {
    /// Keeps a lease before its token is given out.
    async fn issue_lease(&self, lease: LeaseRow) -> StoreResult<()>;

    /// One lease.
    async fn lease(&self, id: Uuid) -> StoreResult<Option<LeaseRow>>;
}
