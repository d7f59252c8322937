//! Gaps, ends, devices, days.

use super::*;

fn with_gap(from: i64, to: i64) -> Timeline {
    Timeline { gaps: vec![piece(from, to)], ..live(60) }
}

#[test]
fn while_the_lecturer_is_away_nothing_counts_and_nothing_is_missed() {
    let timeline = Timeline { length_ms: Some(60 * MIN), ..with_gap(10 * MIN, 20 * MIN) };
    let beats = honest(1, 0, 60 * MIN);
    let judged = judged(&timeline, &[lease(1, 0)], &beats);
    assert_eq!(judged.counted_ms(), 50 * MIN);
    let credit = credit(&judged.covered, &timeline, &Rule::default(), ZERO);
    assert_eq!((credit.countable_ms, credit.level), (50 * MIN, CreditLevel::Full));
    assert!(judged.beats.iter().any(|(_, v)| v.reasons.has(Reason::InGap)));
}

#[test]
fn a_replay_jumps_over_the_gap_without_paying_for_it() {
    let timeline = Timeline { length_ms: Some(60 * MIN), ..with_gap(10 * MIN, 20 * MIN) };
    let beats = [beat(1, 1, 70 * MIN + 15 * S, 10 * MIN - 7 * S, 20 * MIN + 8 * S)];
    assert_eq!(judged(&timeline, &[lease(1, 70 * MIN)], &beats).counted_ms(), 15 * S);
}

#[test]
fn a_gap_that_was_filled_afterwards_gives_nothing_and_takes_nothing() {
    let timeline = Timeline { length_ms: Some(60 * MIN), ..with_gap(10 * MIN, 20 * MIN) };
    let later = |from, to| -> Vec<Beat> {
        let beats = honest(1, from, to);
        beats.iter().map(|b| Beat { received_at: b.received_at + 70 * MIN, ..*b }).collect()
    };
    let replay = |from, to| judged(&timeline, &[lease(1, 70 * MIN)], &later(from, to));
    assert_eq!(replay(10 * MIN, 20 * MIN).counted_ms(), 0, "who watches the fill alone");
    let live = judged(&timeline, &[lease(1, 0)], &honest(1, 0, 60 * MIN));
    let whole = replay(0, 60 * MIN);
    assert_eq!(whole.counted_ms(), 50 * MIN);
    let of = |covered| credit(covered, &timeline, &Rule::default(), ZERO);
    assert_eq!(of(&whole.covered).countable_ms, 50 * MIN, "it made the lesson no longer");
    assert_eq!(of(&whole.covered).level, of(&live.covered).level);
}

#[test]
fn nothing_past_the_end_and_nothing_before_the_start_counts() {
    let past = judged(&ended(60 * MIN), &[lease(1, 0)], &[beat(1, 1, 61 * MIN, 59 * MIN + 50 * S, 61 * MIN)]);
    assert_eq!(past.counted_ms(), 10 * S);
    assert!(last(&past).reasons.has(Reason::PastEnd));
    let planned = Timeline { zero_at: None, ..live(60) };
    let early = judged(&planned, &[lease(1, 0)], &[beat(1, 1, 15 * S, 0, 15 * S)]);
    assert!(last(&early).reasons.has(Reason::NotStarted));
    let before = judged(&live(60), &[lease(1, -60 * S)], &[beat(1, 1, -30 * S, 0, 10 * S)]);
    assert_eq!(before.counted_ms(), 0, "the lesson was not on air yet when it arrived");
}

#[test]
fn two_devices_on_the_same_lesson_add_nothing() {
    let mut beats = honest(1, 0, 10 * MIN);
    beats.extend(honest(2, 0, 10 * MIN));
    let both = judged(&live(60), &[lease(1, 0), lease(2, 0)], &beats);
    assert_eq!(both.counted_ms(), 10 * MIN);
    assert_eq!(visits(&both.claim.viewing), Visits { visits: 1, person: true });
}

/// Two devices from the start, the second `behind` the first, which shows nothing of the stretch from 4 min on that is as long.
fn one_behind(behind: i64) -> i64 {
    let mut beats = honest(1, 0, 10 * MIN);
    beats.retain(|b| b.to <= Position::new(4 * MIN) || b.from >= Position::new(4 * MIN + behind));
    let second = honest(2, 0, 10 * MIN - behind);
    beats.extend(second.iter().map(|b| Beat { received_at: b.received_at + behind, ..*b }));
    judged(&live(60), &[lease(1, 0), lease(2, behind)], &beats).counted_ms()
}

#[test]
fn a_device_that_runs_behind_another_adds_what_the_first_missed() {
    assert_eq!(one_behind(15 * S), 10 * MIN);
    assert_eq!(one_behind(30 * S), 10 * MIN);
}

#[test]
fn nobody_is_at_two_places_at_once() {
    // From 6 to 8 min both devices show something new, four minutes in two: what passed counts, and on top the allowance and
    // what is left of one silence (45 s) after the first report (15 s).
    assert_eq!(one_behind(2 * MIN), 8 * MIN + 30 * S + 3 * S);
}

