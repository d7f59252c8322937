//! What the tables of all kinds have in common.

use crate::exports::{book::Row, columns::Cell};

pub(super) fn text(words: impl Into<String>) -> Cell {
    Cell::Text(words.into())
}

/// A rate, where there is one.
pub(super) fn rate(bp: Option<i64>) -> Cell {
    bp.map_or(Cell::Blank, Cell::Share)
}

/// A part in hundredths of a percent, rounded down.
pub(super) fn part(of: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| of.saturating_mul(10_000) / whole)
}

/// A row of totals: the columns that can be added, the others empty.
pub(super) fn sums<const N: usize>(columns: &[(&str, u32); N], of: impl Fn(&str) -> Option<Cell>) -> Row {
    columns.iter().map(|(heading, _)| of(heading).unwrap_or_else(|| text(""))).collect()
}
