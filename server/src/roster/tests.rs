//! From a file to what it would change. Names say whose complaint it was.

use std::{collections::HashSet, fmt::Write as _};

use uuid::Uuid;
use yunke_store::{ImportKind, PersonColumns, RosterFacts, RosterPerson, Unit, UnitKind};

use super::{
    Field, FileRow, KnownColumns, Line, Plan, PlanFacts, ReasonCode, file_rows, find_columns, plan,
    read::{ReadOptions, Table, read},
};

mod columns;
mod leaving;
mod matching;
mod rows;

const ACTOR: Uuid = Uuid::from_u128(99);
const STATION_A: Uuid = Uuid::from_u128(1);
const STATION_B: Uuid = Uuid::from_u128(2);
const FIRST: Uuid = Uuid::from_u128(11);
const SECOND: Uuid = Uuid::from_u128(12);
/// 一支部 of the other station.
const NAMESAKE: Uuid = Uuid::from_u128(13);

fn unit(id: Uuid, parent: Option<Uuid>, kind: UnitKind, name: &str, path: &str) -> Unit {
    Unit { id, parent_id: parent, kind, name: name.to_owned(), path: path.to_owned() }
}

/// 甲站 with 一支部 and 二支部, 乙站 with another 一支部.
fn town() -> RosterFacts {
    let centre = Uuid::from_u128(100);
    let units = vec![
        unit(centre, None, UnitKind::Centre, "中心", "/1/"),
        unit(STATION_A, Some(centre), UnitKind::Station, "甲站", "/1/1/"),
        unit(STATION_B, Some(centre), UnitKind::Station, "乙站", "/1/2/"),
        unit(FIRST, Some(STATION_A), UnitKind::Branch, "一支部", "/1/1/1/"),
        unit(SECOND, Some(STATION_A), UnitKind::Branch, "二支部", "/1/1/2/"),
        unit(NAMESAKE, Some(STATION_B), UnitKind::Branch, "一支部", "/1/2/1/"),
    ];
    RosterFacts { people: Vec::new(), units }
}

/// Somebody of a branch.
fn person(id: u128, name: &str, branch: Uuid, phone: &str, number: &str) -> RosterPerson {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let columns = PersonColumns {
        name: name.to_owned(),
        phone: said(phone),
        member_no: said(number),
        branch_id: Some(branch),
        disabled_at: None,
    };
    RosterPerson { id: Uuid::from_u128(id), columns, has_roles: false, within: true }
}

fn with(people: Vec<RosterPerson>) -> RosterFacts {
    RosterFacts { people, ..town() }
}

fn table(csv: &str) -> Table {
    read(csv.as_bytes(), &ReadOptions::default(), &|_| {}).expect("read")
}

fn file(csv: &str) -> Vec<FileRow> {
    let table = table(csv);
    file_rows(&table, &find_columns(&table, None, None, &KnownColumns::default()))
}

fn planned(csv: &str, facts: &RosterFacts) -> Plan {
    let elsewhere = HashSet::from(["e1".to_owned()]);
    plan(&file(csv), PlanFacts { known: facts, elsewhere: &elsewhere, actor_id: ACTOR }, &|_| {})
}

/// What is done for each row, and why not.
fn said(plan: &Plan) -> Vec<(Option<u32>, ImportKind, Vec<ReasonCode>)> {
    let reasons = |line: &Line| line.reasons.iter().map(|reason| reason.code).collect();
    plan.lines.iter().map(|line| (line.row, line.kind, reasons(line))).collect()
}

fn changed(plan: &Plan) -> Vec<(Field, Option<&str>)> {
    let changes = plan.lines.iter().flat_map(|line| &line.changes);
    changes.map(|change| (change.field, change.to.as_deref())).collect()
}

#[test]
fn a_thousand_rows_imported_twice_change_nothing_the_second_time() {
    let mut csv = "姓名,支部,手机,成员编号\n".to_owned();
    for at in 0..1000 {
        writeln!(csv, "成员{},甲站/一支部,1380000{at:04},N{at}", at % 400).expect("memory");
    }
    let first = planned(&csv, &town());
    assert_eq!((first.counts().add, first.counts().bad), (1000, 0));
    let people = first.writes.iter().enumerate().map(|(at, write)| RosterPerson {
        id: Uuid::from_u128(1000 + at as u128),
        columns: write.after.clone(),
        has_roles: false,
        within: true,
    });
    let again = planned(&csv, &with(people.collect()));
    assert_eq!((again.counts().same, again.writes.len(), again.leavers.len()), (1000, 0, 0));
}
