//! Which row is which person.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;
use yunke_store::{PersonColumns, RosterPerson};

use super::facts::PlanFacts;
use crate::roster::{
    lines::{Reason, ReasonCode},
    rows::FileRow,
};

/// The rows or people with a key.
type Index<K> = HashMap<K, Vec<usize>>;

/// Who a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The person with this place in the facts.
    Known(usize),
    /// Somebody new.
    New,
    /// That cannot be said, or must not be.
    Bad(Reason),
}

/// A name as it is compared: 古丽米热•艾比布力 and 古丽米热·艾比布力 are one, and so are 䶮 and its old code point.
pub(super) fn name_key(name: &str) -> String {
    yunke_catalogue::people::plain(name)
}

fn number_key(number: &str) -> String {
    number.to_lowercase()
}

pub(super) struct Matching<'a> {
    rows: &'a [FileRow],
    branches: &'a [Result<Uuid, Reason>],
    facts: PlanFacts<'a>,
    verdicts: Vec<Option<Verdict>>,
    /// The row that has each person.
    taken: HashMap<usize, usize>,
    names: Vec<String>,
}

impl<'a> Matching<'a> {
    pub(super) fn new(
        rows: &'a [FileRow],
        branches: &'a [Result<Uuid, Reason>],
        facts: PlanFacts<'a>,
    ) -> Self {
        let names = rows.iter().map(|row| name_key(&row.name)).collect();
        Self { rows, branches, facts, verdicts: vec![None; rows.len()], taken: HashMap::new(), names }
    }

    pub(super) fn verdicts(mut self) -> Vec<Verdict> {
        self.twice();
        let people = &self.facts.known.people;
        let index = |key: &dyn Fn(&RosterPerson) -> Option<String>| {
            let mut index: Index<String> = HashMap::new();
            for (at, person) in people.iter().enumerate() {
                if let Some(key) = key(person) {
                    index.entry(key).or_default().push(at);
                }
            }
            index
        };
        let by_number = index(&|person| person.columns.member_no.as_deref().map(number_key));
        self.round(&|row, _| row.member_no.said().and_then(|number| by_number.get(&number_key(number))));
        self.elsewhere();
        let by_phone = index(&|person| {
            let phone = person.columns.phone.as_deref()?;
            Some(format!("{}\n{phone}", name_key(&person.columns.name)))
        });
        let names = self.names.clone();
        self.round(&|row, at| by_phone.get(&format!("{}\n{}", names[at], row.phone.said()?)));
        let by_branch = index(&|person| {
            let branch = person.columns.branch_id?;
            Some(format!("{}\n{branch}", name_key(&person.columns.name)))
        });
        let branches = self.branches;
        self.round(&|_, at| by_branch.get(&format!("{}\n{}", names[at], branches[at].as_ref().ok()?)));
        self.verdicts.into_iter().map(|verdict| verdict.unwrap_or(Verdict::New)).collect()
    }

    /// Rows that say the same twice, or give one 成员编号 to two people.
    fn twice(&mut self) {
        let mut by_number: Index<String> = HashMap::new();
        let mut by_text: HashMap<_, usize> = HashMap::new();
        for (at, row) in self.rows.iter().enumerate() {
            let branch = self.branches[at].as_ref().ok().copied();
            let same = (self.names[at].as_str(), branch, row.phone.said(), row.member_no.said());
            if row.name.is_empty() {
                continue;
            }
            if let Some(first) = by_text.get(&same) {
                let number = self.rows[*first].number.to_string();
                self.verdicts[at] = Some(Verdict::Bad(Reason::of(ReasonCode::RowTwice, number)));
                continue;
            }
            by_text.insert(same, at);
            if let Some(number) = row.member_no.said() {
                by_number.entry(number_key(number)).or_default().push(at);
            }
        }
        for rows in by_number.into_values().filter(|rows| rows.len() > 1) {
            for at in &rows {
                let other = rows.iter().find(|other| *other != at).copied().unwrap_or(*at);
                let number = self.rows[other].number.to_string();
                self.verdicts[*at] = Some(Verdict::Bad(Reason::of(ReasonCode::NumberTwice, number)));
            }
        }
    }

    /// A number of somebody whom the organizer must not see is not given to another person.
    fn elsewhere(&mut self) {
        for (at, row) in self.rows.iter().enumerate() {
            let Some(number) = row.member_no.said().filter(|_| self.verdicts[at].is_none()) else { continue };
            if self.facts.elsewhere.contains(&number_key(number)) {
                let reason = Reason::of(ReasonCode::NumberElsewhere, number.as_str());
                self.verdicts[at] = Some(Verdict::Bad(reason));
            }
        }
    }

    fn round<'i>(&mut self, candidates: &dyn Fn(&FileRow, usize) -> Option<&'i Vec<usize>>) {
        let mut wanted: Index<usize> = HashMap::new();
        for (at, row) in self.rows.iter().enumerate() {
            if self.verdicts[at].is_some() || row.name.is_empty() {
                continue;
            }
            let found = candidates(row, at).map_or_else(Vec::new, |found| self.possible(row, at, found));
            match found[..] {
                [] => {}
                [only] => wanted.entry(only).or_default().push(at),
                _ => {
                    let reason = Reason::of(ReasonCode::Ambiguous, row.name.as_str());
                    self.verdicts[at] = Some(Verdict::Bad(reason));
                }
            }
        }
        for (person, rows) in wanted {
            match rows[..] {
                [only] => {
                    self.verdicts[only] = Some(Verdict::Known(person));
                    self.taken.insert(person, only);
                }
                _ => {
                    for at in &rows {
                        let other = rows.iter().find(|other| *other != at).copied().unwrap_or(*at);
                        let number = self.rows[other].number.to_string();
                        self.verdicts[*at] = Some(Verdict::Bad(Reason::of(ReasonCode::PersonTwice, number)));
                    }
                }
            }
        }
    }

    /// Whom a row may be: nobody another row has, nobody whose numbers are others. Of several the one of this name, then of this
    /// branch, then the one who has not left.
    fn possible(&self, row: &FileRow, at: usize, found: &[usize]) -> Vec<usize> {
        let people = &self.facts.known.people;
        let mut possible: Vec<usize> = found
            .iter()
            .copied()
            .filter(|person| !self.taken.contains_key(person))
            .filter(|person| !contradicts(row, &people[*person].columns))
            .collect();
        let branch = self.branches[at].as_ref().ok();
        let narrower: [&dyn Fn(&PersonColumns) -> bool; 3] = [
            &|columns| name_key(&columns.name) == self.names[at],
            &|columns| branch.is_some() && columns.branch_id.as_ref() == branch,
            &|columns| columns.disabled_at.is_none() && columns.branch_id.is_some(),
        ];
        for is_nearer in narrower {
            if possible.len() < 2 {
                break;
            }
            let nearer: HashSet<usize> =
                possible.iter().copied().filter(|person| is_nearer(&people[*person].columns)).collect();
            if !nearer.is_empty() {
                possible.retain(|person| nearer.contains(person));
            }
        }
        possible
    }
}

/// Both say a 成员编号, and not the same; or no number, and not the same phone.
fn contradicts(row: &FileRow, person: &PersonColumns) -> bool {
    match (row.member_no.said(), &person.member_no) {
        (Some(said), Some(kept)) => number_key(said) != number_key(kept),
        _ => matches!((row.phone.said(), &person.phone), (Some(said), Some(kept)) if said != kept),
    }
}
