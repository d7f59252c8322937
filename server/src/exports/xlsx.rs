//! XLSX for people: texts as texts, real dates, frozen headings, filters, no formulas. The first sheet, 名单, is what is printed;
//! then 个人明细 with everything, and 说明. Rows go to temporary files as they are computed; the finished file is streamed from disk.

use std::{fs::File, io::Seek as _};

use axum::body::Bytes;
use futures_util::StreamExt as _;
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet};
use tokio::sync::mpsc;
use tokio_util::io::ReaderStream;

use super::{
    columns::{self, COLUMNS, Cell},
    detail::Detail,
    error::DetailError,
    list::{self, LIST},
    notes,
    shared::Pieces,
    sheet::{Formats, LINE_POINTS, height, page, put, row_height},
};
use crate::calendar::local_minute;

/// Pages of rows that may wait for the writing thread; then the computing waits.
const WAITING_PAGES: usize = 2;

/// The sheets, in their order.
const LIST_SHEET: usize = 0;
const DETAIL_SHEET: usize = 1;

/// Title and particulars stand above the heading of the first sheet.
const LIST_HEAD: u32 = 2;

/// 个人明细 has 25 columns: on one page nobody could read them.
const DETAIL_PAGES_WIDE: u16 = 2;

/// The column that is printed on the second of these again: 姓名.
const NAME_COLUMN: u16 = 4;

type Row = [Cell; COLUMNS.len()];

enum Step {
    Rows(Vec<Row>),
    /// The totals of the rows, and the lines of the second sheet.
    Notes(Box<Row>, Vec<(String, String)>),
}

