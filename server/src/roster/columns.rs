//! What the columns of a roster mean, by their headings: found below titles, whatever blanks and marks stand in them, in Chinese and
//! in English, and as the same organizer said it the last time.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use yunke_domain::text_enum;

use super::read::{Row, Table};
use crate::typed;

text_enum! {
    /// What a column means.
    Field {
        /// 姓名
        Name = "name",
        /// 支部, perhaps with its path.
        Branch = "branch",
        /// 站
        Station = "station",
        /// 点
        Point = "point",
        /// 手机
        Phone = "phone",
        /// 成员编号
        MemberNo = "member_no",
    }
}

/// Rows that are searched for the headings.
const TITLE_ROWS: usize = 30;

/// Headings that are remembered of one organizer.
const KNOWN_MAX: usize = 200;

const WORDS: [(Field, &[&str]); 6] = [
    (
        Field::Name,
        &[
            "姓名",
            "名字",
            "学员姓名",
            "党员姓名",
            "成员姓名",
            "人员姓名",
            "员工姓名",
            "name",
            "fullname",
            "membername",
        ],
    ),
    (
        Field::Branch,
        &[
            "支部",
            "党支部",
            "所属支部",
            "所在支部",
            "支部名称",
            "所属党支部",
            "所在党支部",
            "党支部名称",
            "党组织",
            "所属党组织",
            "所在党组织",
            "党组织名称",
            "branch",
            "branchname",
            "partybranch",
        ],
    ),
    (
        Field::Station,
        &["站", "学习站", "党课站", "所属站", "所在站", "站名", "站名称", "站点", "station", "stationname"],
    ),
    (Field::Point, &["点", "学习点", "党课点", "所属点", "所在点", "点名称", "教学点", "point", "pointname"]),
    (
        Field::Phone,
        &[
            "手机",
            "手机号",
            "手机号码",
            "电话",
            "电话号码",
            "联系电话",
            "联系方式",
            "移动电话",
            "联系手机",
            "本人手机",
            "phone",
            "phonenumber",
            "mobile",
            "mobilephone",
            "mobilenumber",
            "telephone",
            "tel",
            "cellphone",
        ],
    ),
    (
        Field::MemberNo,
        &[
            "成员编号",
            "编号",
            "学员编号",
            "党员编号",
            "人员编号",
            "会员编号",
            "学号",
            "工号",
            "memberno",
            "membernumber",
            "memberid",
            "no",
            "number",
            "id",
        ],
    ),
];

/// What headings meant to an organizer: their plain text, and what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownColumns(pub HashMap<String, Option<Field>>);

impl KnownColumns {
    /// Adds what was said now.
    pub fn learn(&mut self, headings: &[String], fields: &[Option<Field>]) {
        for (heading, field) in headings.iter().zip(fields) {
            let heading = plain(heading);
            let room = self.0.len() < KNOWN_MAX || self.0.contains_key(&heading);
            if !heading.is_empty() && room {
                self.0.insert(heading, *field);
            }
        }
    }

    fn meaning(&self, heading: &str) -> Option<Field> {
        let heading = plain(heading);
        match self.0.get(&heading) {
            Some(known) => *known,
            None => {
                WORDS.iter().find(|(_, words)| words.contains(&heading.as_str())).map(|(field, _)| *field)
            }
        }
    }
}

/// Headings and what they mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// The row of the headings; 0: none was found.
    pub header_row: u32,
    /// The headings as they stand there.
    pub headings: Vec<String>,
    /// What each column means.
    pub fields: Vec<Option<Field>>,
}

impl Columns {
    /// The column of a field.
    pub fn of(&self, field: Field) -> Option<usize> {
        self.fields.iter().position(|found| *found == Some(field))
    }

    /// Nothing can be compared without names.
    pub fn is_usable(&self) -> bool {
        self.of(Field::Name).is_some()
    }
}

/// Finds the headings: in the row that is named, else the first with the most known ones.
pub fn find_columns(
    table: &Table,
    header_row: Option<u32>,
    said: Option<&[Option<Field>]>,
    known: &KnownColumns,
) -> Columns {
    let row = match header_row {
        Some(number) => table.rows.iter().find(|row| row.number == number),
        None => best(table, known),
    };
    let Some(row) = row else { return Columns::default() };
    let headings: Vec<String> = row.cells.iter().map(|cell| typed::query(&cell.text)).collect();
    let fields = match said {
        Some(said) => (0..headings.len()).map(|at| said.get(at).copied().flatten()).collect(),
        None => meanings(row, known),
    };
    Columns { header_row: row.number, headings, fields: once(fields) }
}

/// Without a heading that is known, the first row: whoever looks at it can say what it means.
fn best<'a>(table: &'a Table, known: &KnownColumns) -> Option<&'a Row> {
    let count = |row: &&Row| {
        let fields = once(meanings(row, known));
        let named = fields.contains(&Some(Field::Name));
        (named, fields.iter().flatten().count())
    };
    let head = &table.rows[..table.rows.len().min(TITLE_ROWS)];
    // Of equals the first.
    head.iter().rev().max_by_key(count)
}

fn meanings(row: &Row, known: &KnownColumns) -> Vec<Option<Field>> {
    row.cells.iter().map(|cell| known.meaning(&cell.text)).collect()
}

/// A field is one column; the first that means it.
fn once(fields: Vec<Option<Field>>) -> Vec<Option<Field>> {
    let mut seen = Vec::new();
    let first = |field: Option<Field>| {
        let field = field.filter(|field| !seen.contains(field))?;
        seen.push(field);
        Some(field)
    };
    fields.into_iter().map(first).collect()
}

/// A heading without blanks, marks, remarks in brackets and capitals: `* 手 机 号（必填）` is 手机号.
fn plain(heading: &str) -> String {
    let text = typed::number(heading).to_lowercase();
    let (mut out, mut depth) = (String::new(), 0_usize);
    for letter in text.chars() {
        match letter {
            '(' | '[' | '【' => depth += 1,
            ')' | ']' | '】' => depth = depth.saturating_sub(1),
            _ if depth == 0 && letter.is_alphanumeric() => out.push(letter),
            _ => {}
        }
    }
    out
}
