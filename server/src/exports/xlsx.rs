//! XLSX for people: texts as texts, real dates, a frozen heading, a filter, no formulas, and the sheet
//! 说明. Rows go to a temporary file as they are computed; the finished file is streamed from disk.

use std::{fs::File, io::Seek as _};

use axum::body::Bytes;
use futures_util::StreamExt as _;
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};
use tokio::sync::mpsc;
use tokio_util::io::ReaderStream;

use super::{COLUMNS, Cell, Detail, DetailError, Pieces, columns, notes};

/// Pages of rows that may wait for the writing thread; then the computing waits.
const WAITING_PAGES: usize = 2;

/// A4, ECMA-376 18.3.1.63.
const PAPER_A4: u8 = 9;

/// Inches at the sides; twice as much above and below.
const MARGIN: f64 = 0.3;

/// A line of text in points.
const LINE_POINTS: f64 = 15.0;

/// A row is never higher: Excel takes 409 points.
const LINES_MAX: u32 = 20;

/// As much of a title as stands in the footer.
const FOOTER_CHARS: usize = 60;

/// Asia/Shanghai, seconds east of UTC.
const SHANGHAI_S: i64 = 8 * 3600;

type Row = [Cell; COLUMNS.len()];

enum Step {
    Rows(Vec<Row>),
    /// The totals of the rows, and the lines of the second sheet.
    Notes(Box<Row>, Vec<(String, String)>),
}

/// Writes the whole export.
pub(super) async fn write(mut detail: Detail, pieces: &Pieces) -> Result<(), DetailError> {
    let title = detail.lesson.title.clone();
    let (steps, mut inbox) = mpsc::channel(WAITING_PAGES);
    // The library is synchronous; it waits for rows on a thread of its own.
    let writing = tokio::task::spawn_blocking(move || {
        let mut book = Book::new(&title)?;
        while let Some(step) = inbox.blocking_recv() {
            match step {
                Step::Rows(rows) => book.rows(&rows)?,
                Step::Notes(totals, lines) => return book.finish(&totals, &lines),
            }
        }
        // The computing broke off; it says why.
        Err(DetailError::Stopped)
    });
    let computing = async {
        loop {
            let rows = detail.page().await?;
            if rows.is_empty() {
                break;
            }
            // A closed channel: the writing failed, and says why below.
            if steps.send(Step::Rows(rows)).await.is_err() {
                break;
            }
        }
        let totals = Box::new(columns::totals(detail.totals()));
        let _ = steps.send(Step::Notes(totals, notes::lines(&detail))).await;
        Ok::<_, DetailError>(())
    };
    let computed = computing.await;
    drop(steps);
    let written = writing.await.map_err(|error| DetailError::File(std::io::Error::other(error)))?;
    computed?;
    let mut file = ReaderStream::new(tokio::fs::File::from_std(written?));
    while let Some(piece) = file.next().await {
        let piece: Bytes = piece?;
        pieces.send(Ok(piece)).await.map_err(|_| DetailError::ClientGone)?;
    }
    Ok(())
}

struct Book {
    workbook: Workbook,
    formats: Formats,
    totals: Formats,
    next_row: u32,
}

struct Formats {
    head: Format,
    text: Format,
    moment: Format,
    length: Format,
    share: Format,
    hours: Format,
    count: Format,
}

impl Formats {
    /// On top of what all cells of a row have in common.
    fn new(common: &Format) -> Self {
        let figures = |pattern: &str| common.clone().set_align(FormatAlign::Top).set_num_format(pattern);
        Self {
            head: Format::new().set_bold().set_text_wrap().set_background_color(0x00F5_E9E8),
            // `@` keeps it text when it is edited; the prefix keeps it no formula when it is saved as CSV.
            text: figures("@").set_text_wrap().set_quote_prefix(),
            moment: figures("yyyy-mm-dd hh:mm"),
            length: figures("[hh]:mm"),
            share: figures("0.00%"),
            hours: figures("0.###"),
            count: figures("0"),
        }
    }
}

impl Book {
    fn new(title: &str) -> Result<Self, DetailError> {
        let mut workbook = Workbook::new();
        let formats = Formats::new(&Format::new());
        let totals = Formats::new(&Format::new().set_bold().set_border_top(FormatBorder::Thin));
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name("个人明细")?.set_freeze_panes(1, 0)?;
        page(sheet, title);
        sheet.set_repeat_rows(0, 0)?;
        sheet.set_row_height(0, height(COLUMNS.iter().map(|(heading, _)| *heading)))?;
        for (column, (heading, width)) in (0..).zip(COLUMNS) {
            sheet.set_column_width(column, width)?;
            sheet.write_string_with_format(0, column, heading, &formats.head)?;
        }
        Ok(Self { workbook, formats, totals, next_row: 1 })
    }

    fn rows(&mut self, rows: &[Row]) -> Result<(), DetailError> {
        let sheet = self.workbook.worksheet_from_index(0)?;
        for row in rows {
            sheet.set_row_height(self.next_row, row_height(row))?;
            for (column, cell) in (0..).zip(row) {
                put(sheet, self.next_row, column, cell, &self.formats)?;
            }
            self.next_row += 1;
        }
        Ok(())
    }

