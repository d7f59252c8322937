//! A file as rows of text.

use super::{
    Encoding, Refusal,
    limits::{CELL_CHARS, CELLS_MAX, COLUMNS_MAX, ROWS_MAX, TEXT_MAX},
};

/// What is wrong with a cell, so that its text must not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// A number of more than 15 digits: the spreadsheet has lost the last ones.
    DigitsLost,
    /// `#N/A` and the like.
    Error,
}

/// A cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// What stands in it, as people see it.
    pub text: String,
    /// Why that cannot be used.
    pub flaw: Option<Flaw>,
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), flaw: None }
    }
}

/// A row with something in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number as the spreadsheet shows it.
    pub number: u32,
    /// Cells from the first column on.
    pub cells: Vec<Cell>,
    /// It is hidden in the file.
    pub hidden: bool,
}

impl Row {
    /// What stands in a column.
    pub fn cell(&self, column: usize) -> Option<&Cell> {
        self.cells.get(column)
    }
}

/// Cells that are one: rows by the numbers the spreadsheet shows, columns from 0, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    /// The first row.
    pub from_row: u32,
    /// The last row.
    pub to_row: u32,
    /// The first column, whose first cell has what they show.
    pub column: usize,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Rows with something in them, in their order.
    pub rows: Vec<Row>,
    /// Merged over several rows.
    pub merges: Vec<Merge>,
    /// Of a CSV file.
    pub encoding: Option<Encoding>,
    /// Sheets of a workbook, in their order.
    pub sheets: Vec<String>,
    /// The one that was read.
    pub sheet: Option<String>,
    /// Cells whose text is the last result of a formula.
    pub formulas: usize,
    /// There were more columns than are read.
    pub columns_left_out: bool,
}

/// Collects a table within its limits.
pub(super) struct Collector<'a> {
    table: Table,
    cells: usize,
    bytes: usize,
    progress: &'a dyn Fn(usize),
}

/// Rows after which progress is said.
const SAY_EVERY: usize = 500;

impl<'a> Collector<'a> {
    pub(super) fn new(progress: &'a dyn Fn(usize)) -> Self {
        Self { table: Table::default(), cells: 0, bytes: 0, progress }
    }

    /// Adds a cell with something in it. Rows come in their order, or the file is broken.
    pub(super) fn cell(&mut self, number: u32, column: usize, cell: Cell) -> Result<(), Refusal> {
        if cell.text.trim().is_empty() && cell.flaw.is_none() {
            return Ok(());
        }
        if column >= COLUMNS_MAX {
            self.table.columns_left_out = true;
            return Ok(());
        }
        let cell = shortened(cell);
        self.cells += 1;
        self.bytes += cell.text.len();
        if self.cells > CELLS_MAX || self.bytes > TEXT_MAX {
            return Err(Refusal::over("file_too_many_cells", CELLS_MAX));
        }
        let row = self.row(number)?;
        if row.cells.len() <= column {
            row.cells.resize_with(column + 1, Cell::default);
        }
        row.cells[column] = cell;
        Ok(())
    }

    fn row(&mut self, number: u32) -> Result<&mut Row, Refusal> {
        let rows = &mut self.table.rows;
        let last = rows.last().map_or(0, |row| row.number);
        if number < last || number == 0 {
            return Err(Refusal::broken());
        }
        if number > last {
            if rows.len() >= ROWS_MAX {
                return Err(Refusal::over("file_too_many_rows", ROWS_MAX));
            }
            rows.push(Row { number, cells: Vec::new(), hidden: false });
            if rows.len().is_multiple_of(SAY_EVERY) {
                (self.progress)(rows.len());
            }
        }
        rows.last_mut().ok_or_else(Refusal::broken)
    }

    pub(super) fn formula(&mut self) {
        self.table.formulas += 1;
    }

    /// The table; `hidden` are numbers of hidden rows.
    pub(super) fn finish(self, hidden: &std::collections::HashSet<u32>) -> Table {
        let mut table = self.table;
        for row in &mut table.rows {
            row.hidden = hidden.contains(&row.number);
        }
        table
    }
}

/// Longer texts are cut where they are longer than anything that is kept of them: their row says so when it is judged.
fn shortened(mut cell: Cell) -> Cell {
    if let Some((at, _)) = cell.text.char_indices().nth(CELL_CHARS) {
        cell.text.truncate(at);
    }
    cell
}
