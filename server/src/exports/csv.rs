//! CSV as spreadsheets in China open it: UTF-8 with BOM, CRLF, every field quoted, nothing a
//! spreadsheet would run. Goes out page by page.

use std::borrow::Cow;

use ::csv::{QuoteStyle, Terminator, WriterBuilder};
use axum::body::Bytes;

use super::{
    columns::{self, COLUMNS, Cell},
    detail::Detail,
    error::DetailError,
    shared::Pieces,
};

pub(super) const BOM: &[u8] = "\u{feff}".as_bytes();

/// What a field that begins with one of these would do in a spreadsheet, it must not.
const STARTERS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A field no spreadsheet takes for a formula. What looks as if it had been protected is protected, too: so it can be taken back.
pub fn neutral(text: &str) -> Cow<'_, str> {
    if is_protected(text) { format!("'{text}").into() } else { text.into() }
}

/// The text of a field that was written by `neutral`.
pub fn unprotected(field: &str) -> &str {
    field.strip_prefix('\'').filter(|text| is_protected(text)).unwrap_or(field)
}

fn is_protected(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(STARTERS)
}

/// A cell as it stands in a CSV. Figures are ours, and run nothing.
pub(super) fn field(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Text(text) => neutral(text),
        figure => figure.text(),
    }
}

/// Writes a line of these fields.
pub(super) fn record<'a, W: std::io::Write>(
    writer: &mut ::csv::Writer<W>,
    fields: impl IntoIterator<Item = Cow<'a, str>>,
) -> Result<(), ::csv::Error> {
    for field in fields {
        writer.write_field(field.as_bytes())?;
    }
    writer.write_record(None::<&[u8]>)
}

/// Writes the whole export.
pub(super) async fn write(mut detail: Detail, pieces: &Pieces) -> Result<(), DetailError> {
    let mut first = BOM.to_vec();
    first.extend(lines([COLUMNS.map(|(heading, _)| Cow::Borrowed(heading))])?);
    send(pieces, first).await?;
    loop {
        let rows = detail.page().await?;
        if rows.is_empty() {
            break;
        }
        send(pieces, lines(rows.iter().map(|row| row.each_ref().map(Cell::text)))?).await?;
    }
    send(pieces, lines([columns::totals(detail.totals(), detail.window).each_ref().map(Cell::text)])?).await
}

async fn send(pieces: &Pieces, bytes: Vec<u8>) -> Result<(), DetailError> {
    pieces.send(Ok(Bytes::from(bytes))).await.map_err(|_| DetailError::ClientGone)
}

fn lines<'a>(rows: impl IntoIterator<Item = [Cow<'a, str>; COLUMNS.len()]>) -> Result<Vec<u8>, DetailError> {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        record(&mut writer, row.iter().map(|field| neutral(field)))?;
    }
    writer.into_inner().map_err(|error| DetailError::File(error.into_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_spreadsheet_would_run_is_made_text() {
        for text in
            ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"]
        {
            assert_eq!(neutral(text), format!("'{text}"));
        }
        for text in ["", "张三", "1+1", "𠮷野家", "a=b", "—"] {
            assert_eq!(neutral(text), text);
        }
    }

    /// rocketmq-dashboard#2756, iris-client#443.
    #[test]
    fn what_was_protected_comes_back_as_it_was() {
        for text in ["'=王", "=王", "''=王", "+8613800000001", "-1", "'", "'Tis", "O'Brien", "", "王"] {
            assert_eq!(unprotected(&neutral(text)), text);
        }
        assert_eq!(field(&Cell::Share(-525)), "-5.25%", "a figure is no text");
    }

    #[test]
    fn every_field_is_quoted_and_every_line_ends_with_crlf() {
        let mut row = COLUMNS.map(|_| Cow::Borrowed(""));
        row[0] = Cow::Borrowed("a \"b\", c\nd");
        let bytes = lines([row]).expect("memory");
        let text = String::from_utf8(bytes).expect("UTF-8");
        let rest = ",\"\"".repeat(COLUMNS.len() - 1);
        assert_eq!(text, format!("\"a \"\"b\"\", c\nd\"{rest}\r\n"));
    }
}
