//! What a file would change: pure, of its rows and of the people and units there are.
//!
//! Who somebody is, is found in three rounds, the surest first, so that a sure row never loses its person to a guess: by 成员编号, by
//! name and phone number, by name within the branch. A candidate whose numbers contradict the row is none; two candidates are a bad
//! row that says so, never a choice.

mod facts;
mod matching;

use std::collections::HashSet;

use uuid::Uuid;
use yunke_store::{ImportKind, ImportWrite, PersonColumns, RosterPerson};

pub use self::facts::PlanFacts;
use self::matching::{Matching, Verdict};
use super::{
    columns::Field,
    lines::{FieldChange, Line, LineCounts, Reason, ReasonCode},
    places::Places,
    rows::FileRow,
};
use crate::auth::mask_phone;

/// What a file would change.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Every row, and who might leave.
    pub lines: Vec<Line>,
    /// What is written for rows: of new people the id is nil.
    pub writes: Vec<ImportWrite>,
    /// Who might leave, if they are chosen.
    pub leavers: Vec<ImportWrite>,
}

impl Plan {
    /// How many lines do what.
    pub fn counts(&self) -> LineCounts {
        LineCounts::of(&self.lines)
    }
}

/// Compares. `progress` hears how many rows there are so far.
pub fn plan(rows: &[FileRow], facts: PlanFacts<'_>, progress: &dyn Fn(usize)) -> Plan {
    let places = Places::of(&facts.known.units);
    let branches: Vec<Result<Uuid, Reason>> = rows.iter().map(|row| places.find(&row.branch)).collect();
    let verdicts = Matching::new(rows, &branches, facts).verdicts();
    let mut planning =
        Planning { places, facts, plan: Plan::default(), stays: HashSet::new(), named: HashSet::new() };
    for (at, ((row, branch), verdict)) in rows.iter().zip(&branches).zip(verdicts).enumerate() {
        planning.row(row, branch.as_ref(), verdict);
        if at % 500 == 0 {
            progress(at);
        }
    }
    planning.leavers(&branches);
    planning.plan
}

struct Planning<'a> {
    places: Places<'a>,
    facts: PlanFacts<'a>,
    plan: Plan,
    /// People whom some row is about.
    stays: HashSet<Uuid>,
    /// Names of rows with something wrong: whoever is called so may be meant.
    named: HashSet<String>,
}

