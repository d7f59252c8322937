//! What a file is, by its first bytes: names lie, and official systems call web pages .xls.

use super::Refusal;

/// What can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A workbook of Excel 2007 or later.
    Xlsx,
    /// A workbook of Excel 97 to 2003.
    Xls,
    /// Text with delimiters, perhaps.
    Text,
}

const ZIP: &[u8] = b"PK\x03\x04";
const EMPTY_ZIP: &[u8] = b"PK\x05\x06";
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// How much of the beginning is looked at for what gives a web page away.
const HEAD: usize = 4096;

/// Beginnings of files that are no table, whatever they are called.
const OTHERS: [&[u8]; 9] = [
    b"%PDF",
    b"\x89PNG",
    b"\xFF\xD8\xFF",
    b"GIF8",
    b"Rar!",
    b"7z\xBC\xAF",
    b"{\\rtf",
    b"\x1F\x8B",
    EMPTY_ZIP,
];

pub(super) fn of(bytes: &[u8]) -> Result<Kind, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::new("file_empty"));
    }
    if bytes.starts_with(ZIP) {
        return Ok(Kind::Xlsx);
    }
    if bytes.starts_with(COMPOUND) {
        return Ok(Kind::Xls);
    }
    if OTHERS.iter().any(|other| bytes.starts_with(other)) {
        return Err(Refusal::new("file_unknown"));
    }
    // Without the zeros of UTF-16 and its mark, or that of UTF-8, tags read alike in every encoding.
    let head: String = bytes
        .iter()
        .take(HEAD)
        .filter(|byte| byte.is_ascii() && **byte != 0)
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect();
    let head = head.trim_start();
    if head.starts_with("mime-version:") || is_page(head) {
        return Err(Refusal::new("file_web_page"));
    }
    if head.starts_with("<?xml") {
        return Err(Refusal::new(if head.contains("workbook") { "file_xml_sheet" } else { "file_unknown" }));
    }
    Ok(Kind::Text)
}

fn is_page(head: &str) -> bool {
    head.starts_with('<')
        && ["<html", "<table", "<!doctype", "<head", "<meta", "<style", "<body", "<div"]
            .iter()
            .any(|tag| head.contains(tag))
}
