//! What a media node saw going out, and what it means for a claim.

use super::*;

const LENIENT: fn() -> Rule = || Rule { uncorroborated_counts: true, ..Rule::default() };

/// A node that was heard of for the whole lesson.
const ALWAYS: [Interval<Utc>; 1] = [Interval { from: ZERO, to: ZERO.saturating_add(3_600 * S) }];

fn sent(from: i64, to: i64) -> Interval<Position> {
    piece(from, to)
}

fn judged_by(rule: &Rule, beats: &[Beat], testimony: Testimony<'_>) -> Judged {
    let evidence = Evidence { lesson: LESSON, leases: &[lease(1, 0)], beats, rivals: &[], testimony };
    judge(&evidence, &Bounds::new(rule, &live(10), &[]))
}

fn told<'a>(delivered: &'a [Interval<Position>], heard: &'a [Interval<Utc>]) -> Testimony<'a> {
    Testimony { delivered, heard, behind_edge: false }
}

#[test]
fn what_was_not_delivered_is_marked_and_counts_by_rule() {
    let beats = honest(1, 0, 60 * S);
    let delivered = [sent(0, 20 * S), sent(50 * S, 70 * S)];
    let shown = judged_by(&LENIENT(), &beats, told(&delivered, &ALWAYS));
    assert_eq!((shown.counted_ms(), shown.uncorroborated_ms()), (60 * S, 22 * S));
    let marked: Vec<_> = shown.beats.iter().flat_map(|(_, v)| v.uncorroborated.clone()).collect();
    assert_eq!(marked, [piece(24 * S, 30 * S), piece(30 * S, 45 * S), piece(45 * S, 46 * S)]);
    assert!(shown.beats.iter().all(|(_, v)| v.outcome == Outcome::Accepted));
    let strict = judged_by(&Rule::default(), &beats, told(&delivered, &ALWAYS));
    assert_eq!((strict.counted_ms(), strict.uncorroborated_ms()), (38 * S, 22 * S));
    let outcomes: Vec<_> = strict.beats.iter().map(|(_, v)| v.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Accepted, Outcome::Accepted, Outcome::Clamped, Outcome::Refused, Outcome::Clamped]
    );
    assert!(strict.beats[3].1.reasons.has(Reason::Uncorroborated));
}

#[test]
fn who_fetched_nothing_watched_nothing() {
    let beats = honest(1, 0, 60 * S);
    for delivered in [&[][..], &[sent(5 * S, 5 * S)]] {
        let judged = judged_by(&Rule::default(), &beats, told(delivered, &ALWAYS));
        assert_eq!((judged.counted_ms(), judged.uncorroborated_ms()), (0, 60 * S));
        let lenient = judged_by(&LENIENT(), &beats, told(delivered, &ALWAYS));
        assert_eq!((lenient.counted_ms(), lenient.uncorroborated_ms()), (60 * S, 60 * S));
    }
    assert_eq!(judged_by(&Rule::default(), &beats, told(&[], &[])).counted_ms(), 60 * S, "nobody looked");
}

#[test]
fn behind_an_edge_nobody_sees_the_fetches_and_all_counts_with_a_mark() {
    let beats = honest(1, 0, 60 * S);
    let delivered = [sent(0, S)];
    let testimony = Testimony { behind_edge: true, ..told(&delivered, &ALWAYS) };
    let judged = judged_by(&Rule::default(), &beats, testimony);
    assert_eq!((judged.counted_ms(), judged.uncorroborated_ms()), (60 * S, 0));
    assert_eq!(last(&judged).reasons.iter().collect::<Vec<_>>(), [Reason::Unobserved]);
    assert_eq!(last(&judged).outcome, Outcome::Accepted);
}

#[test]
fn what_was_sent_under_one_lease_corroborates_the_members_others() {
    // The page took another lease and went on with the media of the first.
    let beats = [honest(1, 0, 30 * S), honest(2, 30 * S, 60 * S)].concat();
    let leases = [lease(1, 0), lease(2, 30 * S)];
    let delivered = [sent(0, 60 * S)];
    let testimony = told(&delivered, &ALWAYS);
    let evidence = Evidence { lesson: LESSON, leases: &leases, beats: &beats, rivals: &[], testimony };
    assert_eq!(judge(&evidence, &bounds(&live(10))).counted_ms(), 60 * S);
}

#[test]
fn where_no_node_was_heard_of_nothing_is_marked() {
    let beats = honest(1, 0, 600 * S);
    let delivered = [sent(0, 60 * S)];
    let heard = |spans: &[(i64, i64)]| {
        spans.iter().map(|&(from, to)| Interval::new(ZERO + from, ZERO + to)).collect::<Vec<_>>()
    };
    let missing = |spans: &[(i64, i64)]| {
        judged_by(&LENIENT(), &beats, told(&delivered, &heard(spans))).uncorroborated_ms()
    };
    assert_eq!(missing(&[]), 0);
    assert_eq!(missing(&[(0, 60 * S)]), 0, "the server heard nothing of the node afterwards");
    assert_eq!(missing(&[(0, 120 * S)]), 56 * S, "beats received up to then, less the slack");
    // The node was away; what it had sent before it came back may still be played for two minutes.
    assert_eq!(missing(&[(0, 60 * S), (200 * S, 600 * S)]), 285 * S);
    assert_eq!(missing(&[(4 * S, 120 * S)]), 56 * S, "a moment after the lease began is soon enough");
    assert_eq!(missing(&[(30 * S, 120 * S)]), 0);
}

#[test]
fn a_claim_that_does_not_count_anyway_is_not_marked() {
    let paused = Beat { state: BeatState::Paused, ..beat(1, 1, 15 * S, 0, 15 * S) };
    let judged = judged_by(&LENIENT(), &[paused], told(&[sent(0, S)], &ALWAYS));
    assert_eq!(last(&judged).reasons.iter().collect::<Vec<_>>(), [Reason::NotPlaying]);
    assert_eq!(judged.uncorroborated_ms(), 0);
}