impl Planning<'_> {
    fn row(&mut self, row: &FileRow, branch: Result<&Uuid, &Reason>, verdict: Verdict) {
        let mut reasons = row.reasons.clone();
        let person = match verdict {
            Verdict::Known(at) => Some(&self.facts.known.people[at]),
            Verdict::New => None,
            Verdict::Bad(reason) => {
                reasons.push(reason);
                None
            }
        };
        if let Some(person) = person {
            self.stays.insert(person.id);
        }
        // Without a branch somebody known stays where they are; who is new or back needs one.
        let at_home = person.and_then(|person| member_of(&person.columns));
        match branch {
            Err(reason) if !row.branch.is_empty() || at_home.is_none() => reasons.push(reason.clone()),
            _ => {}
        }
        let before = person.map(|person| &person.columns);
        let after = after(row, branch.ok().copied().or(at_home), before);
        let changes = before.map(|before| self.changes(before, &after)).unwrap_or_default();
        if reasons.is_empty() && person.is_some_and(|person| !person.within) && before != Some(&after) {
            reasons.push(Reason::of(ReasonCode::NotYours, row.name.as_str()));
        }
        if !reasons.is_empty() {
            self.named.insert(matching::name_key(&row.name));
            return self.bad(row, reasons);
        }
        let kind = kind_of(before, &after);
        self.plan.lines.push(Line {
            kind,
            row: Some(row.number),
            hidden: row.hidden,
            person_id: person.map(|person| person.id),
            name: after.name.clone(),
            member_no: after.member_no.clone(),
            branch: after.branch_id.map(|branch| self.places.path(branch)),
            changes: if kind == ImportKind::Add { said(&after) } else { changes },
            reasons,
            cells: Vec::new(),
        });
        if kind != ImportKind::Same {
            let id = person.map_or(Uuid::nil(), |person| person.id);
            self.plan.writes.push(ImportWrite { id, kind, before: before.cloned(), after });
        }
    }

    fn bad(&mut self, row: &FileRow, reasons: Vec<Reason>) {
        self.plan.lines.push(Line {
            kind: ImportKind::Bad,
            row: Some(row.number),
            hidden: row.hidden,
            person_id: None,
            name: row.name.clone(),
            member_no: row.member_no.said().cloned(),
            branch: (!row.branch.is_empty()).then(|| row.branch.join("/")),
            changes: Vec::new(),
            reasons,
            cells: row.cells.clone(),
        });
    }

    fn changes(&self, before: &PersonColumns, after: &PersonColumns) -> Vec<FieldChange> {
        let path = |columns: &PersonColumns| columns.branch_id.map(|branch| self.places.path(branch));
        let mut changes = Vec::new();
        let mut add = |field, from: Option<String>, to: Option<String>| {
            changes.push(FieldChange { field, from, to });
        };
        if before.name != after.name {
            add(Field::Name, Some(before.name.clone()), Some(after.name.clone()));
        }
        if before.phone != after.phone {
            add(Field::Phone, before.phone.as_deref().map(mask_phone), after.phone.clone());
        }
        if before.member_no != after.member_no {
            add(Field::MemberNo, before.member_no.clone(), after.member_no.clone());
        }
        if before.branch_id != after.branch_id {
            add(Field::Branch, path(before), path(after));
        }
        changes
    }

    /// Who is of a branch that the file has rows of, and in none of them. People with a role are never proposed, and nobody
    /// who may be meant by a row with something wrong.
    fn leavers(&mut self, branches: &[Result<Uuid, Reason>]) {
        let listed: HashSet<Uuid> =
            branches.iter().filter_map(|branch| branch.as_ref().ok().copied()).collect();
        let leaves = |person: &&RosterPerson| {
            member_of(&person.columns).is_some_and(|branch| listed.contains(&branch))
                && !self.stays.contains(&person.id)
                && !person.has_roles
                && person.within
                && person.id != self.facts.actor_id
                && !self.named.contains(&matching::name_key(&person.columns.name))
        };
        for person in self.facts.known.people.iter().filter(leaves) {
            let columns = &person.columns;
            self.plan.lines.push(Line {
                kind: ImportKind::Leave,
                row: None,
                hidden: false,
                person_id: Some(person.id),
                name: columns.name.clone(),
                member_no: columns.member_no.clone(),
                branch: columns.branch_id.map(|branch| self.places.path(branch)),
                changes: Vec::new(),
                reasons: Vec::new(),
                cells: Vec::new(),
            });
            let (before, after) = (Some(columns.clone()), columns.clone());
            self.plan.leavers.push(ImportWrite { id: person.id, kind: ImportKind::Leave, before, after });
        }
    }
}

/// The branch of somebody who has not left.
fn member_of(columns: &PersonColumns) -> Option<Uuid> {
    columns.branch_id.filter(|_| columns.disabled_at.is_none())
}

/// What an empty cell says nothing of stays.
fn after(row: &FileRow, branch_id: Option<Uuid>, before: Option<&PersonColumns>) -> PersonColumns {
    let kept = |of: fn(&PersonColumns) -> &Option<String>| before.and_then(|before| of(before).clone());
    PersonColumns {
        name: row.name.clone(),
        phone: row.phone.said().cloned().or_else(|| kept(|before| &before.phone)),
        member_no: row.member_no.said().cloned().or_else(|| kept(|before| &before.member_no)),
        branch_id: branch_id.or_else(|| before.and_then(|before| before.branch_id)),
        disabled_at: None,
    }
}

fn kind_of(before: Option<&PersonColumns>, after: &PersonColumns) -> ImportKind {
    match before {
        None => ImportKind::Add,
        Some(before) if before == after => ImportKind::Same,
        // Also who had a role only, and becomes a member.
        Some(before) if member_of(before).is_none() => ImportKind::Return,
        Some(before) if before.branch_id != after.branch_id => ImportKind::Move,
        Some(_) => ImportKind::Change,
    }
}

/// What is kept of somebody new, to be looked over.
fn said(after: &PersonColumns) -> Vec<FieldChange> {
    let phone = after.phone.clone().map(|to| FieldChange { field: Field::Phone, from: None, to: Some(to) });
    phone.into_iter().collect()
}
