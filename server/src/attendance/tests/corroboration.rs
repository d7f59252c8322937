//! What a media node saw going out, and what it means for a claim.

use super::*;

const STRICT: fn() -> Rule = || Rule { uncorroborated_counts: false, ..Rule::default() };

/// A node that was heard of for the whole lesson.
const ALWAYS: [Interval; 1] = [Interval { from: ZERO, to: ZERO + 3_600 * S }];

fn sent(lease: LeaseId, from: i64, to: i64) -> Delivered {
    Delivered { lease, stretch: Interval::new(from, to) }
}

fn judged_by(rule: &Rule, beats: &[Beat], delivered: &[Delivered], heard: &[Interval]) -> Judged {
    let testimony = Testimony { delivered, heard };
    let evidence = Evidence { lesson: LESSON, leases: &[lease(1, 0)], beats, rivals: &[], testimony };
    judge(&evidence, &Bounds::new(rule, &live(10), &[]))
}

#[test]
fn what_was_not_delivered_is_marked_and_counts_by_rule() {
    let beats = honest(1, 0, 60 * S);
    let delivered = [sent(1, 0, 20 * S), sent(1, 50 * S, 70 * S)];
    let shown = judged_by(&Rule::default(), &beats, &delivered, &ALWAYS);
    assert_eq!((shown.counted_ms(), shown.uncorroborated_ms()), (60 * S, 22 * S));
    let marked: Vec<_> = shown.beats.iter().flat_map(|(_, v)| v.uncorroborated.clone()).collect();
    assert_eq!(
        marked,
        [Interval::new(24 * S, 30 * S), Interval::new(30 * S, 45 * S), Interval::new(45 * S, 46 * S)]
    );
    assert!(shown.beats.iter().all(|(_, v)| v.outcome == Outcome::Accepted));
    let strict = judged_by(&STRICT(), &beats, &delivered, &ALWAYS);
    assert_eq!((strict.counted_ms(), strict.uncorroborated_ms()), (38 * S, 22 * S));
    let outcomes: Vec<_> = strict.beats.iter().map(|(_, v)| v.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Accepted, Outcome::Accepted, Outcome::Clamped, Outcome::Refused, Outcome::Clamped]
    );
    assert!(strict.beats[3].1.reasons.has(Reason::Uncorroborated));
}

#[test]
fn a_lease_of_which_no_fetch_was_seen_is_never_marked() {
    let beats = honest(1, 0, 60 * S);
    for delivered in [&[][..], &[sent(2, 0, S)], &[sent(1, 5 * S, 5 * S)]] {
        let judged = judged_by(&STRICT(), &beats, delivered, &ALWAYS);
        assert_eq!((judged.counted_ms(), judged.uncorroborated_ms()), (60 * S, 0));
    }
}

#[test]
fn delivery_to_another_lease_corroborates_nothing() {
    let beats = [honest(1, 0, 60 * S), honest(2, 0, 60 * S)].concat();
    let leases = [lease(1, 0), lease(2, 0)];
    let delivered = [sent(1, 0, 2 * S), sent(2, 0, 60 * S)];
    let testimony = Testimony { delivered: &delivered, heard: &ALWAYS };
    let evidence = Evidence { lesson: LESSON, leases: &leases, beats: &beats, rivals: &[], testimony };
    let judged = judge(&evidence, &Bounds::new(&STRICT(), &live(10), &[]));
    assert_eq!((judged.counted_ms(), judged.uncorroborated_ms()), (60 * S, 0), "the other device had it");
    assert!(judged.beats.iter().any(|(beat, v)| beat.lease == 1 && !v.uncorroborated.is_empty()));
}

#[test]
fn where_no_node_was_heard_of_nothing_is_marked() {
    let beats = honest(1, 0, 600 * S);
    let delivered = [sent(1, 0, 60 * S)];
    let heard = |spans: &[(i64, i64)]| {
        spans.iter().map(|&(from, to)| Interval::new(ZERO + from, ZERO + to)).collect::<Vec<_>>()
    };
    let missing =
        |spans: &[(i64, i64)]| judged_by(&STRICT(), &beats, &delivered, &heard(spans)).uncorroborated_ms();
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
    let paused = Beat { state: PlayState::Paused, ..beat(1, 1, 15 * S, 0, 15 * S) };
    let judged = judged_by(&Rule::default(), &[paused], &[sent(1, 0, S)], &ALWAYS);
    assert_eq!(last(&judged).reasons.iter().collect::<Vec<_>>(), [Reason::NotPlaying]);
    assert_eq!(judged.uncorroborated_ms(), 0);
}
