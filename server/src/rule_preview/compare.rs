//! What another rule makes of somebody's evidence, beside what it is worth now. Pure.

use uuid::Uuid;
use yunke_store::RollEntry;

use crate::{
    attendance::{Credit, CreditLevel},
    evidence::Compared,
};

/// How it changes for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RulePreviewShift)]
pub enum Shift {
    /// More hours, or a better level.
    Gains,
    /// Fewer hours, or a worse level.
    Loses,
    /// Another time counts, and it is worth the same.
    Moves,
    /// The raw evidence is gone: it can't be judged.
    Unjudged,
}

/// What somebody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worth {
    /// The level.
    pub level: CreditLevel,
    /// Credit hours × 1000.
    pub hours_milli: i64,
    /// Hundredths of a percent.
    pub coverage_bp: i64,
}

impl From<Credit> for Worth {
    fn from(credit: Credit) -> Self {
        Self { level: credit.level, hours_milli: credit.hours_milli, coverage_bp: credit.coverage_bp() }
    }
}

/// Somebody for whom it changes.
#[derive(Debug, Clone)]
pub struct Change {
    /// Who.
    pub user_id: Uuid,
    /// Their name.
    pub name: String,
    /// The name of their branch then.
    pub branch: Option<String>,
    /// How.
    pub shift: Shift,
    /// What they have, and what they would have; `None`: it can't be judged.
    pub worth: Option<(Worth, Worth)>,
}

/// How many people of a lesson.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChangeCounts {
    /// Whose evidence was looked at.
    pub members: usize,
    /// Who would gain.
    pub gains: usize,
    /// Who would lose.
    pub loses: usize,
    /// Whose time would change, and nothing else.
    pub moves: usize,
    /// Who can't be judged.
    pub unjudged: usize,
}

impl std::ops::AddAssign for ChangeCounts {
    fn add_assign(&mut self, other: Self) {
        self.members += other.members;
        self.gains += other.gains;
        self.loses += other.loses;
        self.moves += other.moves;
        self.unjudged += other.unjudged;
    }
}

/// What was found of a lesson.
#[derive(Debug, Clone)]
pub struct LessonResult {
    /// Which.
    pub lesson_id: Uuid,
    /// Its title.
    pub title: String,
    /// Planned start.
    pub planned_start_at: i64,
    /// The name of the rule it is credited by.
    pub rule_name: String,
    /// And its version.
    pub rule_version: i64,
    /// How many people.
    pub counts: ChangeCounts,
    /// Everybody for whom it changes, as they stand on the roll.
    pub changes: Vec<Change>,
}

impl LessonResult {
    /// Adds somebody who came; `compared`: what there is of them.
    pub(super) fn add(&mut self, entry: &RollEntry, compared: Option<&Compared>) {
        self.counts.members += 1;
        let Some((shift, worth)) = shift(compared) else { return };
        let count = match shift {
            Shift::Gains => &mut self.counts.gains,
            Shift::Loses => &mut self.counts.loses,
            Shift::Moves => &mut self.counts.moves,
            Shift::Unjudged => &mut self.counts.unjudged,
        };
        *count += 1;
        let branch = entry.branch.as_ref().map(|branch| branch.name.clone());
        self.changes.push(Change { user_id: entry.user_id, name: entry.name.clone(), branch, shift, worth });
    }
}

/// How it changes, if it does. Who came and of whom there is no report any more can't be judged.
fn shift(compared: Option<&Compared>) -> Option<(Shift, Option<(Worth, Worth)>)> {
    let Some(Compared { now, then, .. }) = compared.filter(|one| one.reported) else {
        return Some((Shift::Unjudged, None));
    };
    let order = (then.hours_milli, then.level).cmp(&(now.hours_milli, now.level));
    let shift = match order {
        std::cmp::Ordering::Greater => Shift::Gains,
        std::cmp::Ordering::Less => Shift::Loses,
        std::cmp::Ordering::Equal if now.counted_ms != then.counted_ms => Shift::Moves,
        std::cmp::Ordering::Equal => return None,
    };
    Some((shift, Some(((*now).into(), (*then).into()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credit(level: CreditLevel, hours_milli: i64, counted_ms: i64) -> Credit {
        Credit { counted_ms, countable_ms: 100, needed_full_ms: 80, needed_half_ms: 50, level, hours_milli }
    }

    fn judged(now: Credit, then: Credit) -> Option<Shift> {
        let compared = Compared { user_id: Uuid::nil(), reported: true, now, then };
        shift(Some(&compared)).map(|(shift, _)| shift)
    }

    #[test]
    fn a_change_is_what_somebody_gains_or_loses() {
        let (full, half) = (credit(CreditLevel::Full, 1_000, 80), credit(CreditLevel::Half, 500, 60));
        assert_eq!(judged(half, full), Some(Shift::Gains));
        assert_eq!(judged(full, half), Some(Shift::Loses));
        assert_eq!(judged(full, full), None);
        assert_eq!(judged(full, credit(CreditLevel::Full, 1_000, 90)), Some(Shift::Moves));
        assert_eq!(judged(full, credit(CreditLevel::Full, 2_000, 80)), Some(Shift::Gains), "the same level");
        let worthless = |level| credit(level, 0, 80);
        assert_eq!(
            judged(worthless(CreditLevel::Full), worthless(CreditLevel::Half)),
            Some(Shift::Loses),
            "the same hours"
        );
    }

    #[test]
    fn whose_raw_evidence_is_gone_cannot_be_judged() {
        let none = credit(CreditLevel::None, 0, 0);
        let gone = Compared { user_id: Uuid::nil(), reported: false, now: none, then: none };
        assert_eq!(shift(Some(&gone)), Some((Shift::Unjudged, None)));
        assert_eq!(shift(None), Some((Shift::Unjudged, None)));
    }
}