#[test]
fn live_today_and_the_replay_tomorrow_are_one_coverage() {
    let day = 24 * 60 * MIN;
    let mut beats = honest(1, 0, 30 * MIN);
    for (seq, at) in (1_u32..).zip((0..).map(|i| 25 * MIN + i * 15 * S).take(140)) {
        let received = day + at - 25 * MIN + 15 * S;
        beats.push(Beat { source: BeatSource::Replay, ..beat(2, seq, received, at, at + 15 * S) });
    }
    let both = judged(&ended(60 * MIN), &[lease(1, 0), lease(2, day)], &beats);
    assert_eq!(both.counted_ms(), 60 * MIN);
    assert_eq!(visits(&both.claim.viewing).visits, 2);
}

#[test]
fn midnight_leap_day_and_the_clients_clock_do_not_matter() {
    // ZERO is 23:00 on 28 February 2028 in Shanghai: the lesson runs into the leap day. The judgement
    // has no calendar and no client clock in its input, so shifting everything changes nothing.
    let here = judged(&live(180), &[lease(1, 0)], &honest(1, 0, 120 * MIN));
    assert_eq!(here.counted_ms(), 120 * MIN);
    for by in [24 * 60 * MIN, -24 * 60 * MIN, 366 * 24 * 60 * MIN] {
        let moved = Timeline { zero_at: Some(ZERO + by), ..live(180) };
        let beats: Vec<_> =
            honest(1, 0, 120 * MIN).iter().map(|b| Beat { received_at: b.received_at + by, ..*b }).collect();
        let there = judged(&moved, &[lease(1, by)], &beats);
        assert_eq!(there.covered, here.covered);
    }
}

#[test]
fn of_two_lessons_at_once_the_one_turned_to_last_accrues() {
    // Lesson 7 from the start; at 5 min the member opens lesson 8 and comes back at 10 min by a tap.
    let mut own = honest(1, 0, 15 * MIN);
    own.push(Beat { gesture: true, cause: BeatCause::Play, ..beat(1, 900, 10 * MIN, 10 * MIN, 10 * MIN) });
    let other = honest(2, 5 * MIN, 15 * MIN);
    let (terms, rival_terms) = ([lease(1, 0)], [lease(2, 5 * MIN)]);
    let bounds = bounds(&live(60));
    let alone = |lesson, leases, beats, rivals| {
        judge(&Evidence { lesson, leases, beats, rivals, testimony: Testimony::default() }, &bounds)
    };
    let rival = [alone(8, &rival_terms, &other, &[]).claim];
    let own_claim = [alone(LESSON, &terms, &own, &[]).claim];
    let here = alone(LESSON, &terms, &own, &rival);
    let there = alone(8, &rival_terms, &other, &own_claim);
    assert_eq!(here.counted_ms(), 10 * MIN);
    assert_eq!(there.counted_ms(), 5 * MIN);
    assert!(here.beats.iter().any(|(_, v)| v.reasons.has(Reason::OtherLesson)));
    assert!(here.covered.within(piece(5 * MIN, 10 * MIN)).is_empty());
}

#[test]
fn the_same_seq_with_another_body_counts_once_and_the_first_to_arrive() {
    let beats = [beat(1, 1, 15 * S, 0, 15 * S), beat(1, 1, 30 * S, 15 * S, 30 * S)];
    let once = judged(&live(60), &[lease(1, 0)], &beats);
    assert_eq!(once.covered.iter().collect::<Vec<_>>(), [piece(0, 15 * S)]);
}

#[test]
fn a_lost_ack_and_the_same_batch_again_change_nothing() {
    let beats = honest(1, 0, 10 * MIN);
    let mut again = beats.clone();
    again.extend(beats.iter().map(|b| Beat { received_at: b.received_at + 20 * S, ..*b }));
    assert_eq!(judged(&live(60), &[lease(1, 0)], &again), judged(&live(60), &[lease(1, 0)], &beats));
}

#[test]
fn overlapping_claims_are_counted_once() {
    let beats = [
        beat(1, 1, 30 * S, 0, 20 * S),
        beat(1, 2, 40 * S, 10 * S, 30 * S),
        beat(1, 3, 50 * S, 15 * S, 18 * S),
    ];
    assert_eq!(counted(&live(60), &beats), 30 * S);
}

#[test]
fn the_farthest_figures_neither_overflow_nor_earn() {
    for (from, to) in [(0, i64::MAX), (i64::MAX - 1, i64::MAX), (i64::MIN, i64::MAX), (5, -5)] {
        for rate_milli in [1, 1_500, i64::MAX] {
            let beats = [Beat { rate_milli, ..beat(1, 1, 15 * S, from, to) }];
            assert!(counted(&live(60), &beats) <= 18 * S);
        }
    }
}
