//! What the reader is asked for.

use super::Encoding;

/// What the reader is asked for besides the file.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Of a CSV file; none: found out.
    pub encoding: Option<Encoding>,
    /// Of a workbook; none: the first that is shown.
    pub sheet: Option<String>,
}
