//! XLSX: cell by cell as they stand in the file, so that two of them far apart cost no more than two. Dimensions that the file
//! declares are not asked for.

use std::io::Cursor;

use calamine::{Dimensions, Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};

use super::{Merge, ReadOptions, Refusal, Table, cell, table::Collector, zipped};

/// Merged stretches that are looked at; more have no branch in them.
const MERGES_MAX: usize = 200_000;

pub(super) fn read(bytes: &[u8], options: &ReadOptions, progress: &dyn Fn(usize)) -> Result<Table, Refusal> {
    let mut inside = zipped::look(bytes)?;
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|error| refused(&error))?;
    let sheets: Vec<_> = book.sheets_metadata().to_vec();
    let (names, name) = choose(&sheets, options.sheet.as_deref())?;
    let merges = book.merge_cells_by_sheet_name(&name).map_err(|error| refused(&error))?;
    let mut collector = Collector::new(progress);
    let mut cells = book.worksheet_cells_reader(&name).map_err(|error| refused(&error))?;
    while let Some(found) = cells.next_cell_with_formula_metadata().map_err(|error| refused(&error))? {
        let (row, column) = found.pos;
        if found.formula.is_some() {
            collector.formula();
        }
        collector.cell(row.saturating_add(1), column as usize, cell::of(&found.value))?;
    }
    let mut table = collector.finish(&inside.hidden(&name));
    table.merges = over_rows(&merges);
    (table.sheets, table.sheet) = (names, Some(name));
    Ok(table)
}

/// Names of the sheets with cells, and the one to read: the wanted one, else the first that is shown.
pub(super) fn choose(
    sheets: &[calamine::Sheet],
    wanted: Option<&str>,
) -> Result<(Vec<String>, String), Refusal> {
    let with_cells: Vec<_> = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet).collect();
    let names: Vec<String> = with_cells.iter().map(|sheet| sheet.name.clone()).collect();
    let shown = with_cells.iter().find(|sheet| sheet.visible == SheetVisible::Visible);
    let first = shown.or(with_cells.first()).map(|sheet| sheet.name.clone());
    let chosen = match wanted {
        Some(wanted) => names.iter().find(|name| *name == wanted).cloned(),
        None => first,
    };
    chosen.map(|chosen| (names, chosen)).ok_or_else(|| Refusal::new("sheet_missing"))
}

/// Those over several rows.
pub(super) fn over_rows(merges: &[Dimensions]) -> Vec<Merge> {
    merges
        .iter()
        .filter(|merge| merge.end.0 > merge.start.0)
        .take(MERGES_MAX)
        .map(|merge| Merge {
            from_row: merge.start.0.saturating_add(1),
            to_row: merge.end.0.saturating_add(1),
            column: merge.start.1 as usize,
        })
        .collect()
}

fn refused(error: &XlsxError) -> Refusal {
    match error {
        XlsxError::Password => Refusal::new("file_password"),
        _ => Refusal::broken(),
    }
}
