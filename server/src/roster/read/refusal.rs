//! Why a file is not taken, as a code that pages put into a sentence.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refusal {
    /// Such as `file_password`.
    pub code: String,
    /// The row it is about, as the spreadsheet counts it.
    pub row: Option<u32>,
    /// The limit that was passed, or what was found.
    pub limit: Option<u64>,
}

impl Refusal {
    pub(super) fn new(code: &str) -> Self {
        Self { code: code.to_owned(), row: None, limit: None }
    }

    pub(super) fn in_row(code: &str, row: usize) -> Self {
        Self { row: Some(u32::try_from(row).unwrap_or(u32::MAX)), ..Self::new(code) }
    }

    pub(super) fn over(code: &str, limit: usize) -> Self {
        Self { limit: Some(limit as u64), ..Self::new(code) }
    }

    /// The file claims to be what it is not, or is damaged.
    pub fn damaged() -> Self {
        Self::new("file_broken")
    }

    pub(super) fn broken() -> Self {
        Self::damaged()
    }
}
