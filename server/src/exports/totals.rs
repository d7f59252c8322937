//! What the rows of an export add up to, and the places their branches lie in.

use std::collections::HashMap;

use yunke_store::{RollCounts, RollEntry, Unit, UnitKind};

use crate::evidence::Record;

/// Names of the tree, to tell a branch's centre, station and point.
#[derive(Debug, Default)]
pub(super) struct Places {
    by_path: HashMap<String, (UnitKind, String)>,
    /// Centres, stations and points, in the order of the tree.
    sites: Vec<Unit>,
}

impl Places {
    pub(super) fn new(units: Vec<Unit>) -> Self {
        let sites = units.iter().filter(|unit| unit.kind != UnitKind::Branch).cloned().collect();
        Self { by_path: units.into_iter().map(|unit| (unit.path, (unit.kind, unit.name))).collect(), sites }
    }

    /// Centres, stations and points, in the order of the tree.
    pub(super) fn sites(&self) -> &[Unit] {
        &self.sites
    }

    /// The unit of this kind that `branch` is or lies in; empty if there is none.
    pub(super) fn name(&self, branch: Option<&Unit>, kind: UnitKind) -> String {
        let Some(branch) = branch else { return String::new() };
        let ends = branch.path.char_indices().filter(|(at, c)| *c == '/' && *at > 0).map(|(at, _)| at);
        ends.filter_map(|end| self.by_path.get(&branch.path[..=end]))
            .find(|(found, _)| *found == kind)
            .map(|(_, name)| name.clone())
            .unwrap_or_default()
    }
}

/// What the rows add up to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// Rows.
    pub people: i64,
    /// Of the rows, who was invited, came, is excused.
    pub counts: RollCounts,
    /// 进入次数.
    pub visits: i64,
    /// 观看秒, of the rounded rows: a sum of the column gives the same.
    pub seconds: i64,
    /// The whole minutes that 观看时长 shows, so that its sum is the sum of what is shown.
    pub minutes: i64,
    /// 人数: who followed it for a minute or longer.
    pub persons: i64,
    /// Who has full credit.
    pub full: i64,
    /// 最终学时 × 1000.
    pub hours_milli: i64,
}

impl Totals {
    pub(super) fn add(&mut self, entry: &RollEntry, record: Option<&Record>) {
        self.people += 1;
        self.counts.invited += i64::from(entry.invited);
        self.counts.excused += i64::from(entry.excuse.is_some() && record.is_none());
        let Some(record) = record else { return };
        self.counts.attended += 1;
        self.counts.invited_attended += i64::from(entry.invited);
        self.visits += i64::from(record.visits.visits);
        let seconds = record.credit.counted_ms / 1000;
        self.seconds += seconds;
        self.minutes += seconds / 60;
        self.persons += i64::from(record.visits.person);
        self.full += i64::from(record.is_full());
        self.hours_milli += record.credit.hours_milli;
    }

    /// Everything of other rows, too.
    pub(super) fn join(&mut self, other: &Self) {
        self.people += other.people;
        self.counts.invited += other.counts.invited;
        self.counts.invited_attended += other.counts.invited_attended;
        self.counts.attended += other.counts.attended;
        self.counts.excused += other.counts.excused;
        self.visits += other.visits;
        self.seconds += other.seconds;
        self.minutes += other.minutes;
        self.persons += other.persons;
        self.full += other.full;
        self.hours_milli += other.hours_milli;
    }
}
