//! From coverage to credit hours.

use super::*;

fn level(counted: i64, length: i64) -> (CreditLevel, i64) {
    let credit = credit(&first(counted), &ended(length), &Rule::default(), ZERO);
    (credit.level, credit.hours_milli)
}

#[test]
fn full_credit_from_80_percent_and_half_from_50() {
    let hour = 60 * MIN;
    assert_eq!(level(48 * MIN, hour), (CreditLevel::Full, 1_000));
    assert_eq!(level(48 * MIN - 1, hour), (CreditLevel::Half, 500));
    assert_eq!(level(30 * MIN, hour), (CreditLevel::Half, 500));
    assert_eq!(level(30 * MIN - 1, hour), (CreditLevel::None, 0));
}

#[test]
fn coverage_of_79_99_percent_is_not_80() {
    let credit = credit(&first(2_879_640), &ended(3_600_000), &Rule::default(), ZERO);
    assert_eq!((credit.coverage_bp(), credit.level), (7_999, CreditLevel::Half));
    assert_eq!(credit.needed_full_ms, 2_880_000);
    let odd = super::credit(&first(7), &ended(9), &Rule::default(), ZERO);
    assert_eq!((odd.level, odd.needed_full_ms), (CreditLevel::Half, 8), "7 of 9 is 77 %, 8 is 88 %");
}

#[test]
fn hours_come_from_the_table() {
    assert_eq!(level(30 * MIN, 30 * MIN), (CreditLevel::Full, 1_000));
    assert_eq!(level(30 * MIN - 1, 30 * MIN - 1), (CreditLevel::Full, 500));
    assert_eq!(level(15 * MIN - 1, 15 * MIN - 1), (CreditLevel::Full, 250));
    assert_eq!(level(8 * MIN, 14 * MIN), (CreditLevel::Half, 125));
}

#[test]
fn a_running_lesson_is_measured_against_its_plan_and_then_against_what_it_became() {
    let timeline = live(60);
    let at = |minutes: i64| {
        credit(&first(5 * MIN), &timeline, &Rule::default(), ZERO + minutes * MIN).countable_ms
    };
    assert_eq!(at(5), 60 * MIN);
    assert_eq!(at(75), 75 * MIN, "it runs over");
    let planned = Timeline { zero_at: None, ..live(45) };
    assert_eq!(credit(&first(0), &planned, &Rule::default(), ZERO).needed_full_ms, 36 * MIN);
}

#[test]
fn a_lesson_of_no_length_credits_nobody() {
    assert_eq!(level(0, 0), (CreditLevel::None, 0));
    let all_gap = Timeline { gaps: vec![piece(0, 60 * MIN)], ..ended(60 * MIN) };
    assert_eq!(credit(&first(0), &all_gap, &Rule::default(), ZERO).level, CreditLevel::None);
}

#[test]
fn visits_are_split_by_half_an_hour_and_short_ones_do_not_count() {
    let viewing = |pairs: &[(i64, i64)]| {
        visits(&pairs.iter().map(|&(a, b)| Interval::new(ZERO + a, ZERO + b)).collect())
    };
    assert_eq!(viewing(&[]), Visits { visits: 0, person: false });
    assert_eq!(viewing(&[(0, 29 * S)]), Visits { visits: 0, person: false });
    assert_eq!(viewing(&[(0, 30 * S)]), Visits { visits: 1, person: false });
    assert_eq!(viewing(&[(0, 20 * S), (10 * MIN, 10 * MIN + 40 * S)]), Visits { visits: 1, person: true });
    let apart = 30 * MIN + 40 * S;
    assert_eq!(viewing(&[(0, 40 * S), (apart, apart + 30 * S)]), Visits { visits: 2, person: true });
    assert_eq!(viewing(&[(0, 40 * S), (apart - 1, apart + 30 * S)]).visits, 1);
}
