//! What a replay does not offer can't be claimed from it.

use super::*;

/// A lesson of an hour; the replay was trimmed to [10, 50) min two hours after its start, and hidden an hour later.
fn edited() -> Timeline {
    let offer = |hours: i64, stretch| Offer { from_at: ZERO + hours * 60 * MIN, stretch };
    Timeline {
        ended_at: Some(ZERO + 60 * MIN),
        offers: vec![offer(2, Some(piece(10 * MIN, 50 * MIN))), offer(3, None)],
        ..ended(60 * MIN)
    }
}

/// Three minutes from `from` on, under a lease opened `opened` after the start of the lesson and played at once.
fn played(opened: i64, from: i64, source: BeatSource) -> Judged {
    let beats: Vec<_> = honest(1, 0, 3 * MIN)
        .into_iter()
        .map(|b| Beat {
            received_at: b.received_at + opened,
            from: b.from + from,
            to: b.to + from,
            source,
            ..b
        })
        .collect();
    judged(&edited(), &[lease(1, opened)], &beats)
}

#[test]
fn of_a_trimmed_replay_only_what_is_shown_counts() {
    let hour = 60 * MIN;
    assert_eq!(played(hour, 0, BeatSource::Replay).counted_ms(), 3 * MIN, "before the trim");
    assert_eq!(played(2 * hour, 20 * MIN, BeatSource::Replay).counted_ms(), 3 * MIN);
    let across = played(2 * hour, 9 * MIN, BeatSource::Replay);
    assert_eq!(across.covered.iter().collect::<Vec<_>>(), [piece(10 * MIN, 12 * MIN)]);
    let cut = played(2 * hour, 5 * MIN, BeatSource::Replay);
    assert_eq!((cut.counted_ms(), last(&cut).reasons.has(Reason::NotOffered)), (0, true));
    assert_eq!(played(2 * hour, 5 * MIN, BeatSource::Live).counted_ms(), 0, "it is no live lesson any more");
}

#[test]
fn of_a_hidden_replay_nothing_counts_and_who_opened_it_before_goes_on() {
    let hour = 60 * MIN;
    assert_eq!(played(3 * hour, 20 * MIN, BeatSource::Replay).counted_ms(), 0);
    assert_eq!(played(3 * hour - MIN, 20 * MIN, BeatSource::Replay).counted_ms(), 3 * MIN);
}

#[test]
fn a_lease_of_the_live_lesson_opens_no_replay_and_earns_nothing_long_after_the_end() {
    assert_eq!(played(30 * MIN, 0, BeatSource::Replay).counted_ms(), 0);
    // Live up to the end, some seconds behind; then it goes on claiming what it did not see.
    let mut beats = honest(1, 50 * MIN, 60 * MIN);
    let seq = 1_000;
    beats.extend((0..40).map(|step: u32| {
        let i = i64::from(step);
        beat(1, seq + step, 60 * MIN + (i + 1) * 15 * S, i * 15 * S, (i + 1) * 15 * S)
    }));
    let got = judged(&edited(), &[lease(1, 50 * MIN)], &beats).counted_ms();
    assert_eq!(got, 10 * MIN + 60 * S + 3 * S);
    // What the network held back is taken, also hours later.
    let mut late = honest(1, 50 * MIN, 60 * MIN);
    for beat in late.iter_mut().filter(|b| b.received_at > ZERO + 59 * MIN + 20 * S) {
        beat.received_at = ZERO + 5 * 60 * MIN;
    }
    assert_eq!(judged(&edited(), &[lease(1, 50 * MIN)], &late).counted_ms(), 10 * MIN);
}

#[test]
fn nothing_played_after_it_was_taken_away_counts_whoever_opened_it_before() {
    let timeline = Timeline { closed_at: Some(ZERO + 62 * MIN), offers: vec![], ..edited() };
    let beats: Vec<_> = honest(1, 0, 10 * MIN)
        .into_iter()
        .map(|b| Beat { received_at: b.received_at + 60 * MIN, source: BeatSource::Replay, ..b })
        .collect();
    let got = judged(&timeline, &[lease(1, 60 * MIN)], &beats);
    assert_eq!(got.counted_ms(), 2 * MIN + 3 * S, "and the allowance");
    // Held back by the network, what was played before counts all the same.
    let mut late = beats;
    late.retain(|b| b.to <= Position::new(2 * MIN));
    for b in late.iter_mut().filter(|b| b.to > Position::new(90 * S)) {
        b.received_at = ZERO + 5 * 60 * MIN;
    }
    assert_eq!(judged(&timeline, &[lease(1, 60 * MIN)], &late).counted_ms(), 2 * MIN);
}