/// Writes the whole export.
pub(super) async fn write(mut detail: Detail, pieces: &Pieces) -> Result<(), DetailError> {
    let about = About::new(&detail);
    let (steps, mut inbox) = mpsc::channel(WAITING_PAGES);
    // The library is synchronous; it waits for rows on a thread of its own.
    let writing = tokio::task::spawn_blocking(move || {
        let mut book = Book::new(&about)?;
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
        let totals = Box::new(columns::totals(detail.totals(), detail.window));
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

/// What stands above the first sheet.
struct About {
    title: String,
    particulars: String,
}

impl About {
    fn new(detail: &Detail) -> Self {
        let lesson = &detail.lesson;
        let from = lesson.started_at.unwrap_or(lesson.planned_start_at);
        let until = lesson.ended_at.unwrap_or(lesson.planned_end_at);
        let (from, until, made) = (local_minute(from), local_minute(until), local_minute(detail.made_at));
        // An end on the same day needs no date.
        let until = until.strip_prefix(&from[..11]).unwrap_or(&until);
        let (unit, lecturer) = (&lesson.unit.name, &lesson.lecturer_name);
        let particulars = format!("{unit} · 讲师 {lecturer} · {from}–{until} · {made} 导出");
        Self { title: lesson.title.clone(), particulars }
    }
}

struct Book {
    workbook: Workbook,
    detail: Formats,
    list: Formats,
    totals: Formats,
    /// Rows written to each sheet, headings aside.
    rows: u32,
}

impl Book {
    fn new(about: &About) -> Result<Self, DetailError> {
        let mut workbook = Workbook::new();
        let detail = Formats::new(&Format::new());
        let list = Formats::new(&Format::new().set_border_bottom(FormatBorder::Hair));
        let totals = Formats::new(&Format::new().set_bold().set_border_top(FormatBorder::Thin));

        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name("名单")?.set_freeze_panes(LIST_HEAD + 1, 0)?;
        page(sheet, &about.title, 1);
        sheet.set_repeat_rows(LIST_HEAD, LIST_HEAD)?;
        for (column, (_, width, _)) in (0..).zip(LIST) {
            sheet.set_column_width(column, width)?;
        }
        let whole: u32 = LIST.iter().map(|(_, width, _)| width).sum();
        let title =
            Format::new().set_bold().set_font_size(14).set_text_wrap().set_align(FormatAlign::VerticalCenter);
        let quiet = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        // Larger letters: fewer fit, and lines are higher.
        sheet.set_row_height(0, height([about.title.as_str()], [whole * 3 / 4]) * 1.5)?;
        sheet.merge_range(0, 0, 0, last_column(LIST.len()), &about.title, &title.set_quote_prefix())?;
        sheet.set_row_height(1, height([about.particulars.as_str()], [whole]) + LINE_POINTS / 3.0)?;
        sheet.merge_range(1, 0, 1, last_column(LIST.len()), &about.particulars, &quiet.set_quote_prefix())?;
        heading(sheet, LIST_HEAD, &LIST.map(|(heading, width, _)| (heading, width)), &list)?;

        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name("个人明细")?.set_freeze_panes(1, 0)?;
        page(sheet, &about.title, DETAIL_PAGES_WIDE);
        sheet.set_repeat_rows(0, 0)?.set_repeat_columns(NAME_COLUMN, NAME_COLUMN)?;
        for (column, (_, width)) in (0..).zip(COLUMNS) {
            sheet.set_column_width(column, width)?;
        }
        heading(sheet, 0, &COLUMNS, &detail)?;
        Ok(Self { workbook, detail, list, totals, rows: 0 })
    }

    fn rows(&mut self, rows: &[Row]) -> Result<(), DetailError> {
        for row in rows {
            self.rows += 1;
            let listed = list::row(Some(self.rows), row);
            let sheet = self.workbook.worksheet_from_index(LIST_SHEET)?;
            line(sheet, LIST_HEAD + self.rows, &listed, LIST.map(|(_, width, _)| width), &self.list)?;
            let sheet = self.workbook.worksheet_from_index(DETAIL_SHEET)?;
            line(sheet, self.rows, row, COLUMNS.map(|(_, width)| width), &self.detail)?;
        }
        Ok(())
    }

    fn finish(mut self, totals: &Row, lines: &[(String, String)]) -> Result<File, DetailError> {
        let last = self.rows;
        // The totals are outside of the filters: they stay where they are whatever is sorted or hidden.
        let sheet = self.workbook.worksheet_from_index(LIST_SHEET)?;
        sheet.autofilter(LIST_HEAD, 0, LIST_HEAD + last, last_column(LIST.len()))?;
        let listed = list::row(None, totals);
        line(sheet, LIST_HEAD + last + 1, &listed, LIST.map(|(_, width, _)| width), &self.totals)?;
        let sheet = self.workbook.worksheet_from_index(DETAIL_SHEET)?;
        sheet.autofilter(0, 0, last, last_column(COLUMNS.len()))?;
        line(sheet, last + 1, totals, COLUMNS.map(|(_, width)| width), &self.totals)?;

        explain(&mut self.workbook, lines, &self.detail)?;
        let mut file = tempfile::tempfile()?;
        self.workbook.save_to_writer(&mut file)?;
        file.rewind()?;
        Ok(file)
    }
}

/// The sheet 说明: name and explanation, line by line; an empty name is a heading.
pub(super) fn explain(
    workbook: &mut Workbook,
    lines: &[(String, String)],
    formats: &Formats,
) -> Result<(), DetailError> {
    let words = workbook.add_worksheet_with_constant_memory()?;
    words.set_name("说明")?.set_column_width(0, 22)?.set_column_width(1, 90)?;
    page(words, "说明", 1);
    for (row, (name, text)) in (0..).zip(lines) {
        if name.is_empty() {
            words.write_string_with_format(row, 0, text, &formats.head)?;
        } else {
            words.set_row_height(row, height([name.as_str(), text], [22, 90]))?;
            words.write_string_with_format(row, 0, name, &formats.text)?;
            words.write_string_with_format(row, 1, text, &formats.text)?;
        }
    }
    Ok(())
}

/// The number of the last of so many columns.
pub(super) fn last_column(columns: usize) -> u16 {
    u16::try_from(columns - 1).unwrap_or(u16::MAX)
}

pub(super) fn heading(
    sheet: &mut Worksheet,
    row: u32,
    columns: &[(&str, u32)],
    formats: &Formats,
) -> Result<(), DetailError> {
    let texts = columns.iter().map(|(heading, _)| *heading);
    sheet.set_row_height(row, height(texts, columns.iter().map(|(_, width)| *width)))?;
    for (column, (heading, _)) in (0..).zip(columns) {
        sheet.write_string_with_format(row, column, *heading, &formats.head)?;
    }
    Ok(())
}

pub(super) fn line(
    sheet: &mut Worksheet,
    row: u32,
    cells: &[Cell],
    widths: impl IntoIterator<Item = u32>,
    formats: &Formats,
) -> Result<(), DetailError> {
    sheet.set_row_height(row, row_height(cells, widths))?;
    for (column, cell) in (0..).zip(cells) {
        put(sheet, row, column, cell, formats)?;
    }
    Ok(())
}
