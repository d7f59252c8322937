//! From a judged record to the rows that are kept of it. Pure.

use uuid::Uuid;
use yunke_domain::{Interval, IntervalSet, Position, Utc};
use yunke_store::{MemberResult, ResultCredit, UtcMillis};

use crate::{
    attendance::{CreditLevel, visits},
    calendar::{month_number, start_of_month},
    evidence::Record,
};

/// What a record counts as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    /// Where.
    pub unit_id: Uuid,
    /// When the lesson was started; of an episode: when it was first opened.
    pub began_at: UtcMillis,
    /// UTC of position 0 of a lesson.
    pub zero_at: Option<Utc>,
    /// When the lesson ended.
    pub ended_at: Option<UtcMillis>,
}

/// The rows of a record: one, or two where the lesson went over midnight at the end of a month. The two add up to the whole.
pub(super) fn rows(record: &Record, at: Counted) -> Vec<MemberResult> {
    let month = month_number(at.began_at);
    // Opening what is over changes nothing of the live part.
    let live = at.ended_at.map_or_else(Default::default, |ended_at| {
        let until = Interval::new(Utc::MIN, Utc::new(ended_at));
        let viewing: IntervalSet<Utc> = record.judged.claim.viewing.within(until).into_iter().collect();
        visits(&viewing)
    });
    let whole = MemberResult {
        user_id: record.evidence.user_id,
        month,
        unit_id: at.unit_id,
        continues: false,
        person: record.visits.person,
        live_person: live.person,
        visits: i64::from(record.visits.visits),
        live_visits: i64::from(live.visits),
        counted_ms: record.credit.counted_ms,
        coverage_bp: record.credit.coverage_bp(),
        credit: credit(record.credit.level),
        hours_milli: record.credit.hours_milli,
    };
    split(whole, &record.judged.covered, at.zero_at.filter(|_| at.ended_at.is_some()))
}

fn credit(level: CreditLevel) -> ResultCredit {
    match level {
        CreditLevel::None => ResultCredit::None,
        CreditLevel::Half => ResultCredit::Half,
        CreditLevel::Full => ResultCredit::Full,
    }
}

/// What lies behind midnight at the end of the month is of the next one: learned time by the timeline, hours in proportion.
fn split(whole: MemberResult, covered: &IntervalSet<Position>, zero_at: Option<Utc>) -> Vec<MemberResult> {
    let Some(zero_at) = zero_at else { return vec![whole] };
    let midnight = Position::new(start_of_month(whole.month + 1) - zero_at.ms());
    let after: i64 =
        covered.within(Interval::new(midnight, Position::MAX)).iter().map(|piece| piece.ms()).sum();
    let all = covered.ms();
    if after <= 0 || all <= 0 {
        return vec![whole];
    }
    let part = |of: i64| i64::try_from(i128::from(of) * i128::from(after) / i128::from(all)).unwrap_or(0);
    let rest = MemberResult {
        month: whole.month + 1,
        continues: true,
        person: false,
        live_person: false,
        visits: 0,
        live_visits: 0,
        counted_ms: part(whole.counted_ms),
        hours_milli: part(whole.hours_milli),
        ..whole.clone()
    };
    let first = MemberResult {
        counted_ms: whole.counted_ms - rest.counted_ms,
        hours_milli: whole.hours_milli - rest.hours_milli,
        ..whole
    };
    vec![first, rest]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(month: i64, counted_ms: i64, hours_milli: i64) -> MemberResult {
        MemberResult {
            user_id: Uuid::from_u128(1),
            month,
            unit_id: Uuid::from_u128(2),
            continues: false,
            person: true,
            live_person: true,
            visits: 1,
            live_visits: 1,
            counted_ms,
            coverage_bp: 10_000,
            credit: ResultCredit::Full,
            hours_milli,
        }
    }

    fn covered(pieces: &[(i64, i64)]) -> IntervalSet<Position> {
        pieces.iter().map(|(from, to)| Interval::new(Position::new(*from), Position::new(*to))).collect()
    }

    /// A lesson 23:40–00:20 is split at midnight and its parts add up.
    #[test]
    fn a_lesson_over_midnight_at_the_end_of_a_month_is_split_and_its_parts_add_up() {
        let minute = 60_000;
        let (december, zero_at) = (2027 * 12 + 11, Utc::new(start_of_month(2028 * 12) - 20 * minute));
        let parts = split(whole(december, 40 * minute, 1_000), &covered(&[(0, 40 * minute)]), Some(zero_at));
        let seen: Vec<_> =
            parts.iter().map(|part| (part.month, part.counted_ms, part.hours_milli, part.visits)).collect();
        assert_eq!(seen, [(december, 20 * minute, 500, 1), (december + 1, 20 * minute, 500, 0)]);
        assert!(!parts[1].person && parts[1].continues);
        // Hours that do not divide lose nothing.
        let parts =
            split(whole(december, 29, 250), &covered(&[(20 * minute - 19, 20 * minute + 10)]), Some(zero_at));
        assert_eq!(parts.iter().map(|part| part.hours_milli).collect::<Vec<_>>(), [164, 86]);
        assert_eq!(parts.iter().map(|part| part.counted_ms).sum::<i64>(), 29);
        // Who left before midnight, and a lesson at any other time, have one row.
        for pieces in [vec![(0, 20 * minute)], vec![]] {
            assert_eq!(split(whole(december, 1, 1), &covered(&pieces), Some(zero_at)).len(), 1);
        }
        assert_eq!(split(whole(december, 1, 1), &covered(&[(0, 40 * minute)]), None).len(), 1, "an episode");
    }
}
