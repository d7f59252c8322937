//! Files that people bring as a roster, as rows of text. What a file is, its content says and not its name. Nothing is trusted:
//! what is inside a file is counted before any of it is kept, and neither sizes nor dimensions a file declares are believed.
//! Runs on threads that may block.

mod biff;
mod cell;
mod container;
mod delimited;
mod encoding;
mod kind;
mod limits;
mod options;
mod refusal;
mod scan;
mod table;
mod xls;
mod xlsx;
mod zipped;

#[cfg(test)]
mod tests;

use self::kind::Kind;
pub use self::{
    encoding::Encoding,
    limits::ROWS_MAX,
    options::ReadOptions,
    refusal::Refusal,
    table::{Cell, Flaw, Merge, Row, Table},
};

/// Reads a file. `progress` hears how many rows there are so far.
pub fn read(bytes: &[u8], options: &ReadOptions, progress: &dyn Fn(usize)) -> Result<Table, Refusal> {
    let table = match kind::of(bytes)? {
        Kind::Xlsx => xlsx::read(bytes, options, progress)?,
        Kind::Xls => xls::read(bytes, options, progress)?,
        Kind::Text => delimited::read(bytes, options, progress)?,
    };
    if table.rows.is_empty() {
        return Err(Refusal::new("file_empty"));
    }
    Ok(table)
}
