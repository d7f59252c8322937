//! A replay that is trimmed: nobody loses anything, and who has only the rest can have all.

use proptest::prelude::*;

use super::*;

fn trimmed(length_min: i64, trims: &[(i64, i64)]) -> Timeline {
    let trims = trims.iter().map(|&(from, to)| piece(from * MIN, to * MIN)).collect();
    Timeline { trims, ..ended(length_min * MIN) }
}

fn worth(covered: &[(i64, i64)], timeline: &Timeline) -> Credit {
    let covered = covered.iter().map(|&(from, to)| piece(from * MIN, to * MIN)).collect();
    credit(&covered, timeline, &Rule::default(), ZERO)
}

#[test]
fn who_watched_all_of_the_trimmed_replay_has_full_credit() {
    // Twenty minutes of chatter before, ten after.
    let timeline = trimmed(75, &[(20, 65)]);
    let seen = worth(&[(20, 65)], &timeline);
    assert_eq!((seen.level, seen.counted_ms, seen.countable_ms), (CreditLevel::Full, 45 * MIN, 45 * MIN));
    assert_eq!(seen.hours_milli, 1_000);
    assert_eq!(worth(&[(20, 65)], &ended(75 * MIN)).level, CreditLevel::Half, "60 % of the whole");
    assert_eq!(worth(&[(20, 56)], &timeline).level, CreditLevel::Full, "80 % of the rest");
    assert_eq!(worth(&[], &timeline).needed_full_ms, 36 * MIN, "pages speak of what can be watched");
}

#[test]
fn who_watched_live_keeps_what_was_cut_away() {
    // Most of what this member saw is trimmed away afterwards.
    let timeline = trimmed(60, &[(40, 60)]);
    let seen = worth(&[(0, 50)], &timeline);
    assert_eq!((seen.level, seen.counted_ms, seen.countable_ms), (CreditLevel::Full, 50 * MIN, 60 * MIN));
}

#[test]
fn who_has_full_credit_either_way_is_shown_all_that_was_watched() {
    let timeline = trimmed(60, &[(5, 60)]);
    let seen = worth(&[(0, 3), (10, 60)], &timeline);
    assert_eq!((seen.level, seen.counted_ms, seen.countable_ms), (CreditLevel::Full, 53 * MIN, 60 * MIN));
    let rest = worth(&[(5, 60)], &timeline);
    assert_eq!((rest.counted_ms, rest.countable_ms), (55 * MIN, 55 * MIN), "all of what there is now");
}

#[test]
fn a_shorter_rest_is_worth_the_hours_of_a_shorter_lesson() {
    let timeline = trimmed(50, &[(0, 29)]);
    let seen = worth(&[(0, 29)], &timeline);
    assert_eq!((seen.level, seen.hours_milli), (CreditLevel::Full, 500));
    // More of the whole is worth no less.
    let seen = worth(&[(0, 40)], &timeline);
    assert_eq!((seen.level, seen.hours_milli), (CreditLevel::Full, 1_000));
}

#[test]
fn an_excerpt_is_no_measure_of_the_lesson() {
    let second = Timeline { trims: vec![piece(0, S)], ..ended(60 * MIN) };
    let seen = credit(&first(144 * S), &second, &Rule::default(), ZERO);
    assert_eq!((seen.level, seen.countable_ms), (CreditLevel::None, 60 * MIN), "4 % of the lesson");
    assert_eq!(worth(&[(0, 14)], &trimmed(60, &[(0, 14)])).level, CreditLevel::None);
    assert_eq!(
        worth(&[(0, 15)], &trimmed(60, &[(0, 15)])).level,
        CreditLevel::Full,
        "a quarter of it is left"
    );
}

#[test]
fn a_trim_that_was_taken_back_keeps_what_it_gave() {
    let under = worth(&[(20, 65)], &trimmed(75, &[(20, 65)]));
    // Back to the whole: the stretch that stood stays a measure.
    assert_eq!(worth(&[(20, 65)], &trimmed(75, &[(20, 65)])).level, under.level);
    let other = trimmed(75, &[(20, 65), (0, 75)]);
    assert_eq!(worth(&[(20, 65)], &other).level, CreditLevel::Full);
}