    fn finish(mut self, totals: &Row, lines: &[(String, String)]) -> Result<File, DetailError> {
        let last_column = u16::try_from(COLUMNS.len() - 1).unwrap_or(u16::MAX);
        let sheet = self.workbook.worksheet_from_index(0)?;
        sheet.autofilter(0, 0, self.next_row - 1, last_column)?;
        // Outside the filter: it stays where it is whatever is sorted or hidden.
        sheet.set_row_height(self.next_row, row_height(totals))?;
        for (column, cell) in (0..).zip(totals) {
            put(sheet, self.next_row, column, cell, &self.totals)?;
        }
        let words = self.workbook.add_worksheet_with_constant_memory()?;
        words.set_name("说明")?.set_column_width(0, 22)?.set_column_width(1, 90)?;
        page(words, "说明");
        let wrapped = Format::new().set_num_format("@").set_text_wrap().set_quote_prefix();
        for (row, (name, text)) in (0..).zip(lines) {
            if name.is_empty() {
                words.write_string_with_format(row, 0, text, &self.formats.head)?;
            } else {
                words.write_string_with_format(row, 0, name, &self.formats.text)?;
                words.write_string_with_format(row, 1, text, &wrapped)?;
            }
        }
        let mut file = tempfile::tempfile()?;
        self.workbook.save_to_writer(&mut file)?;
        file.rewind()?;
        Ok(file)
    }
}

/// As high as its texts need, in points: not every program looks when it opens the file, and prints texts cut off.
fn row_height(row: &Row) -> f64 {
    height(row.iter().map(|cell| match cell {
        Cell::Text(text) => text.as_str(),
        _ => "",
    }))
}

fn height<'a>(texts: impl Iterator<Item = &'a str>) -> f64 {
    let lines =
        texts.zip(COLUMNS).map(|(text, (_, width))| wide(text).div_ceil(width.saturating_sub(1).max(1)));
    f64::from(lines.max().unwrap_or(1).clamp(1, LINES_MAX)) * LINE_POINTS
}

/// Widths of a text in characters: Chinese ones and their like take two.
fn wide(text: &str) -> u32 {
    text.chars().map(|c| if c >= '\u{1100}' { 2 } else { 1 }).sum()
}

/// A4 on its side, as wide as the page, with the lesson and the pages' numbers below.
fn page(sheet: &mut Worksheet, title: &str) {
    sheet
        .set_landscape()
        .set_paper_size(PAPER_A4)
        .set_print_fit_to_pages(1, 0)
        .set_margins(MARGIN, MARGIN, 2.0 * MARGIN, 2.0 * MARGIN, MARGIN, MARGIN)
        .set_footer(format!("&L{}&R第 &P 页，共 &N 页", footer_text(title)));
}

/// In a footer `&` begins a code, and Excel refuses more than 255 characters.
fn footer_text(title: &str) -> String {
    title.chars().filter(|&c| c != '&').take(FOOTER_CHARS).collect()
}

fn put(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    formats: &Formats,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text) => sheet.write_string_with_format(row, column, text, &formats.text)?,
        Cell::Count(count) => sheet.write_number_with_format(row, column, exact(*count), &formats.count)?,
        Cell::Moment(None) => sheet,
        Cell::Moment(Some(at)) => {
            let local = ExcelDateTime::from_timestamp(at.div_euclid(1000) + SHANGHAI_S)?;
            sheet.write_datetime_with_format(row, column, &local, &formats.moment)?
        }
        Cell::Length(seconds) => {
            sheet.write_number_with_format(row, column, exact(*seconds) / 86_400.0, &formats.length)?
        }
        Cell::Share(bp) => {
            sheet.write_number_with_format(row, column, exact(*bp) / 10_000.0, &formats.share)?
        }
        Cell::Hours(milli) => {
            sheet.write_number_with_format(row, column, exact(*milli) / 1_000.0, &formats.hours)?
        }
    };
    Ok(())
}

/// Figures of a lesson are far below 2^31; a spreadsheet knows no integers.
fn exact(figure: i64) -> f64 {
    f64::from(i32::try_from(figure).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_as_high_as_its_longest_text() {
        let mut row = COLUMNS.map(|_| Cell::Count(0));
        assert!((row_height(&row) - LINE_POINTS).abs() < f64::EPSILON);
        row[0] = Cell::Text("云溪社区服务中心".to_owned());
        assert!((row_height(&row) - 2.0 * LINE_POINTS).abs() < f64::EPSILON);
        row[24] = Cell::Text("长".repeat(3_000));
        assert!(row_height(&row) < 409.0);
    }

    #[test]
    fn a_title_is_no_code_of_the_footer() {
        assert_eq!(footer_text("A&P 课"), "AP 课");
        assert_eq!(footer_text(&"长".repeat(300)).chars().count(), FOOTER_CHARS);
    }
}
