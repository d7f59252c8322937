//! A file to fill in: headings that are known, cells that are text, so that no spreadsheet makes numbers of what is none. With the
//! people there are it is the roster itself, which imported again changes nothing.

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use yunke_store::RosterFacts;

use super::places::Places;

const HEADINGS: [(&str, f64); 4] = [("姓名", 16.0), ("支部", 32.0), ("手机", 16.0), ("成员编号", 20.0)];

const ABOUT: [&str; 6] = [
    "第一张表每行一位成员。“姓名”必填；新成员的“支部”必填，手机和成员编号可以没有。",
    "支部重名时写上所在的站或点，例如：甲站/一支部。",
    "空着的格子不改动已有的内容；打码的手机号（138****1111）也不改动。",
    "先按成员编号认人，再按姓名加手机，再按同一支部内的姓名；认不准的不导入，会列出来。",
    "表里没有的人不会自动离开，导入时可以逐个选择。",
    "Columns: name, branch (with its path if the name is not unique), phone, member number. Empty cells change nothing.",
];

/// The file; with people if there are any.
pub fn template(people: Option<&RosterFacts>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (head, text) = (Format::new().set_bold(), Format::new().set_num_format("@"));
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_name("名册")?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, (heading, width)) in (0..).zip(HEADINGS) {
        sheet.set_column_width(column, width)?;
        sheet.set_column_format(column, &text)?;
        sheet.write_string_with_format(0, column, heading, &head)?;
    }
    if let Some(facts) = people {
        let places = Places::of(&facts.units);
        let here = facts.people.iter().filter(|person| person.columns.disabled_at.is_none());
        for (row, person) in (1..).zip(here.filter(|person| person.columns.branch_id.is_some())) {
            let columns = &person.columns;
            let branch = columns.branch_id.map(|branch| places.path(branch)).unwrap_or_default();
            let phone = columns.phone.as_deref().unwrap_or_default();
            let number = columns.member_no.as_deref().unwrap_or_default();
            for (column, value) in (0..).zip([columns.name.as_str(), &branch, phone, number]) {
                if !value.is_empty() {
                    sheet.write_string_with_format(row, column, value, &text)?;
                }
            }
        }
    }
    let about = book.add_worksheet();
    about.set_name("说明")?;
    about.set_column_width(0, 90.0)?;
    for (row, line) in (0..).zip(ABOUT) {
        about.write_string(row, 0, line)?;
    }
    book.save_to_buffer()
}
