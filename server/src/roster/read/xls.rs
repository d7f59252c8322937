//! XLS of Excel 97 to 2003: looked at record by record, then read from a container that has nothing but the records.

use std::io::Cursor;

use calamine::{Reader as _, Xls, XlsError};

use super::{
    ReadOptions, Refusal, Table, biff, cell, container,
    table::Collector,
    xlsx::{choose, over_rows},
};

pub(super) fn read(bytes: &[u8], options: &ReadOptions, progress: &dyn Fn(usize)) -> Result<Table, Refusal> {
    let mut stream = container::workbook(bytes)?;
    let mut seen = biff::look(&mut stream)?;
    let plain = container::of_workbook(stream);
    let mut book = Xls::new(Cursor::new(&plain)).map_err(|error| refused(&error))?;
    let sheets = book.sheets_metadata().to_vec();
    let (names, name) = choose(&sheets, options.sheet.as_deref())?;
    let range = book.worksheet_range(&name).map_err(|error| refused(&error))?;
    let merges = book.merge_cells_by_sheet_name(&name).map_err(|error| refused(&error))?;
    let mut collector = Collector::new(progress);
    let (first_row, first_column) = range.start().unwrap_or_default();
    for (row, cells) in range.rows().enumerate() {
        let number = first_row.saturating_add(1 + u32::try_from(row).unwrap_or(u32::MAX - 1));
        for (column, value) in cells.iter().enumerate() {
            collector.cell(number, first_column as usize + column, cell::of_owned(value))?;
        }
    }
    let place = sheets.iter().position(|sheet| sheet.name == name).unwrap_or_default();
    let (hidden, formulas) = seen.of(place);
    let mut table = collector.finish(&hidden);
    table.merges = over_rows(&merges);
    table.formulas = formulas;
    (table.sheets, table.sheet) = (names, Some(name));
    Ok(table)
}

fn refused(error: &XlsError) -> Refusal {
    match error {
        XlsError::Password => Refusal::new("file_password"),
        _ => Refusal::broken(),
    }
}
