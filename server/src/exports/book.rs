//! An XLSX of any tables: a sheet each, frozen heading, filter, totals below, and 说明. Rows go to temporary files as they come. A
//! table that is longer than a sheet goes on in a next one; nothing is ever cut off.

use std::{collections::HashSet, path::Path};

use rust_xlsxwriter::{Format, FormatBorder, Workbook};

use super::{
    columns::Cell,
    error::DetailError,
    sheet::{Formats, page},
    xlsx::{explain, heading, last_column, line},
};

/// Rows of a sheet, ECMA-376 18.3.1.73; one is the heading, and one is for totals.
const SHEET_ROWS: u32 = 1_048_576 - 2;

/// Characters of a sheet's name at most.
const NAME_CHARS: usize = 31;

/// A table of an export.
#[derive(Debug)]
pub(super) struct Table {
    /// The name of its sheet.
    pub(super) name: &'static str,
    /// Heading and width of each column, in characters.
    pub(super) columns: &'static [(&'static str, u32)],
    /// Pages it is wide when printed: what has many columns cannot be read on one.
    pub(super) pages_wide: u16,
    /// The column that each page repeats, if there are several side by side.
    pub(super) repeated: Option<u16>,
}

/// A row of a table.
pub(super) type Row = Vec<Cell>;

/// A table as far as it is written.
struct Open {
    table: &'static Table,
    /// The sheet it is in now.
    sheet: usize,
    /// Rows in this sheet.
    rows: u32,
    /// How many sheets it has.
    parts: u32,
}

/// A workbook that is being written.
pub(super) struct Book {
    workbook: Workbook,
    title: String,
    plain: Formats,
    totals: Formats,
    open: Vec<Open>,
    names: Names,
    sheets: usize,
    sheet_rows: u32,
}

impl Book {
    /// With the headings of these tables; `folder`: for temporary files.
    pub(super) fn new(title: &str, tables: &'static [Table], folder: &Path) -> Result<Self, DetailError> {
        Self::with_rows(title, tables, folder, SHEET_ROWS)
    }

    fn with_rows(
        title: &str,
        tables: &'static [Table],
        folder: &Path,
        sheet_rows: u32,
    ) -> Result<Self, DetailError> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(folder)?;
        let mut book = Self {
            workbook,
            title: title.to_owned(),
            plain: Formats::new(&Format::new()),
            totals: Formats::new(&Format::new().set_bold().set_border_top(FormatBorder::Thin)),
            open: Vec::new(),
            names: Names::default(),
            sheets: 0,
            sheet_rows,
        };
        for table in tables {
            let sheet = book.begin(table, table.name)?;
            book.open.push(Open { table, sheet, rows: 0, parts: 1 });
        }
        Ok(book)
    }

    /// Begins a sheet of a table.
    fn begin(&mut self, table: &'static Table, name: &str) -> Result<usize, DetailError> {
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(self.names.take(name))?.set_freeze_panes(1, 0)?;
        page(sheet, &self.title, table.pages_wide);
        sheet.set_repeat_rows(0, 0)?;
        if let Some(column) = table.repeated {
            sheet.set_repeat_columns(column, column)?;
        }
        for (column, (_, width)) in (0..).zip(table.columns) {
            sheet.set_column_width(column, *width)?;
        }
        heading(sheet, 0, table.columns, &self.plain)?;
        self.sheets += 1;
        Ok(self.sheets - 1)
    }

    /// The filter of the sheet a table is in.
    fn filter(&mut self, at: usize) -> Result<(), DetailError> {
        let Open { table, sheet, rows, .. } = &self.open[at];
        let sheet = self.workbook.worksheet_from_index(*sheet)?;
        sheet.autofilter(0, 0, *rows, last_column(table.columns.len()))?;
        Ok(())
    }

    /// Writes rows of a table.
    pub(super) fn rows(&mut self, at: usize, rows: &[Row]) -> Result<(), DetailError> {
        for row in rows {
            if self.open[at].rows >= self.sheet_rows {
                self.filter(at)?;
                let table = self.open[at].table;
                self.open[at].parts += 1;
                let name = format!("{}（续 {}）", table.name, self.open[at].parts - 1);
                let sheet = self.begin(table, &name)?;
                (self.open[at].sheet, self.open[at].rows) = (sheet, 0);
            }
            let open = &mut self.open[at];
            open.rows += 1;
            let sheet = self.workbook.worksheet_from_index(open.sheet)?;
            line(sheet, open.rows, row, open.table.columns.iter().map(|(_, width)| *width), &self.plain)?;
        }
        Ok(())
    }

    /// Writes the totals of each table, `None`: it has none, and 说明; the file is at `path` then.
    pub(super) fn finish(
        mut self,
        totals: &[Option<Row>],
        notes: &[(String, String)],
        file: &mut std::fs::File,
    ) -> Result<(), DetailError> {
        for (at, totals) in totals.iter().enumerate() {
            // The totals are outside of the filter: they stay where they are whatever is sorted or hidden.
            self.filter(at)?;
            let (Some(row), Open { table, sheet, rows, .. }) = (totals, &self.open[at]) else { continue };
            let sheet = self.workbook.worksheet_from_index(*sheet)?;
            line(sheet, rows + 1, row, table.columns.iter().map(|(_, width)| *width), &self.totals)?;
        }
        explain(&mut self.workbook, notes, &self.plain)?;
        self.workbook.save_to_writer(file)?;
        Ok(())
    }
}

