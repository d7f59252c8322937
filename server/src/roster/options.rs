//! How somebody wants a file to be read. Nothing said: it is found out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{columns::Field, read::Encoding};

/// How a file is to be read; what is missing is found out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportOptions {
    /// Of a CSV file.
    pub encoding: Option<Encoding>,
    /// Of a workbook.
    #[schema(max_length = 100)]
    pub sheet: Option<String>,
    /// The row of the headings, as the spreadsheet counts it.
    pub header_row: Option<u32>,
    /// What each column means, from the first on; null: nothing.
    #[schema(max_items = 100)]
    pub columns: Option<Vec<Option<Field>>>,
}
