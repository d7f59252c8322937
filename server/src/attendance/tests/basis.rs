//! What a judgement stood on: the same number, the same judgement, whatever was found out later.

use proptest::prelude::*;

use super::{properties::any_beat, *};

const SHOWN: i64 = 300 * S;

fn judged(beats: &[Beat], bounds: &Bounds) -> IntervalSet<Utc> {
    let leases = [lease(1, 0), lease(2, 30 * S), lease(3, 150 * S)];
    let evidence =
        Evidence { lesson: LESSON, leases: &leases, beats, rivals: &[], testimony: Testimony::default() };
    judge(&evidence, bounds).claim.viewing
}

fn gap(from: i64, to: i64) -> Timeline {
    Timeline { gaps: vec![piece(from, to)], ..live(10) }
}

#[test]
fn what_came_later_is_not_in_it() {
    let until = ZERO + SHOWN;
    let basis = |bounds: Bounds| bounds.basis(ZERO, until);
    let before = basis(bounds(&live(10)));
    assert_eq!(basis(bounds(&gap(SHOWN + 2 * S, SHOWN + 60 * S))), before, "a gap after it");
    assert_ne!(basis(bounds(&gap(SHOWN - S, SHOWN + 60 * S))), before, "a gap that reaches into it");
    let out = |from: i64, to: i64| {
        Bounds::new(&Rule::default(), &live(10), &[Interval::new(ZERO + from, ZERO + to)])
    };
    assert_eq!(basis(out(SHOWN, SHOWN + 60 * S)), before, "killed after the last receipt");
    assert_ne!(basis(out(SHOWN - 60 * S, SHOWN - S)), before);
    assert_eq!(basis(out(-60 * S, 0)), before, "over before the first lease");
    let over = Timeline { ended_at: Some(until + S), ..ended(SHOWN + 5 * S) };
    assert_eq!(basis(bounds(&over)), before, "the end");
    let sooner = Timeline { ended_at: Some(until - S), ..ended(SHOWN + 5 * S) };
    assert_ne!(basis(bounds(&sooner)), before);
    let rule = Rule { allowance_ms: 4_000, ..Rule::default() };
    assert_ne!(basis(Bounds::new(&rule, &live(10), &[])), before, "another rule");
}

proptest! {
    #[test]
    fn the_same_basis_means_the_same_judgement(
        beats in prop::collection::vec(any_beat(), 0..60),
        gaps in prop::collection::vec((0_i64..600_000, 1_i64..60_000), 0..3),
        outage in 0_i64..900_000,
        ended in prop::option::of(0_i64..900_000),
    ) {
        let beats: Vec<_> = beats.into_iter().filter(|beat| beat.received_at <= ZERO + SHOWN).collect();
        let until = beats.iter().map(|beat| beat.received_at).max().unwrap_or(ZERO);
        let before = bounds(&live(10));
        let later = Timeline {
            gaps: gaps.into_iter().map(|(from, ms)| piece(from, from + ms)).collect(),
            length_ms: ended,
            ended_at: ended.map(|at| ZERO + at + S),
            ..live(10)
        };
        let outages = [Interval::new(ZERO + outage, ZERO + outage + 30 * S)];
        let later = Bounds::new(&Rule::default(), &later, &outages);
        if before.basis(ZERO, until) == later.basis(ZERO, until) {
            prop_assert_eq!(judged(&beats, &before), judged(&beats, &later));
        }
    }
}
