//! One budget per member and item, over all leases, devices and visits.

use proptest::prelude::*;

use super::*;

const LENGTH: i64 = 45 * MIN;

/// Lease `id` claims the `id`-th stretch of `ms`, in one beat received `at` ms after zero.
fn stretch(id: LeaseId, at: i64, ms: i64) -> Beat {
    let from = i64::try_from(id).expect("few") * ms % LENGTH;
    beat(id, 1, at, from, from + ms)
}

fn many(leases: u128, issued: i64) -> Vec<LeaseTerms> {
    (0..leases).map(|id| lease(id, issued)).collect()
}

#[test]
fn hundreds_of_leases_at_once_earn_the_allowance_once() {
    let beats: Vec<_> = (0..738).map(|id| stretch(id, 2 * LENGTH, 3_660)).collect();
    let got = judged(&ended(LENGTH), &many(738, 2 * LENGTH), &beats).counted_ms();
    assert_eq!(got, 3 * S);
}

#[test]
fn fifty_leases_that_wait_side_by_side_earn_the_time_of_one() {
    let opened = 2 * LENGTH;
    let beats: Vec<_> = (0..50).map(|id| stretch(id, opened + 45 * S, 45 * S)).collect();
    let waited = judged(&ended(LENGTH), &many(50, opened), &beats);
    assert_eq!(waited.counted_ms(), 45 * S + 3 * S);
    assert!(last(&waited).reasons.has(Reason::TooFast));
    let longer: Vec<_> = (0..50).map(|id| stretch(id, opened + 10 * MIN, 45 * S)).collect();
    let got = judged(&ended(LENGTH), &many(50, opened), &longer).counted_ms();
    assert_eq!(got, 45 * S + 3 * S, "ten minutes of silence are one gap, not one a lease");
}

#[test]
fn leases_opened_one_silence_apart_and_heard_of_newest_first_earn_one_silence() {
    let opened = 2 * LENGTH;
    let leases: Vec<_> =
        (0..8).map(|id| lease(id, opened + i64::try_from(id).expect("few") * 45 * S)).collect();
    let now = opened + 8 * 45 * S;
    let beats: Vec<_> = (0..8)
        .map(|id| {
            let n = i64::try_from(id).expect("few");
            beat(id, 1, now + (8 - n) * S, n * 45 * S, (n + 1) * 45 * S)
        })
        .collect();
    let got = judged(&ended(LENGTH), &leases, &beats).counted_ms();
    assert!(got <= 45 * S + 8 * S + 3 * S, "{got}");
}

#[test]
fn who_comes_late_into_a_live_lesson_does_not_get_what_went_before() {
    let now = 40 * MIN;
    let beats: Vec<_> = (0..543).map(|id| stretch(id, now, 5 * S)).collect();
    assert_eq!(judged(&live(45), &many(543, now - S), &beats).counted_ms(), S + 3 * S);
}

#[test]
fn two_devices_at_two_places_of_a_replay_earn_the_time_that_passed() {
    let opened = 2 * LENGTH;
    let mut beats = Vec::new();
    for step in 1..=20_i64 {
        let seq = u32::try_from(step).expect("few");
        for (id, start) in [(1, 0), (2, 20 * MIN)] {
            let from = start + (step - 1) * 15 * S;
            beats.push(beat(id, seq, opened + step * 15 * S, from, from + 15 * S));
        }
    }
    let got = judged(&ended(LENGTH), &[lease(1, opened), lease(2, opened)], &beats).counted_ms();
    assert_eq!(got, 5 * MIN + 3 * S);
}

#[test]
fn two_devices_in_the_same_live_lesson_keep_every_second() {
    let beats = [honest(1, 0, 20 * MIN), honest(2, 7 * S, 20 * MIN)].concat();
    let both = judged(&live(60), &[lease(1, 0), lease(2, 7 * S)], &beats);
    assert_eq!(both.counted_ms(), 20 * MIN);
    assert!(both.beats.iter().all(|(_, verdict)| verdict.outcome == Outcome::Accepted));
}

#[test]
fn device_b_takes_over_what_device_a_could_not_report() {
    // A plays without a network from 60 s on; B is opened at 70 s; what A kept comes at 100 s.
    let mut beats = honest(1, 0, 60 * S);
    beats.push(beat(1, 90, 100 * S, 60 * S, 70 * S));
    beats.extend(honest(2, 70 * S, 300 * S));
    assert_eq!(judged(&live(60), &[lease(1, 0), lease(2, 70 * S)], &beats).counted_ms(), 300 * S);
}

#[test]
fn a_replay_after_the_live_lesson_adds_what_was_missed() {
    let mut beats = honest(1, 0, 20 * MIN);
    beats.extend(honest(2, 0, 45 * MIN).into_iter().map(|b| Beat {
        received_at: b.received_at + 24 * 60 * MIN,
        source: BeatSource::Replay,
        ..b
    }));
    let leases = [lease(1, 0), lease(2, 24 * 60 * MIN)];
    assert_eq!(judged(&ended(LENGTH), &leases, &beats).counted_ms(), LENGTH);
}

