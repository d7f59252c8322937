//! Files as people bring them, made here byte by byte where no program would make them. Names say whose complaint it was.

mod books;
mod bytes;
mod hostile;
mod texts;

use super::{ReadOptions, Refusal, Table, read};

fn reads(bytes: &[u8]) -> Table {
    read(bytes, &ReadOptions::default(), &|_| {}).expect("read")
}

fn refused(bytes: &[u8]) -> Refusal {
    read(bytes, &ReadOptions::default(), &|_| {}).expect_err("refused")
}

/// The texts of each row, by its number.
fn texts(table: &Table) -> Vec<(u32, Vec<&str>)> {
    table
        .rows
        .iter()
        .map(|row| (row.number, row.cells.iter().map(|cell| cell.text.as_str()).collect()))
        .collect()
}
