//! Workbooks.

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};

use super::{bytes::with_part, reads, refused, texts};
use crate::roster::read::{Flaw, Merge, ReadOptions, Table, read};

const SHEET: &str = "xl/worksheets/sheet1.xml";

/// A workbook of one sheet.
pub(super) fn book(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet());
    book.save_to_buffer().expect("written")
}

fn rows(sheet: &mut Worksheet, count: u32) {
    for row in 0..count {
        sheet.write_string(row, 0, format!("成员{row}")).expect("written");
        sheet.write_string(row, 1, "一支部").expect("written");
    }
}

#[test]
fn phones_that_are_numbers_are_digits_again_and_what_excel_lost_is_said() {
    let table = reads(&book(|sheet| {
        sheet.write_number(0, 0, 13_800_000_001.0).expect("written");
        sheet.write_number(0, 1, 123_456_789_012_345.0).expect("written");
        sheet.write_number(0, 2, 110_101_199_001_011_230.0).expect("written");
        sheet.write_number(0, 3, 1.5).expect("written");
        sheet.write_boolean(0, 4, true).expect("written");
    }));
    assert_eq!(texts(&table)[0].1[..2], ["13800000001", "123456789012345"]);
    let cells = &table.rows[0].cells;
    assert_eq!((cells[1].flaw, cells[2].flaw), (None, Some(Flaw::DigitsLost)));
    assert_eq!((cells[3].text.as_str(), cells[4].text.as_str()), ("1.5", "TRUE"));
}

/// langgenius/dify#1039, tealeg/xlsx#199: the file declares "A1", and the reader believes it.
#[test]
fn a_declared_dimension_is_not_believed() {
    let honest = book(|sheet| rows(sheet, 300));
    assert_eq!(reads(&honest).rows.len(), 300);
    for (from, to) in
        [("<dimension ref=\"A1:B300\"/>", "<dimension ref=\"A1\"/>"), ("<dimension ref=\"A1:B300\"/>", "")]
    {
        let lying = with_part(&honest, SHEET, |text| {
            assert!(text.contains(from), "the writer declares it");
            text.replace(from, to)
        });
        assert_eq!(reads(&lying).rows.len(), 300, "{to}");
    }
}

#[test]
fn two_cells_far_apart_are_two_cells() {
    let table = reads(&book(|sheet| {
        sheet.write_string(0, 0, "姓名").expect("written");
        sheet.write_string(1_048_575, 16_383, "远").expect("written");
        sheet.write_string(1_048_575, 0, "王芳").expect("written");
    }));
    assert_eq!(texts(&table), [(1, vec!["姓名"]), (1_048_576, vec!["王芳"])]);
    assert!(table.columns_left_out);
}

/// SheetJS#2372, #1805, chrono-tz#28, php-src#11215, dayjs#2586: no zone and no summer time comes near a day.
#[test]
fn dates_are_days_of_the_calendar() {
    let days = ["2021-08-23", "1986-05-04", "1988-04-17", "1927-12-31"];
    let bytes = book(|sheet| {
        let format = Format::new().set_num_format("yyyy-mm-dd");
        for (column, day) in (0..).zip(days) {
            let date = ExcelDateTime::parse_from_str(day).expect("a date");
            sheet.write_datetime_with_format(0, column, &date, &format).expect("written");
        }
        let noon = ExcelDateTime::parse_from_str("2021-08-23T12:30").expect("a date");
        sheet.write_datetime_with_format(0, 4, &noon, &format).expect("written");
    });
    let table = reads(&bytes);
    assert_eq!(texts(&table)[0].1[..4], days);
    assert_eq!(texts(&table)[0].1[4], "2021-08-23 12:30");
    // The other way of counting days, of old Macs: the same figures are days 1,462 later.
    let mac = with_part(&bytes, "xl/workbook.xml", |text| {
        text.replace("<workbookPr ", "<workbookPr date1904=\"1\" ")
    });
    assert_eq!(texts(&reads(&mac))[0].1[0], "2025-08-24");
}

#[test]
fn a_phone_in_a_column_of_dates_stays_one() {
    let table = reads(&book(|sheet| {
        let format = Format::new().set_num_format("yyyy-mm-dd");
        sheet.write_number_with_format(0, 0, 13_800_000_001.0, &format).expect("written");
    }));
    assert_eq!(texts(&table)[0].1, ["13800000001"]);
}

#[test]
fn a_formula_is_its_last_result_and_is_said() {
    let table = reads(&book(|sheet| {
        sheet.write_formula(0, 0, Formula::new("=\"王\"&\"芳\"").set_result("王芳")).expect("written");
        sheet.write_formula(0, 1, Formula::new("=1/0").set_result("#DIV/0!")).expect("written");
    }));
    assert_eq!(texts(&table)[0].1[0], "王芳");
    assert_eq!(table.formulas, 2);
}

#[test]
fn hidden_rows_are_read_and_said() {
    let table = reads(&book(|sheet| {
        rows(sheet, 4);
        sheet.set_row_hidden(2).expect("hidden");
    }));
    let hidden: Vec<u32> = table.rows.iter().filter(|row| row.hidden).map(|row| row.number).collect();
    assert_eq!((table.rows.len(), hidden), (4, vec![3]));
}

#[test]
fn merges_over_rows_are_kept_and_others_are_not() {
    let table = reads(&book(|sheet| {
        let format = Format::new();
        sheet.merge_range(0, 0, 0, 3, "二〇二六年名册", &format).expect("merged");
        sheet.merge_range(2, 1, 4, 1, "一支部", &format).expect("merged");
    }));
    assert_eq!(table.merges, [Merge { from_row: 3, to_row: 5, column: 1 }]);
}

#[test]
fn the_first_sheet_that_is_shown_is_read_or_the_one_that_is_named() {
    let mut workbook = Workbook::new();
    for (name, text) in [("旧", "旧"), ("新&名", "新")] {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name).expect("named");
        sheet.write_string(0, 0, text).expect("written");
        sheet.write_string(1, 0, "第二行").expect("written");
    }
    workbook.worksheet_from_index(0).expect("there").set_hidden(true);
    let second = workbook.worksheet_from_index(1).expect("there");
    second.set_active(true);
    second.set_row_hidden(1).expect("hidden");
    let bytes = workbook.save_to_buffer().expect("written");
    let table = reads(&bytes);
    assert_eq!((texts(&table)[0].1[0], table.sheet.as_deref()), ("新", Some("新&名")));
    assert!(table.rows[1].hidden && !table.rows[0].hidden);
    assert_eq!(table.sheets, ["旧", "新&名"]);
    let wanted = |name: &str| {
        let options = ReadOptions { sheet: Some(name.to_owned()), ..ReadOptions::default() };
        read(&bytes, &options, &|_| {})
    };
    assert_eq!(texts(&wanted("旧").expect("read"))[0].1[0], "旧");
    assert_eq!(wanted("没有").expect_err("refused").code, "sheet_missing");
}

#[test]
fn an_empty_book_is_refused() {
    assert_eq!(refused(&book(|_| {})).code, "file_empty");
    assert_eq!(refused(b"").code, "file_empty");
}

#[test]
fn more_rows_than_are_taken_are_refused_by_name() {
    let lines = |count: usize| format!("姓名\n{}", "王\n".repeat(count));
    let table: Table = reads(lines(199_999).as_bytes());
    assert_eq!(table.rows.len(), 200_000);
    let refusal = refused(lines(200_000).as_bytes());
    assert_eq!((refusal.code.as_str(), refusal.limit), ("file_too_many_rows", Some(200_000)));
}
