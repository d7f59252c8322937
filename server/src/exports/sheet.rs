//! What the sheets of an XLSX have in common: formats, heights of rows, the page they are printed on.

use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Worksheet, XlsxError};

use super::columns::Cell;

/// A4, ECMA-376 18.3.1.63.
const PAPER_A4: u8 = 9;

/// Inches at the sides; twice as much above and below.
const MARGIN: f64 = 0.3;

/// A line of text in points.
pub(super) const LINE_POINTS: f64 = 15.0;

/// A row is never higher: Excel takes 409 points.
const LINES_MAX: u32 = 20;

/// As much of a title as stands in the footer.
const FOOTER_CHARS: usize = 60;

/// Asia/Shanghai, seconds east of UTC.
const SHANGHAI_S: i64 = 8 * 3600;

/// How cells look.
pub(super) struct Formats {
    pub(super) head: Format,
    pub(super) text: Format,
    moment: Format,
    second: Format,
    length: Format,
    share: Format,
    hours: Format,
    count: Format,
}

impl Formats {
    /// On top of what all cells of a row have in common.
    pub(super) fn new(common: &Format) -> Self {
        let figures = |pattern: &str| common.clone().set_align(FormatAlign::Top).set_num_format(pattern);
        Self {
            head: Format::new().set_bold().set_text_wrap().set_background_color(0x00F5_E9E8),
            // `@` keeps it text when it is edited; the prefix keeps it no formula when it is saved as CSV.
            text: figures("@").set_text_wrap().set_quote_prefix(),
            moment: figures("yyyy-mm-dd hh:mm"),
            second: figures("yyyy-mm-dd hh:mm:ss"),
            length: figures("[hh]:mm"),
            share: figures("0.00%"),
            hours: figures("0.###"),
            count: figures("0"),
        }
    }
}

/// As high as its texts need, in points: not every program looks when it opens the file, and prints texts cut off.
pub(super) fn row_height<'a>(
    row: impl IntoIterator<Item = &'a Cell>,
    widths: impl IntoIterator<Item = u32>,
) -> f64 {
    let texts = row.into_iter().map(|cell| match cell {
        Cell::Text(text) => text.as_str(),
        _ => "",
    });
    height(texts, widths)
}

/// The same of texts.
pub(super) fn height<'a>(
    texts: impl IntoIterator<Item = &'a str>,
    widths: impl IntoIterator<Item = u32>,
) -> f64 {
    let lines = texts
        .into_iter()
        .zip(widths)
        .map(|(text, width)| wide(text).div_ceil(width.saturating_sub(1).max(1)));
    f64::from(lines.max().unwrap_or(1).clamp(1, LINES_MAX)) * LINE_POINTS
}

/// Widths of a text in characters: Chinese ones and their like take two.
fn wide(text: &str) -> u32 {
    text.chars().map(|c| if c >= '\u{1100}' { 2 } else { 1 }).sum()
}

/// A4 on its side, so many pages wide, with the lesson and the pages' numbers below.
pub(super) fn page(sheet: &mut Worksheet, title: &str, pages_wide: u16) {
    sheet
        .set_landscape()
        .set_paper_size(PAPER_A4)
        .set_print_fit_to_pages(pages_wide, 0)
        .set_margins(MARGIN, MARGIN, 2.0 * MARGIN, 2.0 * MARGIN, MARGIN, MARGIN)
        .set_footer(format!("&L{}&R第 &P 页，共 &N 页", footer_text(title)));
}

/// In a footer `&` begins a code, and Excel refuses more than 255 characters.
fn footer_text(title: &str) -> String {
    title.chars().filter(|&c| c != '&').take(FOOTER_CHARS).collect()
}

/// Writes a cell.
pub(super) fn put(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    formats: &Formats,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text) => sheet.write_string_with_format(row, column, text, &formats.text)?,
        Cell::Count(count) => sheet.write_number_with_format(row, column, exact(*count), &formats.count)?,
        // With its format: a line below the row has no holes.
        Cell::Moment(None) => sheet.write_blank(row, column, &formats.moment)?,
        Cell::Blank => sheet.write_blank(row, column, &formats.count)?,
        Cell::Moment(Some(at)) => {
            sheet.write_datetime_with_format(row, column, &local(*at)?, &formats.moment)?
        }
        Cell::Second(at) => sheet.write_datetime_with_format(row, column, &local(*at)?, &formats.second)?,
        // Whole minutes, as it is shown.
        Cell::Length(seconds) => {
            let minutes = exact(seconds.div_euclid(60));
            sheet.write_number_with_format(row, column, minutes / 1_440.0, &formats.length)?
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

/// A moment as the centres' clocks show it.
fn local(at: i64) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::from_timestamp(at.div_euclid(1000) + SHANGHAI_S)
}

/// A spreadsheet knows no integers, but those below 2^53 exactly; no figure of a centre comes near.
#[expect(clippy::cast_precision_loss, reason = "figures are far below 2^53")]
fn exact(figure: i64) -> f64 {
    figure as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_as_high_as_its_longest_text() {
        let of = |row: &[Cell]| row_height(row, [10, 24]);
        assert!((of(&[Cell::Count(0), Cell::Count(0)]) - LINE_POINTS).abs() < f64::EPSILON);
        let name = Cell::Text("云溪社区服务中心".to_owned());
        assert!((of(&[name, Cell::Count(0)]) - 2.0 * LINE_POINTS).abs() < f64::EPSILON);
        assert!(of(&[Cell::Count(0), Cell::Text("长".repeat(3_000))]) < 409.0);
    }

    #[test]
    fn a_title_is_no_code_of_the_footer() {
        assert_eq!(footer_text("A&P 课"), "AP 课");
        assert_eq!(footer_text(&"长".repeat(300)).chars().count(), FOOTER_CHARS);
    }
}
