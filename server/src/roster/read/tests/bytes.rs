//! Files made byte by byte.

use std::io::{Cursor, Read as _, Write as _};

use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::roster::read::container;

/// A workbook with one part changed.
pub(super) fn with_part(book: &[u8], name: &str, change: impl Fn(String) -> String) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(book)).expect("an archive");
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).expect("a part");
        let found = part.name().expect("a name").into_owned();
        let mut text = String::new();
        part.read_to_string(&mut text).expect("text");
        writer.start_file(found.as_str(), SimpleFileOptions::default()).expect("begun");
        let text = if found == name { change(text) } else { text };
        writer.write_all(text.as_bytes()).expect("written");
    }
    writer.finish().expect("finished").into_inner()
}

/// A workbook of Excel 97 with one sheet.
#[derive(Default)]
pub(super) struct Old {
    globals: Vec<u8>,
    sheet: Vec<u8>,
}

impl Old {
    pub(super) fn new(texts: &[&str]) -> Self {
        let mut strings = Vec::new();
        for count in [texts.len(), texts.len()] {
            strings.extend(u32::try_from(count).expect("few").to_le_bytes());
        }
        for text in texts {
            let letters: Vec<u16> = text.encode_utf16().collect();
            strings.extend(u16::try_from(letters.len()).expect("short").to_le_bytes());
            strings.push(1);
            strings.extend(letters.iter().flat_map(|letter| letter.to_le_bytes()));
        }
        let mut old = Self::default();
        record(&mut old.globals, 0x0809, &bof(5));
        record(&mut old.globals, 0x00FC, &strings);
        old
    }

    /// One of the shared texts.
    pub(super) fn text(mut self, row: u16, column: u16, text: u32) -> Self {
        let mut data = place(row, column);
        data.extend(text.to_le_bytes());
        record(&mut self.sheet, 0x00FD, &data);
        self
    }

    pub(super) fn number(mut self, row: u16, column: u16, number: f64) -> Self {
        let mut data = place(row, column);
        data.extend(number.to_le_bytes());
        record(&mut self.sheet, 0x0203, &data);
        self
    }

    /// Any record of the sheet.
    pub(super) fn record(mut self, kind: u16, data: &[u8]) -> Self {
        record(&mut self.sheet, kind, data);
        self
    }

    /// Any record before the sheets.
    pub(super) fn global(mut self, kind: u16, data: &[u8]) -> Self {
        record(&mut self.globals, kind, data);
        self
    }

    pub(super) fn file(self) -> Vec<u8> {
        let Self { mut globals, sheet } = self;
        // BOUNDSHEET and EOF follow, of 4 + 6 + 2 + 6 and of 4 bytes.
        let start = u32::try_from(globals.len() + 18 + 4).expect("short");
        let mut bound = start.to_le_bytes().to_vec();
        bound.extend([0, 0, 3, 1]);
        bound.extend("名册1".encode_utf16().flat_map(u16::to_le_bytes));
        record(&mut globals, 0x0085, &bound);
        record(&mut globals, 0x000A, &[]);
        record(&mut globals, 0x0809, &bof(0x10));
        globals.extend(sheet);
        record(&mut globals, 0x000A, &[]);
        container::of_workbook(globals)
    }
}

fn record(into: &mut Vec<u8>, kind: u16, data: &[u8]) {
    into.extend(kind.to_le_bytes());
    into.extend(u16::try_from(data.len()).expect("short").to_le_bytes());
    into.extend(data);
}

fn bof(kind: u16) -> Vec<u8> {
    let mut data = 0x0600_u16.to_le_bytes().to_vec();
    data.extend(kind.to_le_bytes());
    data.extend([0; 12]);
    data
}

fn place(row: u16, column: u16) -> Vec<u8> {
    [row, column, 0].iter().flat_map(|half| half.to_le_bytes()).collect()
}
