//! Branches by their names as rosters write them, within the organizer's part of the tree. A name that several have needs its path.

use std::collections::HashMap;

use uuid::Uuid;
use yunke_store::{Unit, UnitKind};

use super::lines::{Reason, ReasonCode};
use crate::typed;

/// Paths that are named when several branches may be meant.
const NAMED: usize = 4;

/// The branches of a part of the tree.
pub(super) struct Places<'a> {
    units: HashMap<Uuid, &'a Unit>,
    exact: HashMap<String, Vec<&'a Unit>>,
    loose: HashMap<String, Vec<&'a Unit>>,
}

impl<'a> Places<'a> {
    pub(super) fn of(units: &'a [Unit]) -> Self {
        let (mut exact, mut loose): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = Default::default();
        for unit in units.iter().filter(|unit| unit.kind == UnitKind::Branch) {
            exact.entry(plain(&unit.name)).or_default().push(unit);
            loose.entry(core(&unit.name)).or_default().push(unit);
        }
        Self { units: units.iter().map(|unit| (unit.id, unit)).collect(), exact, loose }
    }

    /// The branch that is meant by names from above, the last of which may be a path itself.
    pub(super) fn find(&self, names: &[String]) -> Result<Uuid, Reason> {
        let Some((branch, above)) = names.split_last() else {
            return Err(Reason::of(ReasonCode::BranchMissing, ""));
        };
        // A name may have a stroke in it.
        let whole = self.called(branch, above);
        let found = if whole.is_empty() {
            let mut path: Vec<&str> =
                branch.split(['/', '／', '›', '>', '\\', '＞']).map(str::trim).collect();
            let last = path.pop().unwrap_or_default();
            let above: Vec<String> = above
                .iter()
                .map(String::as_str)
                .chain(path)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect();
            self.called(last, &above)
        } else {
            whole
        };
        match found[..] {
            [only] => Ok(only.id),
            [] => Err(Reason::of(ReasonCode::BranchUnknown, names.join("/"))),
            _ => {
                let paths: Vec<String> = found.iter().take(NAMED).map(|unit| self.path(unit.id)).collect();
                Err(Reason::of(ReasonCode::BranchAmbiguous, paths.join("、")))
            }
        }
    }

    fn called(&self, name: &str, above: &[String]) -> Vec<&'a Unit> {
        let within = |found: Option<&Vec<&'a Unit>>| -> Vec<&'a Unit> {
            let units = found.into_iter().flatten().copied();
            units.filter(|unit| self.lies_in(unit, above)).collect()
        };
        let exact = within(self.exact.get(&plain(name)));
        if exact.is_empty() { within(self.loose.get(&core(name))) } else { exact }
    }

    /// Whether all of these are above a unit, in this order from above; levels may be left out.
    fn lies_in(&self, unit: &Unit, above: &[String]) -> bool {
        let mut wanted = above.iter().rev().peekable();
        let mut at = unit.parent_id;
        while let (Some(name), Some(parent)) = (wanted.peek(), at.and_then(|id| self.units.get(&id))) {
            if plain(name) == plain(&parent.name) || core(name) == core(&parent.name) {
                wanted.next();
            }
            at = parent.parent_id;
        }
        // What lies above the organizer's part cannot be seen, and is not asked for.
        wanted.peek().is_none() || (at.is_some() && wanted.count() == 1)
    }

    /// Such as 甲站/一支部, from the top of the organizer's part.
    pub(super) fn path(&self, id: Uuid) -> String {
        let mut names = Vec::new();
        let mut at = Some(id);
        while let Some(unit) = at.and_then(|id| self.units.get(&id)) {
            names.push(unit.name.as_str());
            at = unit.parent_id;
        }
        if names.len() > 1 && self.is_alone(id) {
            names.truncate(1);
        }
        names.reverse();
        names.join("/")
    }

    /// No other branch has the name.
    fn is_alone(&self, id: Uuid) -> bool {
        let name = self.units.get(&id).map(|unit| plain(&unit.name));
        name.and_then(|name| self.exact.get(&name)).is_none_or(|units| units.len() == 1)
    }
}

/// Without blanks and marks.
fn plain(name: &str) -> String {
    typed::number(name).chars().filter(|letter| !letter.is_whitespace()).collect::<String>().to_lowercase()
}

/// Without the words that one list has and another has not: 中共一支部委员会, 一党支部 and 一支部 are the same.
fn core(name: &str) -> String {
    let name = plain(name).replace("党支部", "支部");
    let name = name.strip_prefix("中共").unwrap_or(&name);
    name.strip_suffix("委员会").unwrap_or(name).to_owned()
}
