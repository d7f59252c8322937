//! From coverage to credit, and from viewing time to visits: integer rules, nothing else.

use yunke_domain::{Interval, IntervalSet, Position, Utc};

use super::{evidence::Timeline, rule::Rule};

/// A visit is at least this much viewing …
const VISIT_MS: i64 = 30_000;
/// … and two are apart when at least this long nothing was watched.
const VISIT_GAP_MS: i64 = 30 * 60_000;
/// A person is at least this much viewing.
const PERSON_MS: i64 = 60_000;

/// A trim is a measure of the lesson if it leaves at least one part of so many.
const MEASURE_PART: i64 = 4;

/// How much credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CreditLevel {
    /// Below half.
    None,
    /// Half of the hours.
    Half,
    /// All of them.
    Full,
}

impl CreditLevel {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Half => "half",
            Self::Full => "full",
        }
    }
}

/// Coverage and what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credit {
    /// Milliseconds that count.
    pub counted_ms: i64,
    /// Milliseconds that could be watched: the denominator.
    pub countable_ms: i64,
    /// The least that gives full credit.
    pub needed_full_ms: i64,
    /// The least that gives half credit.
    pub needed_half_ms: i64,
    /// What it gives.
    pub level: CreditLevel,
    /// Credit hours × 1000.
    pub hours_milli: i64,
}

impl Credit {
    /// Coverage in hundredths of a percent, rounded down, so that 79.99 % never reads 80 %.
    pub fn coverage_bp(&self) -> i64 {
        if self.countable_ms == 0 { 0 } else { self.counted_ms * 10_000 / self.countable_ms }
    }
}

/// Milliseconds of the lesson that can be watched: its length without the gaps; while it is not over,
/// at least the planned length, so that nobody has "full credit" after a minute.
pub fn denominator(timeline: &Timeline, now: Utc) -> i64 {
    let gaps = timeline.gaps.iter().copied().collect();
    match (timeline.length_ms, timeline.zero_at) {
        (Some(length), _) => without(&gaps, up_to(Position::new(length))),
        (None, Some(zero_at)) => without(&gaps, up_to(zero_at.position_of(now))).max(timeline.planned_ms),
        (None, None) => timeline.planned_ms,
    }
}

/// What `covered` of a lesson is worth at `now` (which matters only while the lesson is not over).
///
/// Measured by the whole lesson and, once it is over, by every stretch its replay was trimmed to that leaves a quarter of
/// it, or by each other form it has or had; what is worth most counts. So nobody loses anything by a trim or by taking it back, and who has only the trimmed replay can have all.
pub fn credit(covered: &IntervalSet<Position>, timeline: &Timeline, rule: &Rule, now: Utc) -> Credit {
    let whole = measured(covered.ms(), denominator(timeline, now), rule);
    let Some(length) = timeline.length_ms else { return whole };
    let gaps = timeline.gaps.iter().copied().collect();
    let by_trims = timeline.trims.iter().filter_map(|trim| {
        let shown = trim.and(up_to(Position::new(length)));
        let countable_ms = without(&gaps, shown);
        // A shorter rest is an excerpt, and no measure of the lesson.
        if countable_ms.saturating_mul(MEASURE_PART) < whole.countable_ms {
            return None;
        }
        let counted_ms = covered.within(shown).iter().map(|piece| piece.ms()).sum();
        Some(measured(counted_ms, countable_ms, rule))
    });
    let by_forms = timeline.forms.iter().map(|form| {
        let all = up_to(Position::new(form.length_ms));
        let counted_ms = covered.within(all).iter().map(|piece| piece.ms()).sum();
        measured(counted_ms, without(&gaps, all), rule)
    });
    // Of what is worth the same: on the way to full credit the one that is nearest, then the one that shows most of what was
    // watched, then the last, which is what can be watched now.
    let rank = |credit: &Credit| {
        let nearness = if credit.level == CreditLevel::Full { 0 } else { credit.coverage_bp() };
        (credit.hours_milli, credit.level, nearness, credit.counted_ms)
    };
    std::iter::once(whole).chain(by_trims).chain(by_forms).max_by_key(rank).unwrap_or(whole)
}

/// A timeline from its beginning.
fn up_to(end: Position) -> Interval<Position> {
    Interval::new(Position::ZERO, end)
}

/// Milliseconds of `whole` outside of the gaps.
fn without(gaps: &IntervalSet<Position>, whole: Interval<Position>) -> i64 {
    gaps.outside(whole).iter().map(|piece| piece.ms()).sum()
}

/// What `counted_ms` of `countable_ms` is worth.
fn measured(counted_ms: i64, countable_ms: i64, rule: &Rule) -> Credit {
    let needed = |percent: i64| (countable_ms.saturating_mul(percent) + 99) / 100;
    let (needed_full_ms, needed_half_ms) = (needed(rule.full_percent), needed(rule.half_percent));
    let level = if countable_ms <= 0 {
        CreditLevel::None
    } else if counted_ms >= needed_full_ms {
        CreditLevel::Full
    } else if counted_ms >= needed_half_ms {
        CreditLevel::Half
    } else {
        CreditLevel::None
    };
    let full_hours = rule.full_hours_milli(countable_ms);
    let hours_milli = match level {
        CreditLevel::Full => full_hours,
        CreditLevel::Half => full_hours / 2,
        CreditLevel::None => 0,
    };
    Credit { counted_ms, countable_ms, needed_full_ms, needed_half_ms, level, hours_milli }
}

/// 人次 of one member, and whether the member is one of the 人数.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Visits {
    /// Visits of at least 30 s, split by 30 min without viewing.
    pub visits: u32,
    /// Viewed at least 60 s.
    pub person: bool,
}

/// Counts a member's visits from the viewing time.
pub fn visits(viewing: &IntervalSet<Utc>) -> Visits {
    let mut count = 0;
    let mut current: Option<(i64, Utc)> = None;
    for span in viewing.iter() {
        current = Some(match current {
            Some((viewed, until)) if span.from - until < VISIT_GAP_MS => (viewed + span.ms(), span.to),
            ended => {
                count += u32::from(ended.is_some_and(|(viewed, _)| viewed >= VISIT_MS));
                (span.ms(), span.to)
            }
        });
    }
    count += u32::from(current.is_some_and(|(viewed, _)| viewed >= VISIT_MS));
    Visits { visits: count, person: viewing.ms() >= PERSON_MS }
}
