//! How much is read of a file.

/// Rows of a file at most, title and header included.
pub const ROWS_MAX: usize = 200_000;

/// Cells with something in them at most, so that wide files are bounded, too.
pub(super) const CELLS_MAX: usize = 4_000_000;

/// Columns that are read; what stands to the right of them is left out, and said.
pub(super) const COLUMNS_MAX: usize = 100;

/// Characters of a cell that are kept: more than any name or number has.
pub(super) const CELL_CHARS: usize = 300;

/// Bytes of all texts together, so that one long text in every cell is no way out.
pub(super) const TEXT_MAX: usize = 100 << 20;
