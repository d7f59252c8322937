//! What somebody asks for.

use uuid::Uuid;

use crate::roster::options::ImportOptions;

/// Which import, and for whom.
#[derive(Debug, Clone)]
pub struct Request {
    /// The import.
    pub id: Uuid,
    /// Who works on it.
    pub actor_id: Uuid,
    /// Their part of the tree.
    pub within: Vec<String>,
    /// How the file is to be read.
    pub options: ImportOptions,
}

/// What is to be written.
#[derive(Debug, Clone)]
pub struct Confirmed {
    /// Identifies the preview that was shown.
    pub fingerprint: String,
    /// Who leaves, of those who were proposed.
    pub leavers: Leavers,
}

/// Who leaves.
#[derive(Debug, Clone)]
pub enum Leavers {
    /// All who were proposed.
    All,
    /// These, if they were proposed.
    These(Vec<Uuid>),
}

impl Leavers {
    pub(super) fn has(&self, id: Uuid) -> bool {
        match self {
            Self::All => true,
            Self::These(ids) => ids.contains(&id),
        }
    }
}
