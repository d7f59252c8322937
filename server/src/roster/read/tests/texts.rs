//! CSV.

use encoding_rs::{BIG5, GB18030};

use super::{reads, refused, texts};
use crate::roster::read::{Encoding, Flaw, ReadOptions, read};

/// Names of everyday use: with one lost byte each of them is another, as plausible one.
fn names(count: usize) -> String {
    let letters: Vec<char> = "王芳李娜张伟刘洋陈静杨敏赵磊黄丽周强吴军".chars().collect();
    let name = |at: usize| format!("{}{}", letters[at * 2 % 20], letters[(at * 6 + 1) % 20]);
    (0..count).flat_map(|at| [name(at), ",一支部\n".to_owned()]).collect()
}

/// objectui#2557, read-frog#2175: "not UTF-8, so GB18030" makes plausible nonsense of anything.
#[test]
fn a_lost_byte_of_utf8_is_no_gb18030_and_its_row_is_named() {
    let mut bytes = format!("name,branch\n{}", names(500)).into_bytes();
    assert_eq!(reads(&bytes).rows.len(), 501);
    // Row 250 begins behind 249 line ends.
    let ends: Vec<usize> =
        bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at).collect();
    bytes.remove(ends[248] + 2);
    let refusal = refused(&bytes);
    assert_eq!((refusal.code.as_str(), refusal.row), ("encoding_damaged", Some(250)));
}

#[test]
fn gb18030_is_read_where_it_is_chinese() {
    let text = format!("姓名,支部\n{}䶮𠮷,二支部\n", names(20));
    let table = reads(&GB18030.encode(&text).0);
    assert_eq!(table.encoding, Some(Encoding::Gb18030));
    assert_eq!(texts(&table)[21], (22, vec!["䶮𠮷", "二支部"]));
}

#[test]
fn big5_does_not_come_in_as_nonsense_and_can_be_chosen() {
    let text = "姓名,黨支部\n王芳,第一黨支部\n陳靜,第二黨支部\n張偉,第一黨支部\n".repeat(20);
    let bytes = BIG5.encode(&text).0.into_owned();
    let refusal = refused(&bytes);
    assert!(refusal.code.starts_with("encoding_"), "{refusal:?}");
    let options = ReadOptions { encoding: Some(Encoding::Big5), ..ReadOptions::default() };
    let table = read(&bytes, &options, &|_| {}).expect("read");
    assert_eq!((texts(&table)[1].1[1], table.encoding), ("第一黨支部", Some(Encoding::Big5)));
    let options = ReadOptions { encoding: Some(Encoding::Utf8), ..ReadOptions::default() };
    let refusal = read(&bytes, &options, &|_| {}).expect_err("refused");
    assert_eq!((refusal.code.as_str(), refusal.row), ("encoding_damaged", Some(1)));
}

#[test]
fn marks_name_the_encoding() {
    let text = "姓名,支部\r\n王芳,一支部\r\n";
    let marked = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{FEFF}{}", text.replace(',', "\t")).encode_utf16().flat_map(unit).collect()
    };
    for (bytes, encoding) in [
        (format!("\u{FEFF}{text}").into_bytes(), Encoding::Utf8),
        (marked(u16::to_le_bytes), Encoding::Utf16Le),
        (marked(u16::to_be_bytes), Encoding::Utf16Be),
    ] {
        let table = reads(&bytes);
        assert_eq!(texts(&table), [(1, vec!["姓名", "支部"]), (2, vec!["王芳", "一支部"])]);
        assert_eq!(table.encoding, Some(encoding));
    }
}

#[test]
fn rows_are_counted_as_a_spreadsheet_counts_them() {
    let table = reads("sep=;\n\n姓名;支部\n\n\"王\n芳\";\"一;支部\"\n\n李娜;二支部".as_bytes());
    let numbers = |table: &super::Table| table.rows.iter().map(|row| row.number).collect::<Vec<u32>>();
    assert_eq!(numbers(&table), [3, 5, 7]);
    for text in ["\n\na,b\n\nc,d\ne,f", "\r\n\r\na,b\r\n\r\nc,d\r\ne,f\r\n", "\r\ra,b\r\rc,d\re,f"] {
        assert_eq!(numbers(&reads(text.as_bytes())), [3, 5, 6], "{text:?}");
    }
    assert_eq!(texts(&table)[1].1, ["王\n芳", "一;支部"]);
}

/// rocketmq-dashboard#2756, iris-client#443: what protects against formulas changes the data on its way back.
#[test]
fn what_an_export_protected_comes_back_as_it_was() {
    for value in ["'=王", "+8613800000001", "-1", "=cmd", "O'Brien", "'Tis"] {
        let line = format!("姓名\n\"{}\"\n", crate::exports::neutral(value));
        assert_eq!(texts(&reads(line.as_bytes()))[1].1, [value]);
    }
}

#[test]
fn a_number_that_was_saved_short_has_lost_its_digits() {
    let table = reads("姓名,手机\n王芳,1.38E+10\n李娜,13800000001\n".as_bytes());
    assert_eq!(table.rows[1].cells[1].flaw, Some(Flaw::DigitsLost));
    assert_eq!(table.rows[2].cells[1].flaw, None);
}

/// OCA/bank-statement-import#763, xlrd#350, SheetJS#419: tables of web pages called .xls.
#[test]
fn a_web_page_is_refused_with_what_to_do_whatever_it_is_called() {
    for page in [
        "<table><tr><td>姓名</td></tr></table>",
        "\u{FEFF}\n<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><body></body></html>",
        "<!DOCTYPE html><p>",
        "<meta charset=gbk><table>",
        "MIME-Version: 1.0\nContent-Type: multipart/related",
    ] {
        assert_eq!(refused(page.as_bytes()).code, "file_web_page", "{page}");
    }
    let wide: Vec<u8> = "\u{FEFF}<table>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refused(&wide).code, "file_web_page");
    let xml = "<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">";
    assert_eq!(refused(xml.as_bytes()).code, "file_xml_sheet");
    for other in [&b"%PDF-1.7"[..], b"\x89PNG\r\n", b"\xFF\xD8\xFF\xE0"] {
        assert_eq!(refused(other).code, "file_unknown");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    assert_eq!(refused(b"name\0,branch").code, "encoding_unknown");
    assert!(refused(&[0xC3, 0x28, 0xE9, b'\n', 0xE8, b' ']).code.starts_with("encoding_"));
}