/// Names of sheets: no two alike as Excel compares them, none too long, none with a character Excel forbids.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// A name like this that is free.
    pub(super) fn take(&mut self, wanted: &str) -> String {
        let clean: String =
            wanted.chars().map(|c| if c.is_control() || "[]:*?/\\'".contains(c) { '_' } else { c }).collect();
        let clean = if clean.trim().is_empty() { "表".to_owned() } else { clean };
        let mut name = cut(&clean, NAME_CHARS);
        let mut number = 1;
        // 说明 is the sheet behind all tables; 历史记录 and its like are Excel's own.
        while ["说明", "history"].contains(&name.to_lowercase().as_str())
            || !self.0.insert(name.to_lowercase())
        {
            number += 1;
            let ending = format!(" ({number})");
            name = format!("{}{ending}", cut(&clean, NAME_CHARS - ending.len()));
        }
        name
    }
}

/// As much of it as a name may have: Excel counts UTF-16 units.
fn cut(text: &str, units: usize) -> String {
    let mut left = units;
    text.chars()
        .take_while(|c| {
            let fits = c.len_utf16() <= left;
            left = left.saturating_sub(c.len_utf16());
            fits
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _};

    use super::*;

    static TABLES: [Table; 1] =
        [Table { name: "名册", columns: &[("姓名", 10), ("秒", 8)], pages_wide: 1, repeated: None }];

    fn texts(bytes: &[u8], part: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.xlsx");
        std::fs::write(&path, bytes).expect("written");
        let read =
            "import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))";
        let run = std::process::Command::new("python3").args(["-c", read]).arg(&path).arg(part).output();
        let shown = run.expect("python3");
        String::from_utf8(shown.stdout).expect("UTF-8")
    }

    fn written(rows: &[Row], sheet_rows: u32) -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut book = Book::with_rows("题", &TABLES, folder.path(), sheet_rows).expect("begun");
        book.rows(0, rows).expect("written");
        let totals = [Some(vec![Cell::Text("合计".to_owned()), Cell::Count(1)])];
        let notes = [("行".to_owned(), "一人一行".to_owned())];
        let mut file = tempfile::tempfile().expect("a file");
        book.finish(&totals, &notes, &mut file).expect("saved");
        file.rewind().expect("back");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("read");
        bytes
    }

    #[test]
    fn what_is_longer_than_a_sheet_goes_on_in_the_next() {
        let rows: Vec<Row> = (0..5).map(|n| vec![Cell::Text(format!("人{n}")), Cell::Count(n)]).collect();
        let bytes = written(&rows, 2);
        let names = texts(&bytes, "xl/workbook.xml");
        for name in ["\"名册\"", "\"名册（续 1）\"", "\"名册（续 2）\"", "\"说明\""] {
            assert!(names.contains(name), "{name} in {names}");
        }
        let last = texts(&bytes, "xl/worksheets/sheet3.xml");
        assert!(last.contains("人4") && last.contains("合计") && last.contains("姓名"), "{last}");
        assert!(!texts(&bytes, "xl/worksheets/sheet1.xml").contains("合计"), "totals stand once, at the end");
    }

    /// exceljs#234, libxlsxwriter#42, sqly#836: a vertical tab from Word breaks the workbook, a typed escape is one.
    #[test]
    fn no_character_breaks_the_workbook_and_a_typed_escape_stays_text() {
        let row = |text: &str| vec![Cell::Text(text.to_owned()), Cell::Count(0)];
        let bytes = written(&[row("a\u{b}b\u{fffe}"), row("_x000B_"), row("'t"), row("+86138")], 10);
        let sheet = texts(&bytes, "xl/worksheets/sheet1.xml");
        assert!(sheet.contains("a_x000B_b_xFFFE_") && sheet.contains("_x005F_x000B_"), "{sheet}");
        assert!(sheet.contains("<t>'t</t>") && sheet.contains("<t>+86138</t>"), "as it is: {sheet}");
    }

    /// odoo#12788, openxlsx#65: titles over 31 characters, or with characters Excel forbids.
    #[test]
    fn names_of_sheets_are_distinct_and_no_longer_than_excel_takes() {
        let mut names = Names::default();
        let title = "学习贯彻精神专题培训班（第二期）/第3讲[直播]：问答与讨论以及小结和作业布置";
        let (first, second) = (names.take(title), names.take(&format!("{title}甲")));
        assert_ne!(first, second);
        for name in [&first, &second] {
            assert!(name.encode_utf16().count() <= 31 && !name.contains(['/', '[', ']', ':']), "{name}");
        }
        assert_eq!((names.take("a"), names.take("A")), ("a".to_owned(), "A (2)".to_owned()));
        assert_eq!(names.take("说明"), "说明 (2)");
        assert_eq!(names.take(&"𠮷".repeat(40)).encode_utf16().count(), 30);
        assert_eq!((names.take(""), names.take("\u{b}")), ("表".to_owned(), "_".to_owned()));
    }
}
