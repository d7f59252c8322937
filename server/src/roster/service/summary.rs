//! What was found in a file, as it is kept and shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yunke_store::{StoreError, StoreResult};

use crate::roster::{
    columns::{Columns, Field},
    lines::LineCounts,
    read::{Encoding, Refusal, Table},
    rows::FileRow,
};

/// Rows that are shown beside the columns.
const SAMPLES: usize = 5;

/// What has to be said of a file besides its rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportNotes {
    /// Rows that are hidden in the file: they are read, too.
    pub hidden_rows: usize,
    /// Cells with a formula: the result that was kept last is read.
    pub formulas: usize,
    /// There are more columns than are read.
    pub columns_left_out: bool,
}

/// What was found in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ImportSummary {
    /// Why the file is not taken.
    pub refusal: Option<Refusal>,
    /// The row of the headings, as the spreadsheet counts it; 0: none.
    pub header_row: u32,
    /// The headings.
    pub headings: Vec<String>,
    /// What each column means; null: nothing.
    pub fields: Vec<Option<Field>>,
    /// The first rows below them.
    pub samples: Vec<Vec<String>>,
    /// The encoding a CSV file was read with.
    pub encoding: Option<Encoding>,
    /// The sheets of a workbook.
    pub sheets: Vec<String>,
    /// The one that was read.
    pub sheet: Option<String>,
    /// Rows with something in them.
    pub rows: usize,
    /// What has to be said besides.
    pub notes: ImportNotes,
    /// How many lines do what.
    pub counts: LineCounts,
    /// People or units were changed since it was shown: this is what it would do now.
    pub changed: bool,
    /// The part of the tree it was compared with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(ignore)]
    pub within: Vec<String>,
    /// How many who were proposed did leave, once it is applied.
    pub left: usize,
}

impl ImportSummary {
    pub(super) fn refused(refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..Self::default() }
    }

    pub(super) fn of(table: &Table, columns: &Columns, rows: &[FileRow]) -> Self {
        let below = table.rows.iter().filter(|row| row.number > columns.header_row).take(SAMPLES);
        let texts =
            |cells: &[crate::roster::read::Cell]| cells.iter().map(|cell| cell.text.clone()).collect();
        Self {
            header_row: columns.header_row,
            headings: columns.headings.clone(),
            fields: columns.fields.clone(),
            samples: below.map(|row| texts(&row.cells)).collect(),
            encoding: table.encoding,
            sheets: table.sheets.clone(),
            sheet: table.sheet.clone(),
            rows: rows.len(),
            notes: ImportNotes {
                hidden_rows: rows.iter().filter(|row| row.hidden).count(),
                formulas: table.formulas,
                columns_left_out: table.columns_left_out,
            },
            ..Self::default()
        }
    }
}

/// As it is kept.
pub(super) fn json(value: &impl Serialize) -> StoreResult<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(Box::new(error)))
}
