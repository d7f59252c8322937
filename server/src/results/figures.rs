//! An item's results and roll, added up for each unit they lie in. Pure.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;
use yunke_store::{MemberResult, ResultCredit, ResultFigures, RollEntry, Unit, UnitFigures};

/// The tree, to find what is above a unit.
#[derive(Debug)]
pub(super) struct Tree(HashMap<Uuid, Option<Uuid>>);

impl Tree {
    pub(super) fn new(units: &[Unit]) -> Self {
        Self(units.iter().map(|unit| (unit.id, unit.parent_id)).collect())
    }

    /// The unit and those above it.
    fn up(&self, unit: Uuid) -> impl Iterator<Item = Uuid> + '_ {
        // A tree has four levels; whatever stands in the table, this ends.
        std::iter::successors(Some(unit), |unit| self.0.get(unit).copied().flatten())
            .take(self.0.len().max(1))
    }
}

/// What an item adds up to, unit by unit. The unit that gave it has a row also if nobody was there. `roll`: of a lesson; who came to
/// an episode says its results.
pub(super) fn unit_figures(
    tree: &Tree,
    gave: Uuid,
    month: i64,
    roll: Option<&[RollEntry]>,
    results: &[MemberResult],
) -> Vec<UnitFigures> {
    let mut by_unit: BTreeMap<(Uuid, i64), (bool, ResultFigures)> = BTreeMap::new();
    let mut add = |unit: Uuid, month: i64, continues: bool, figures: &ResultFigures| {
        for unit in tree.up(unit) {
            by_unit.entry((unit, month)).or_insert((continues, ResultFigures::default())).1.add(figures);
        }
    };
    if let Some(roll) = roll {
        add(gave, month, false, &ResultFigures::default());
        for entry in roll {
            let unit = entry.branch.as_ref().map_or(gave, |branch| branch.id);
            let figures = ResultFigures {
                invited: i64::from(entry.invited),
                invited_attended: i64::from(entry.invited && entry.attended),
                attended: i64::from(entry.attended),
                excused: i64::from(entry.excuse.is_some() && !entry.attended),
                ..ResultFigures::default()
            };
            add(unit, month, false, &figures);
        }
    }
    for result in results {
        let once = |yes: bool| i64::from(yes && !result.continues);
        let figures = ResultFigures {
            attended: once(roll.is_none()),
            people: once(result.person),
            live_people: once(result.live_person),
            visits: result.visits,
            live_visits: result.live_visits,
            full: once(result.credit == ResultCredit::Full),
            half: once(result.credit == ResultCredit::Half),
            counted_ms: result.counted_ms,
            hours_milli: result.hours_milli,
            ..ResultFigures::default()
        };
        add(result.unit_id, result.month, result.continues, &figures);
    }
    by_unit
        .into_iter()
        .map(|((unit_id, month), (continues, figures))| UnitFigures { unit_id, month, continues, figures })
        .collect()
}

#[cfg(test)]
mod tests {
    use yunke_store::UnitKind;

    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn unit(number: u128, parent: Option<u128>, kind: UnitKind) -> Unit {
        Unit {
            id: id(number),
            parent_id: parent.map(id),
            kind,
            name: String::new(),
            path: format!("/{number}/"),
        }
    }

    fn entry(user: u128, branch: u128, invited: bool, attended: bool, excused: bool) -> RollEntry {
        RollEntry {
            user_id: id(user),
            name: String::new(),
            member_no: None,
            phone: None,
            branch: Some(unit(branch, Some(1), UnitKind::Branch)),
            invited,
            attended,
            excuse: excused.then(String::new),
        }
    }

    fn result(user: u128, unit: u128, month: i64, hours_milli: i64) -> MemberResult {
        MemberResult {
            user_id: id(user),
            month,
            unit_id: id(unit),
            continues: month == 8,
            person: month == 7,
            live_person: false,
            visits: i64::from(month == 7),
            live_visits: 0,
            counted_ms: 60_000,
            coverage_bp: 5_000,
            credit: ResultCredit::Half,
            hours_milli,
        }
    }

    /// Excused who did attend counts once, as attended.
    #[test]
    fn a_unit_has_the_figures_of_all_below_it() {
        let tree = Tree::new(&[
            unit(1, None, UnitKind::Centre),
            unit(2, Some(1), UnitKind::Branch),
            unit(3, Some(1), UnitKind::Branch),
        ]);
        let roll = [
            entry(10, 2, true, true, true),
            entry(11, 2, true, false, true),
            entry(12, 3, true, false, false),
            entry(13, 3, false, true, false),
        ];
        let results = [result(10, 2, 7, 500), result(10, 2, 8, 250), result(13, 3, 7, 100)];
        let all = unit_figures(&tree, id(1), 7, Some(&roll), &results);
        let of = |unit, month| {
            all.iter().find(|one| one.unit_id == id(unit) && one.month == month).expect("a row").figures
        };
        let told = |unit, month| {
            let f = of(unit, month);
            [f.invited, f.invited_attended, f.attended, f.excused, f.people, f.visits, f.half, f.hours_milli]
        };
        assert_eq!(told(2, 7), [2, 1, 1, 1, 1, 1, 1, 500]);
        assert_eq!(told(3, 7), [1, 0, 1, 0, 1, 1, 1, 100]);
        assert_eq!(told(1, 7), [3, 1, 2, 1, 2, 2, 2, 600]);
        assert_eq!(told(1, 8), [0, 0, 0, 0, 0, 0, 0, 250], "the rest of the lesson is counted once");
        assert!(all.iter().filter(|one| one.month == 8).all(|one| one.continues));
        // A lesson that nobody came to is one of the unit that gave it.
        let none = unit_figures(&tree, id(3), 7, Some(&[]), &[]);
        assert_eq!(none.iter().map(|one| one.unit_id).collect::<Vec<_>>(), [id(1), id(3)]);
        assert!(unit_figures(&tree, id(3), 7, None, &[]).is_empty(), "an episode has no roll");
    }
}
