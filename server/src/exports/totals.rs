//! What the rows of an export add up to, and the places their branches lie in.

use std::collections::HashMap;

use yunke_store::{RollCounts, RollEntry, Unit, UnitKind};

use crate::evidence::Record;

/// Names of the tree, to tell a branch's centre, station and point.
#[derive(Debug, Default)]
pub(super) struct Places {
    by_path: HashMap<String, (UnitKind, String)>,
}

impl Places {
    pub(super) fn new(units: Vec<Unit>) -> Self {
        Self { by_path: units.into_iter().map(|unit| (unit.path, (unit.kind, unit.name))).collect() }
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
        self.seconds += record.credit.counted_ms / 1000;
        self.hours_milli += record.credit.hours_milli;
    }
}
