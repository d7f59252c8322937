//! The rows of a roster, cell by cell as they are meant, each with what is wrong with it. An empty cell says nothing; only a merged
//! branch stands for the rows it is merged over, and nothing else is taken from another row.

use std::collections::HashMap;

use yunke_domain::TextEnum as _;

use super::{
    columns::{Columns, Field},
    lines::{Reason, ReasonCode},
    read::{Cell, Flaw, Row, Table},
};
use crate::{auth::parse_phone, typed};

/// Longest name or number, in characters.
const TEXT_CHARS: usize = 100;

/// What a cell says of something that is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Told<T> {
    /// Nothing: what is kept stays.
    #[default]
    Nothing,
    /// This.
    Is(T),
}

impl<T> Told<T> {
    /// What it says.
    pub fn said(&self) -> Option<&T> {
        match self {
            Self::Nothing => None,
            Self::Is(value) => Some(value),
        }
    }
}

/// A person in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileRow {
    /// Its row as the spreadsheet counts it.
    pub number: u32,
    /// It is hidden in the file.
    pub hidden: bool,
    /// The name; empty where it cannot be used.
    pub name: String,
    /// Names of the branch and of what it is in, from above; empty: none is said.
    pub branch: Vec<String>,
    /// The number, without blanks and country code.
    pub phone: Told<String>,
    /// 成员编号.
    pub member_no: Told<String>,
    /// What is wrong with it.
    pub reasons: Vec<Reason>,
    /// What stands in the columns that mean something, to find and copy it.
    pub cells: Vec<String>,
}

/// All rows below the headings in which something stands. `progress` hears how many there are so far.
pub fn file_rows(table: &Table, columns: &Columns) -> Vec<FileRow> {
    let merged = Merged::of(table, columns);
    let below = table.rows.iter().filter(|row| row.number > columns.header_row);
    below.filter_map(|row| Reading { row, columns, merged: &merged }.read()).collect()
}

/// What a merged cell shows in the rows below its first, by column.
struct Merged<'a>(HashMap<(usize, u32), &'a Cell>);

impl<'a> Merged<'a> {
    fn of(table: &'a Table, columns: &Columns) -> Self {
        let places = [Field::Branch, Field::Station, Field::Point].map(|field| columns.of(field));
        let mut shown = HashMap::new();
        for merge in &table.merges {
            if !places.contains(&Some(merge.column)) || merge.from_row <= columns.header_row {
                continue;
            }
            let at = |number: u32| table.rows.partition_point(|row| row.number < number);
            let first = table.rows.get(at(merge.from_row)).filter(|row| row.number == merge.from_row);
            let Some(cell) = first.and_then(|row| row.cell(merge.column)) else { continue };
            // Only rows there are: a merge may go on to the end of the sheet.
            for row in &table.rows[at(merge.from_row)..at(merge.to_row.saturating_add(1))] {
                shown.insert((merge.column, row.number), cell);
            }
        }
        Self(shown)
    }
}

struct Reading<'a> {
    row: &'a Row,
    columns: &'a Columns,
    merged: &'a Merged<'a>,
}

impl Reading<'_> {
    fn read(&self) -> Option<FileRow> {
        let cells: Vec<String> = (0..self.columns.fields.len())
            .filter(|column| self.columns.fields[*column].is_some())
            .map(|column| self.row.cell(column).map(|cell| cell.text.clone()).unwrap_or_default())
            .collect();
        if cells.iter().all(|text| typed::query(text).is_empty()) {
            return None;
        }
        let mut read =
            FileRow { number: self.row.number, hidden: self.row.hidden, cells, ..FileRow::default() };
        self.flaws(&mut read);
        self.name(&mut read);
        self.branch(&mut read);
        self.phone(&mut read);
        self.member_no(&mut read);
        Some(read)
    }

    fn cell(&self, field: Field) -> Option<&Cell> {
        self.columns.of(field).and_then(|column| self.row.cell(column))
    }

    /// What stands in a cell that can be used; none: it is empty.
    fn text(&self, field: Field) -> Option<String> {
        let cell = self.cell(field).filter(|cell| cell.flaw.is_none())?;
        Some(typed::query(&cell.text)).filter(|text| !text.is_empty())
    }

    fn flaws(&self, read: &mut FileRow) {
        for field in Field::ALL.iter().copied() {
            let Some(flaw) = self.cell(field).and_then(|cell| cell.flaw) else { continue };
            let code = match flaw {
                Flaw::DigitsLost => ReasonCode::DigitsLost,
                Flaw::Error => ReasonCode::CellError,
            };
            read.reasons.push(Reason::about(code, field));
        }
    }

    fn name(&self, read: &mut FileRow) {
        match self.text(Field::Name) {
            None if self.cell(Field::Name).is_some_and(|cell| cell.flaw.is_some()) => {}
            None => read.reasons.push(Reason::about(ReasonCode::NameMissing, Field::Name)),
            Some(text) => {
                let name = without_padding(&text);
                if is_clean(&name) {
                    read.name = name;
                } else {
                    read.reasons.push(Reason::about(ReasonCode::TextInvalid, Field::Name));
                }
            }
        }
    }

    fn branch(&self, read: &mut FileRow) {
        let place = |field| {
            let column = self.columns.of(field)?;
            let cell =
                self.merged.0.get(&(column, self.row.number)).copied().or_else(|| self.row.cell(column))?;
            Some(typed::query(&cell.text)).filter(|text| !text.is_empty())
        };
        let Some(branch) = place(Field::Branch) else { return };
        read.branch =
            [place(Field::Station), place(Field::Point), Some(branch)].into_iter().flatten().collect();
    }

    /// A masked number is none: it was made for people's eyes, and the whole one is kept.
    fn phone(&self, read: &mut FileRow) {
        let Some(text) = self.text(Field::Phone) else { return };
        if is_masked(&text) {
            return;
        }
        match parse_phone(text.strip_suffix(".0").unwrap_or(&text)) {
            Some(number) => read.phone = Told::Is(number),
            None => read.reasons.push(Reason::about(ReasonCode::PhoneInvalid, Field::Phone)),
        }
    }

    fn member_no(&self, read: &mut FileRow) {
        let Some(text) = self.text(Field::MemberNo) else { return };
        let number = typed::number(text.strip_suffix(".0").unwrap_or(&text));
        if is_masked(&number) || !is_clean(&number) {
            read.reasons.push(Reason::about(ReasonCode::TextInvalid, Field::MemberNo));
        } else {
            read.member_no = Told::Is(number);
        }
    }
}

/// `138****1111`
fn is_masked(text: &str) -> bool {
    text.contains(['*', '＊', '×', '●', '•', '#']) && text.chars().any(|letter| letter.is_ascii_digit())
        || (!text.is_empty() && text.chars().all(|letter| letter == '*' || letter == '＊'))
}

fn is_clean(text: &str) -> bool {
    text.chars().count() <= TEXT_CHARS && !text.chars().any(typed::deceives)
}

/// Blanks between Chinese characters only make names equally wide, and so do line ends in a narrow column.
fn without_padding(name: &str) -> String {
    let is_han =
        |letter: char| matches!(u32::from(letter), 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF);
    if name.chars().all(|letter| letter.is_whitespace() || is_han(letter)) {
        return name.chars().filter(|letter| !letter.is_whitespace()).collect();
    }
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}