#[test]
fn interruptions_leave_the_rest_too_and_a_trim_counts_only_when_the_lesson_is_over() {
    let gaps = vec![piece(30 * MIN, 40 * MIN)];
    let timeline = Timeline { gaps: gaps.clone(), ..trimmed(60, &[(15, 60)]) };
    let seen = worth(&[(15, 30), (40, 53)], &timeline);
    assert_eq!((seen.countable_ms, seen.level), (35 * MIN, CreditLevel::Full));
    let only_gap = Timeline { gaps, ..trimmed(60, &[(31, 39)]) };
    assert_eq!(worth(&[], &only_gap).level, CreditLevel::None);
    let running = Timeline { trims: vec![piece(0, MIN)], ..live(60) };
    assert_eq!(worth(&[(0, 1)], &running).level, CreditLevel::None);
}

prop_compose! {
    fn any_pieces()(pieces in prop::collection::vec((0_i64..600_000, 0_i64..200_000), 0..8)) -> Vec<Interval<Position>> {
        pieces.into_iter().map(|(from, ms)| piece(from, from + ms)).collect()
    }
}

prop_compose! {
    /// With lengths on both sides of the steps of the table of hours.
    fn any_lesson()(minutes in 0_i64..40, gaps in any_pieces()) -> Timeline {
        Timeline { gaps, ..ended(minutes * MIN) }
    }
}

/// What of the pieces lies in the lesson and outside of its gaps, as the judgement leaves it.
fn judged_pieces(pieces: &[Interval<Position>], timeline: &Timeline) -> IntervalSet<Position> {
    let gaps: IntervalSet<_> = timeline.gaps.iter().copied().collect();
    let lesson = piece(0, timeline.length_ms.unwrap_or(0));
    pieces.iter().flat_map(|piece| gaps.outside(piece.and(lesson))).collect()
}

proptest! {
    #[test]
    fn no_trim_lowers_anybodys_credit(
        timeline in any_lesson(),
        pieces in any_pieces(),
        trims in prop::collection::vec((0_i64..2_400_000, 1_000_i64..2_400_000), 1..6),
    ) {
        let covered = judged_pieces(&pieces, &timeline);
        let rule = Rule::default();
        let without = credit(&covered, &timeline, &rule, ZERO);
        let mut before = without;
        let mut timeline = timeline;
        // One trim after the other, and taking one back adds none.
        for (from, ms) in trims {
            timeline.trims.push(piece(from, from + ms));
            let after = credit(&covered, &timeline, &rule, ZERO);
            prop_assert!(after.hours_milli >= before.hours_milli);
            prop_assert!(after.hours_milli > before.hours_milli || after.level >= before.level);
            prop_assert!(after.level >= without.level);
            before = after;
        }
    }

    #[test]
    fn more_evidence_never_lowers_it_and_all_of_the_rest_is_full(
        timeline in any_lesson(),
        pieces in any_pieces(),
        more in any_pieces(),
        (from, ms) in (0_i64..600_000, 1_000_i64..2_400_000),
    ) {
        let timeline = Timeline { trims: vec![piece(from, from + ms)], ..timeline };
        let rule = Rule::default();
        let some = credit(&judged_pieces(&pieces, &timeline), &timeline, &rule, ZERO);
        let all = [pieces, more].concat();
        let both = credit(&judged_pieces(&all, &timeline), &timeline, &rule, ZERO);
        prop_assert!(both.hours_milli >= some.hours_milli);
        prop_assert!(both.counted_ms <= both.countable_ms);
        let rest = judged_pieces(&timeline.trims, &timeline);
        if !rest.is_empty() && rest.ms() * 4 >= denominator(&timeline, ZERO) {
            let seen = credit(&rest, &timeline, &rule, ZERO);
            // Full by the rest, unless half of the whole is worth more.
            prop_assert!(seen.level == CreditLevel::Full || seen.hours_milli >= rule.full_hours_milli(rest.ms()));
        }
    }
}
