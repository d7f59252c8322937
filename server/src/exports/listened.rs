//! What was heard of a series as a file: one row an episode, one a branch, and their totals. The rows are figures, never people, so
//! that a file is small and made at once.

use ::csv::{QuoteStyle, Terminator, WriterBuilder};
use rust_xlsxwriter::{Format, FormatBorder, Workbook};
use yunke_store::{LibraryFigures, UtcMillis};

use super::{
    columns::Cell,
    csv::{BOM, field, record},
    error::DetailError,
    sheet::{Formats, height, page},
    xlsx::{heading, last_column, line},
};
use crate::calendar::local_minute;

/// Heading and width of each column, in characters.
const COLUMNS: [(&str, u32); 7] = [
    ("类别", 8),
    ("序号", 8),
    ("名称", 48),
    ("收听人数", 10),
    ("收听人次", 10),
    ("收听小时", 10),
    ("听完人次", 10),
];

type Row = [Cell; COLUMNS.len()];

/// What was heard of one episode or branch.
#[derive(Debug)]
pub struct ListenedRow {
    /// 第几讲, if it has a number.
    pub number: Option<i64>,
    /// The title or the name.
    pub name: String,
    /// What was heard.
    pub heard: LibraryFigures,
}

/// What was heard of a series.
#[derive(Debug)]
pub struct Listening {
    /// Title of the series.
    pub title: String,
    /// Since when, if not since ever.
    pub from: Option<UtcMillis>,
    /// Until when, if not until now.
    pub until: Option<UtcMillis>,
    /// When the file was made.
    pub made_at: UtcMillis,
    /// In the order they are heard.
    pub episodes: Vec<ListenedRow>,
    /// Those that heard most first.
    pub branches: Vec<ListenedRow>,
    /// Of all of them; people who heard two episodes are one listener.
    pub total: LibraryFigures,
}

impl Listening {
    fn episodes(&self) -> Vec<Row> {
        rows("单集", &self.episodes)
    }

    fn branches(&self) -> Vec<Row> {
        rows("支部", &self.branches)
    }

    fn total(&self) -> Row {
        row("合计", None, &self.title, self.total)
    }

    fn notes(&self) -> Vec<(&'static str, String)> {
        let from = self.from.map_or_else(|| "最早的收听".to_owned(), local_minute);
        let until = local_minute(self.until.unwrap_or(self.made_at).min(self.made_at));
        vec![
            ("系列", self.title.clone()),
            ("时间", format!("{from} 至 {until}；按一次收听的最后时刻计入，一天从北京时间零点起")),
            ("导出时间", local_minute(self.made_at)),
            ("收听人数", "听了 30 秒以上或听到结尾的人；听了几集的人在合计里只算一个".to_owned()),
            ("收听人次", "听了 30 秒以上的次数；停了 30 分钟以上或换了设备，算另一次".to_owned()),
            ("收听小时", "实际播放所用的时间；每人每天最多 24 小时，所以合计可以少于各集之和".to_owned()),
            ("听完人次", "第一次听到某一集的结尾；每人每集只算一次，重听不再算".to_owned()),
            ("支部", "按成员现在所在的支部".to_owned()),
        ]
    }

    /// UTF-8 with BOM, CRLF, every field quoted, nothing a spreadsheet would run: episodes, branches, totals.
    pub(super) fn csv(&self) -> Result<Vec<u8>, DetailError> {
        let mut writer = WriterBuilder::new()
            .quote_style(QuoteStyle::Always)
            .terminator(Terminator::CRLF)
            .from_writer(BOM.to_vec());
        writer.write_record(COLUMNS.map(|(heading, _)| heading))?;
        for row in self.episodes().iter().chain(&self.branches()).chain([&self.total()]) {
            record(&mut writer, row.iter().map(field))?;
        }
        writer.into_inner().map_err(|error| DetailError::File(error.into_error()))
    }