#[test]
fn a_lease_opened_first_and_heard_of_last_keeps_its_time() {
    let beats = [beat(2, 1, 25 * S, 10 * S, 25 * S), beat(1, 1, 26 * S, 0, 26 * S)];
    assert_eq!(judged(&live(60), &[lease(1, 0), lease(2, 10 * S)], &beats).counted_ms(), 26 * S);
}

prop_compose! {
    fn any_claim()(
        lease in 1_u128..9,
        seq in 1_u32..20,
        at in 0_i64..300_000,
        from in 0_i64..1_500_000,
        length in 0_i64..90_000,
        rate_milli in prop::sample::select(vec![500, 1_000, 1_250, 1_500]),
        (mode, visible) in any_look(),
    ) -> Beat {
        Beat { mode, rate_milli, visible, ..beat(lease, seq, LENGTH + at / 1_000 * 1_000, from, from + length) }
    }
}

/// Eight leases, opened one after the other.
fn eight() -> Vec<LeaseTerms> {
    (1..9).map(|id| lease(id, LENGTH + i64::try_from(id * id).expect("few") * S)).collect()
}

proptest! {
    #[test]
    fn in_any_stretch_of_server_time_the_union_grows_by_that_time_once(
        beats in prop::collection::vec(any_claim(), 0..80),
        down in 0_i64..60_000,
    ) {
        let outage = Interval::new(ZERO + LENGTH + 60 * S, ZERO + LENGTH + 60 * S + down);
        let rule = Rule::default();
        let bounds = Bounds::new(&rule, &ended(LENGTH), &[outage]);
        let leases = eight();
        let mut receipts: Vec<Utc> = beats.iter().map(|b| b.received_at).collect();
        receipts.sort_unstable();
        receipts.dedup();
        let covered_by = |at: Utc| {
            let until: Vec<_> = beats.iter().copied().filter(|b| b.received_at <= at).collect();
            let testimony = Testimony::default();
            judge(&Evidence { lesson: LESSON, leases: &leases, beats: &until, rivals: &[], testimony }, &bounds)
                .counted_ms()
        };
        let covered: Vec<i64> = receipts.iter().map(|at| covered_by(*at)).collect();
        let allowed = |ms: i64| ms.max(0) * rule.max_rate_milli / 1_000 + rule.allowance_ms;
        for (end, &at) in receipts.iter().enumerate() {
            // From the first lease on, exactly; …
            prop_assert!(covered[end] <= allowed(at - leases[0].issued_at), "{} by {at:?}", covered[end]);
            for begin in 0..end {
                // … and in between what one silence, and an outage, may have kept back comes on top.
                let most = allowed(at - receipts[begin] + rule.hidden_sound_silence_ms + down);
                prop_assert!(covered[end] - covered[begin] <= most);
            }
        }
    }

    #[test]
    fn any_order_of_any_leases_gives_the_same(
        beats in prop::collection::vec(any_claim(), 0..80),
        shuffle in any::<u64>(),
    ) {
        let bounds = bounds(&ended(LENGTH));
        let mut leases = eight();
        let testimony = Testimony::default();
        let one = judge(&Evidence { lesson: LESSON, leases: &leases, beats: &beats, rivals: &[], testimony }, &bounds);
        let mixed = |at: Utc, seq: u32| (at.ms().cast_unsigned() ^ u64::from(seq)).wrapping_mul(shuffle | 1);
        let mut other = [beats.clone(), beats.clone()].concat();
        // Of one number only one can be stored.
        other.sort_unstable();
        let mut seen = std::collections::HashSet::new();
        other.retain(|b| seen.insert((b.lease, b.seq)));
        other.sort_by_key(|b| mixed(b.received_at, b.seq));
        leases.sort_by_key(|terms| mixed(terms.issued_at, 0));
        let two = judge(&Evidence { lesson: LESSON, leases: &leases, beats: &other, rivals: &[], testimony }, &bounds);
        prop_assert_eq!(one.covered, two.covered);
        prop_assert_eq!(one.beats, two.beats);
    }

    #[test]
    fn who_watches_live_on_any_devices_with_any_reloads_keeps_every_second(
        visits in prop::collection::vec((0_i64..40 * MIN, 1_i64..20 * MIN), 1..8),
        late_ms in 0_i64..2_000,
    ) {
        let mut leases = Vec::new();
        let mut beats = Vec::new();
        let mut seen = IntervalSet::default();
        for (id, (from, ms)) in (1_u128..).zip(visits) {
            leases.push(lease(id, from));
            let to = (from + ms).min(40 * MIN);
            // Reports take their time, each device its own.
            let delay = late_ms * i64::try_from(id).expect("few") / 8;
            beats.extend(honest(id, from, to).into_iter().map(|b| Beat { received_at: b.received_at + delay, ..b }));
            seen.insert(piece(from, to));
        }
        prop_assert_eq!(judged(&live(45), &leases, &beats).covered, seen);
    }
}
