//! Files that were made to do harm, or only look as if.

use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    books::book,
    bytes::{Old, with_part},
    reads, refused, texts,
};
use crate::roster::read::{Merge, ReadOptions, container, read};

fn small() -> Vec<u8> {
    book(|sheet| {
        sheet.write_string(0, 0, "姓名").expect("written");
        sheet.write_string(1, 0, "王芳").expect("written");
    })
}

/// A part of many equal bytes, with a size that the directory lies about.
fn bomb(megabytes: usize, declared: Option<u32>) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(false);
    writer.start_file("xl/workbook.xml", options).expect("begun");
    writer.write_all(b"<workbook/>").expect("written");
    writer.start_file("xl/media/image1.png", options).expect("begun");
    let piece = vec![b'a'; 1 << 20];
    for _ in 0..megabytes {
        writer.write_all(&piece).expect("written");
    }
    let mut bytes = writer.finish().expect("finished").into_inner();
    if let Some(declared) = declared {
        let real = u32::try_from(megabytes << 20).expect("below 4 GB").to_le_bytes();
        for at in 0..bytes.len() - 4 {
            if bytes[at..at + 4] == real {
                bytes[at..at + 4].copy_from_slice(&declared.to_le_bytes());
            }
        }
    }
    bytes
}

/// simstudioai/sim#6166, bobmatnyc/trusty-tools#4894: size checks that trust the directory, which may lie.
#[test]
fn what_inflates_without_end_is_stopped_by_counting() {
    for declared in [None, Some(1024)] {
        let bytes = bomb(320, declared);
        assert!(bytes.len() < 1 << 20, "{} bytes", bytes.len());
        // A directory that lies is found out on the way, or at the end of it.
        let code = refused(&bytes).code;
        assert!(code == "file_too_large_inside" || (declared.is_some() && code == "file_broken"), "{code}");
    }
}

/// excel-plus#36, dataverse#7854: ratio checks that refuse honest files.
#[test]
fn an_honest_book_that_packs_well_is_read() {
    let bytes = with_part(&small(), "xl/styles.xml", |text| {
        text.replace("</styleSheet>", &format!("<!--{}--></styleSheet>", "a".repeat(1_000_000)))
    });
    assert!(1_000_000 / bytes.len() > 100, "{} bytes", bytes.len());
    assert_eq!(reads(&bytes).rows.len(), 2);
}

#[test]
fn a_text_without_an_end_and_a_book_with_too_many_parts_are_refused() {
    let long =
        with_part(&small(), "xl/sharedStrings.xml", |text| text.replace("王芳", &"王".repeat(1 << 20)));
    assert_eq!(refused(&long).code, "file_broken");
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..2_001 {
        writer.start_file(format!("xl/{at}.xml"), SimpleFileOptions::default()).expect("begun");
    }
    let many = writer.finish().expect("finished").into_inner();
    assert_eq!(refused(&many).code, "file_too_large_inside");
}

#[test]
fn other_spreadsheets_and_other_archives_are_refused_with_what_to_do() {
    for (part, code) in [
        ("content.xml", "file_other_spreadsheet"),
        ("xl/workbook.bin", "file_other_spreadsheet"),
        ("a.txt", "file_unknown"),
    ] {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file(part, SimpleFileOptions::default()).expect("begun");
        let bytes = writer.finish().expect("finished").into_inner();
        assert_eq!(refused(&bytes).code, code, "{part}");
    }
    assert_eq!(refused(b"PK\x03\x04 and nothing more").code, "file_broken");
}

#[test]
fn an_old_workbook_is_read_with_its_merges_and_hidden_rows() {
    // Row 3 is hidden (bit 5 of its flags).
    let mut row = 2_u16.to_le_bytes().to_vec();
    row.extend([0; 10]);
    row.extend([0x20, 0, 0, 0]);
    let merges: Vec<u8> = [1_u16, 1, 2, 1, 1].iter().flat_map(|half| half.to_le_bytes()).collect();
    let bytes = Old::new(&["姓名", "支部", "王芳", "李娜", "一支部"])
        .record(0x0208, &row)
        .text(0, 0, 0)
        .text(0, 1, 1)
        .text(1, 0, 2)
        .text(1, 1, 4)
        .text(2, 0, 3)
        .number(2, 2, 13_800_000_001.0)
        .record(0x00E5, &merges)
        .file();
    let table = reads(&bytes);
    assert_eq!(
        texts(&table),
        [(1, vec!["姓名", "支部"]), (2, vec!["王芳", "一支部"]), (3, vec!["李娜", "", "13800000001"])]
    );
    assert_eq!(table.sheets, ["名册1"]);
    assert_eq!(table.merges, [Merge { from_row: 2, to_row: 3, column: 1 }]);
    assert!(table.rows[2].hidden && !table.rows[1].hidden);
}

#[test]
fn an_old_workbook_takes_no_room_for_what_it_only_declares() {
    let whole: Vec<u8> =
        [0_u32, u32::MAX].iter().flat_map(|word| word.to_le_bytes()).chain([0, 0, 0xFF, 0, 0, 0]).collect();
    let declared = Old::new(&["姓名"]).record(0x0200, &whole).text(0, 0, 0).file();
    assert_eq!(reads(&declared).rows.len(), 1);
    let apart = Old::new(&["姓名"]).text(0, 0, 0).text(65_535, 255, 0).file();
    assert_eq!(refused(&apart).code, "file_too_many_cells");
    let long = "王".repeat(30_000);
    let mut repeated = Old::new(&[&long]);
    for row in 0..4_000 {
        repeated = repeated.text(row, 0, 0);
    }
    assert_eq!(refused(&repeated.file()).code, "file_too_large_inside");
}

#[test]
fn a_password_is_named() {
    let old = Old::new(&["姓名"]).global(0x002F, &[1, 0, 1, 0, 1, 0]).text(0, 0, 0).file();
    assert_eq!(refused(&old).code, "file_password");
    // A workbook of today under a password is a compound file with this stream.
    let mut new = container::of_workbook(vec![0; 5_000]);
    let name: Vec<u8> = "Workbook".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = new.windows(name.len()).position(|window| window == name).expect("an entry");
    let other: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    new[at..at + other.len()].copy_from_slice(&other);
    assert_eq!(refused(&new).code, "file_password");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn damaged_files_are_refused_or_read_and_never_break(
        at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(), old in any::<bool>()
    ) {
        let mut bytes = if old { Old::new(&["姓名", "王芳"]).text(0, 0, 0).text(1, 0, 1).file() } else { small() };
        let place = at.index(bytes.len());
        bytes[place] = byte;
        bytes.truncate(cut.index(bytes.len()) + 1);
        // What the reader of spreadsheets cannot stand ends its thread, and the file is refused there.
        let _ = std::panic::catch_unwind(|| read(&bytes, &ReadOptions::default(), &|_| {}).is_ok());
    }
}