    /// 各集, 各支部 and 说明.
    pub(super) fn xlsx(&self) -> Result<Vec<u8>, DetailError> {
        let mut book = Workbook::new();
        let plain = Formats::new(&Format::new());
        let totals = Formats::new(&Format::new().set_bold().set_border_top(FormatBorder::Thin));
        let widths = COLUMNS.map(|(_, width)| width);
        for (name, rows) in [("各集", self.episodes()), ("各支部", self.branches())] {
            let sheet = book.add_worksheet();
            sheet.set_name(name)?.set_freeze_panes(1, 0)?.set_repeat_rows(0, 0)?;
            page(sheet, &self.title, 1);
            for (column, width) in (0..).zip(widths) {
                sheet.set_column_width(column, width)?;
            }
            heading(sheet, 0, &COLUMNS, &plain)?;
            let mut last = 0;
            for row in &rows {
                last += 1;
                line(sheet, last, row, widths, &plain)?;
            }
            // The totals are outside of the filter: they stay where they are whatever is sorted or hidden.
            sheet.autofilter(0, 0, last, last_column(COLUMNS.len()))?;
            line(sheet, last + 1, &self.total(), widths, &totals)?;
        }
        let words = book.add_worksheet();
        words.set_name("说明")?.set_column_width(0, 16)?.set_column_width(1, 90)?;
        page(words, "说明", 1);
        for (at, (name, text)) in (0..).zip(self.notes()) {
            words.set_row_height(at, height([name, text.as_str()], [16, 90]))?;
            words.write_string_with_format(at, 0, name, &plain.text)?;
            words.write_string_with_format(at, 1, &text, &plain.text)?;
        }
        Ok(book.save_to_buffer()?)
    }
}

fn rows(kind: &str, rows: &[ListenedRow]) -> Vec<Row> {
    rows.iter().map(|one| row(kind, one.number, &one.name, one.heard)).collect()
}

fn row(kind: &str, number: Option<i64>, name: &str, heard: LibraryFigures) -> Row {
    [
        Cell::Text(kind.to_owned()),
        number.map_or_else(|| Cell::Text(String::new()), Cell::Count),
        Cell::Text(name.to_owned()),
        Cell::Count(heard.listeners),
        Cell::Count(heard.plays),
        // Hours × 1000.
        Cell::Hours(heard.heard_ms / 3_600),
        Cell::Count(heard.completions),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening() -> Listening {
        let heard = LibraryFigures { listeners: 2, plays: 3, heard_ms: 5_400_000, completions: 1 };
        let row = |number, name: &str| ListenedRow { number, name: name.to_owned(), heard };
        Listening {
            title: "党史百讲".to_owned(),
            from: None,
            until: None,
            made_at: 1_835_362_800_000,
            episodes: vec![row(Some(1), "=cmd|' /C calc'!A0")],
            branches: vec![row(None, "甲站 / 甲支部")],
            total: heard,
        }
    }

    #[test]
    fn a_csv_has_episodes_branches_and_totals_and_runs_nothing() {
        let text = String::from_utf8(listening().csv().expect("memory")).expect("UTF-8");
        let expected = [
            "\u{feff}\"类别\",\"序号\",\"名称\",\"收听人数\",\"收听人次\",\"收听小时\",\"听完人次\"",
            "\"单集\",\"1\",\"'=cmd|' /C calc'!A0\",\"2\",\"3\",\"1.5\",\"1\"",
            "\"支部\",\"\",\"甲站 / 甲支部\",\"2\",\"3\",\"1.5\",\"1\"",
            "\"合计\",\"\",\"党史百讲\",\"2\",\"3\",\"1.5\",\"1\"",
            "",
        ];
        assert_eq!(text.split("\r\n").collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_notes_say_which_time_it_is() {
        let notes = listening().notes();
        assert_eq!(notes[1].1.split('；').next(), Some("最早的收听 至 2028-02-28 23:00"));
    }
}
