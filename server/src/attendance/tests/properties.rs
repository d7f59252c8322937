//! What holds whatever is sent.

use proptest::prelude::*;

use super::*;

const LENGTH: i64 = 600 * S;

prop_compose! {
    pub(super) fn any_beat()(
        lease in 1_u128..4,
        seq in 1_u32..60,
        at in 0_i64..900_000,
        from in -50_000_i64..700_000,
        length in -20_000_i64..200_000,
        rate_milli in prop::sample::select(vec![1, 500, 1_000, 1_001, 1_250, 1_500, 2_000, 16_000]),
        state in prop::sample::select(vec![
            BeatState::Playing, BeatState::Playing, BeatState::Playing, BeatState::Paused,
            BeatState::Buffering, BeatState::Ended, BeatState::Left,
        ]),
        cause in prop::sample::select(vec![BeatCause::Tick, BeatCause::Tick, BeatCause::Play, BeatCause::Hide]),
        gesture in any::<bool>(),
        (mode, visible) in any_look(),
    ) -> Beat {
        Beat { state, cause, mode, rate_milli, visible, gesture, ..beat(lease, seq, at / 100 * 100, from, from + length) }
    }
}

prop_compose! {
    fn any_timeline()(
        ended in any::<bool>(),
        gaps in prop::collection::vec((0_i64..LENGTH, 0_i64..60_000), 0..4),
    ) -> Timeline {
        Timeline {
            length_ms: ended.then_some(LENGTH),
            gaps: gaps.into_iter().map(|(from, ms)| piece(from, from + ms)).collect(),
            ..live(10)
        }
    }
}

prop_compose! {
    fn any_delivery()(from in 0_i64..LENGTH, ms in 0_i64..90_000) -> Interval<Position> {
        piece(from, from + ms)
    }
}

/// A node that was heard of all the time.
const ALWAYS: [Interval<Utc>; 1] = [Interval { from: ZERO, to: ZERO.saturating_add(2_000 * S) }];

fn leases() -> Vec<LeaseTerms> {
    vec![lease(1, 0), lease(2, 30 * S), lease(3, 500 * S)]
}

fn evidence<'a>(leases: &'a [LeaseTerms], beats: &'a [Beat], rivals: &'a [Rival]) -> Evidence<'a> {
    Evidence { lesson: LESSON, leases, beats, rivals, testimony: Testimony::default() }
}

fn outages() -> Vec<Interval<Utc>> {
    vec![Interval::new(ZERO + 100 * S, ZERO + 160 * S)]
}

/// Each (lease, seq) once, as the store keeps them, in order of receipt.
fn as_stored(beats: &[Beat]) -> Vec<Beat> {
    let mut beats = beats.to_vec();
    beats.sort_unstable();
    let mut seen = std::collections::HashSet::new();
    beats.retain(|b| seen.insert((b.lease, b.seq)));
    beats.sort_by_key(|b| (b.received_at, b.lease, b.seq));
    beats
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_give_the_same(
        beats in prop::collection::vec(any_beat(), 0..60),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        shuffle in any::<u64>(),
        timeline in any_timeline(),
    ) {
        let bounds = Bounds::new(&Rule::default(), &timeline, &outages());
        let leases = leases();
        let mut other = beats.clone();
        if !beats.is_empty() {
            other.extend(again.iter().map(|index| *index.get(&beats)));
        }
        // A cheap deterministic shuffle.
        other.sort_by_key(|b| (b.received_at.ms().cast_unsigned() ^ u64::from(b.seq)).wrapping_mul(shuffle | 1));
        let one = judge(&evidence(&leases, &beats, &[]), &bounds);
        let two = judge(&evidence(&leases, &other, &[]), &bounds);
        prop_assert_eq!(one.covered, two.covered);
        prop_assert_eq!(one.beats, two.beats);
        prop_assert_eq!(one.claim.viewing, two.claim.viewing);
    }

    #[test]
    fn the_union_stays_within_the_lesson_and_out_of_its_gaps(
        beats in prop::collection::vec(any_beat(), 0..60),
        timeline in any_timeline(),
    ) {
        let judged = judge(&evidence(&leases(), &beats, &[]), &bounds(&timeline));
        let hull = judged.covered.hull().unwrap_or(piece(0, 0));
        prop_assert!(hull.from >= Position::ZERO);
        if let Some(length) = timeline.length_ms {
            prop_assert!(hull.to <= Position::new(length));
            let countable = denominator(&timeline, ZERO);
            prop_assert!(judged.counted_ms() <= countable);
        }
        for gap in &timeline.gaps {
            prop_assert!(judged.covered.within(*gap).is_empty());
        }
    }

    #[test]
    fn a_lease_never_earns_more_than_server_time_times_rate_and_the_allowance(
        beats in prop::collection::vec(any_beat(), 0..60),
        timeline in any_timeline(),
    ) {
        for terms in leases() {
            let mine: Vec<_> = beats.iter().copied().filter(|b| b.lease == terms.id).collect();
            let judged = judge(
                &evidence(&[terms], &mine, &[]),
                &Bounds::new(&Rule::default(), &timeline, &outages()),
            );
            let total: i64 = judged.beats.iter().map(|(_, v)| v.accepted_ms()).sum();
            let until = mine.iter().map(|b| b.received_at).max().unwrap_or(terms.issued_at);
            let fastest = mine.iter().map(|b| b.rate_milli.clamp(1_000, 1_500)).max().unwrap_or(1_000);
            let observed = (until - terms.issued_at).max(0);
            prop_assert!(total <= observed * fastest / 1_000 + 3 * S, "{total} of {observed}");
        }
    }

    #[test]
    fn a_second_device_that_repeats_the_first_adds_nothing(
        beats in prop::collection::vec(any_beat(), 0..60),
        timeline in any_timeline(),
    ) {
        let first: Vec<_> = beats.iter().copied().filter(|b| b.lease == 1).collect();
        let second = first.iter().map(|b| Beat { lease: 2, ..*b });
        let both: Vec<_> = first.iter().copied().chain(second).collect();
        let alone = judge(&evidence(&[lease(1, 0)], &first, &[]), &bounds(&timeline));
        let together = judge(&evidence(&[lease(1, 0), lease(2, 0)], &both, &[]), &bounds(&timeline));
        prop_assert_eq!(alone.covered, together.covered);
    }

    #[test]
    fn a_book_kept_beat_by_beat_equals_the_recomputation(
        beats in prop::collection::vec(any_beat(), 0..60),
        timeline in any_timeline(),
    ) {
        let bounds = Bounds::new(&Rule::default(), &timeline, &outages());
        let mut book = MemberBook::default();
        for terms in leases() {
            book.open(terms, &bounds);
        }
        for group in group_by_receipt(&as_stored(&beats)) {
            book.receive(group, &bounds);
        }
        let judged = judge(&evidence(&leases(), &beats, &[]), &bounds);
        prop_assert_eq!(book.covered(), &judged.covered);
        prop_assert_eq!(book.viewing(), &judged.claim.viewing);
        prop_assert_eq!(book.received(), judged.received);
    }

    #[test]
    fn deliveries_in_any_order_give_the_same_and_change_credit_only_by_a_rule_that_wants_them(
        beats in prop::collection::vec(any_beat(), 0..60),
        delivered in prop::collection::vec(any_delivery(), 0..20),
        shuffle in any::<u64>(),
        strict in any::<bool>(),
        timeline in any_timeline(),
    ) {
        let rule = Rule { uncorroborated_counts: !strict, ..Rule::default() };
        let bounds = Bounds::new(&rule, &timeline, &outages());
        let leases = leases();
        let with = |beats, delivered| {
            let testimony = Testimony { delivered, heard: &ALWAYS, behind_edge: false };
            judge(&Evidence { testimony, ..evidence(&leases, beats, &[]) }, &bounds)
        };
        let mixed = |from: i64, to: i64| (from.cast_unsigned() ^ to.cast_unsigned()).wrapping_mul(shuffle | 1);
        let (mut late, mut sent) = (beats.clone(), [delivered.clone(), delivered.clone()].concat());
        late.sort_by_key(|b| mixed(b.received_at.ms(), i64::from(b.seq)));
        sent.sort_by_key(|d| mixed(d.from.ms(), d.to.ms()));
        let one = with(&beats, &delivered);
        prop_assert_eq!(&one, &with(&late, &sent));
        let without = with(&beats, &[]);
        prop_assert_eq!(&one.claim, &without.claim);
        if strict {
            let unheard = judge(&evidence(&leases, &beats, &[]), &bounds);
            prop_assert!(without.counted_ms() <= one.counted_ms());
            prop_assert!(one.counted_ms() <= unheard.counted_ms());
        } else {
            prop_assert_eq!(&one.covered, &without.covered);
            prop_assert!(one.uncorroborated_ms() <= one.counted_ms());
        }
    }

    #[test]
    fn a_rule_that_does_not_credit_it_credits_nothing_beyond_the_delivered_and_the_slack(
        beats in prop::collection::vec(any_beat(), 0..60),
        delivered in prop::collection::vec(any_delivery(), 1..20),
        timeline in any_timeline(),
    ) {
        let rule = Rule { uncorroborated_counts: false, ..Rule::default() };
        let bounds = Bounds::new(&rule, &timeline, &outages());
        let leases: Vec<_> = leases().into_iter().map(|terms| LeaseTerms { issued_at: ZERO, ..terms }).collect();
        let testimony = Testimony { delivered: &delivered, heard: &ALWAYS, behind_edge: false };
        let judged = judge(&Evidence { testimony, ..evidence(&leases, &beats, &[]) }, &bounds);
        let sent = || delivered.iter().filter(|d| !d.is_empty());
        let slack = rule.delivery_slack_ms;
        let near: IntervalSet<_> = sent().map(|s| Interval::new(s.from - slack, s.to + slack)).collect();
        for piece in judged.covered.iter() {
            prop_assert!(near.outside(piece).is_empty(), "{piece:?}");
        }
        let most: i64 = sent().map(|s| s.ms() + 2 * slack).sum();
        prop_assert!(judged.counted_ms() <= most);
    }

    #[test]
    fn a_room_that_is_told_bit_by_bit_says_what_the_recomputation_says(
        beats in prop::collection::vec(any_beat(), 0..60),
        delivered in prop::collection::vec(any_delivery(), 0..20),
        spans in prop::collection::vec((0_i64..900_000, 0_i64..400_000), 0..4),
        timeline in any_timeline(),
    ) {
        let bounds = Bounds::new(&Rule::default(), &timeline, &outages());
        let leases = leases();
        let heard: Vec<_> = spans.iter().map(|&(from, ms)| Interval::new(ZERO + from, ZERO + from + ms)).collect();
        let mut book = MemberBook::kept();
        for terms in &leases {
            book.open(*terms, &bounds);
        }
        let mut sent = IntervalSet::default();
        for (number, group) in group_by_receipt(&as_stored(&beats)).enumerate() {
            book.receive(group, &bounds);
            // Asked all the while, with what was told by then; a node that goes on is told of in time.
            let now = group[0].received_at;
            let so_far: Vec<_> =
                heard.iter().filter(|h| h.from <= now).map(|h| Interval::new(h.from, h.to.min(now))).collect();
            sent.insert(delivered.get(number).copied().unwrap_or(piece(0, 0)));
            book.corroborated(&sent, &so_far, &bounds, now);
        }
        for stretch in &delivered {
            sent.insert(*stretch);
        }
        let testimony = Testimony { delivered: &delivered, heard: &heard, behind_edge: false };
        let judged = judge(&Evidence { testimony, ..evidence(&leases, &beats, &[]) }, &bounds);
        let last = book.received().map_or(ZERO, |received| received.to);
        for now in [last, last + 1_000_000] {
            prop_assert_eq!(&book.corroborated(&sent, &heard, &bounds, now), &judged.covered);
        }
    }

    #[test]
    fn of_two_lessons_only_one_accrues_at_any_moment(
        beats in prop::collection::vec(any_beat(), 0..60),
        others in prop::collection::vec(any_beat(), 0..60),
        timeline in any_timeline(),
    ) {
        let leases = leases();
        let bounds = bounds(&timeline);
        let of = |lesson, beats, rivals| {
            judge(&Evidence { lesson, ..evidence(&leases, beats, rivals) }, &bounds)
        };
        let (a, b) = (of(1, &beats, &[]).claim, of(2, &others, &[]).claim);
        let (a_lost, b_lost) =
            (lost_to_rivals(&a, std::slice::from_ref(&b)), lost_to_rivals(&b, std::slice::from_ref(&a)));
        // Where both were viewed and a gesture had been made, exactly one of them yields.
        for span in a.viewing.iter().flat_map(|span| b.viewing.within(span)) {
            let (lost_here, lost_there) = (a_lost.within(span), b_lost.within(span));
            let both: i64 = lost_here.iter().chain(&lost_there).map(|i| i.ms()).sum();
            prop_assert_eq!(both, span.ms());
            let union: IntervalSet<_> = lost_here.into_iter().chain(lost_there).collect();
            prop_assert_eq!(union.ms(), span.ms());
        }
        let contested = of(1, &beats, std::slice::from_ref(&b));
        prop_assert!(contested.counted_ms() <= of(1, &beats, &[]).counted_ms());
    }

    #[test]
    fn presence_kept_beat_by_beat_has_the_peak_of_the_sweep(
        beats in prop::collection::vec(any_beat(), 0..80),
    ) {
        // Each lease is another member's, but 3 belongs to the same as 1.
        let member = |lease: u128| if lease == 3 { 1 } else { lease };
        let rule = Rule::default();
        let mut presence = Presence::starting(ZERO);
        let stored = as_stored(&beats);
        for beat in &stored {
            presence.receive(member(beat.lease), beat, Some(ZERO), &rule);
        }
        presence.pass(ZERO + 2_000 * S);
        let spans: Vec<_> = (1..=2)
            .map(|id| {
                let mine: Vec<_> = stored.iter().copied().filter(|b| member(b.lease) == id).collect();
                past_presence(&mine, Some(ZERO), &rule).spans()
            })
            .collect();
        prop_assert_eq!(presence.peak(), peak(&spans));
        prop_assert_eq!(presence.now(), 0);
    }

    #[test]
    fn presence_restored_after_a_restart_is_the_presence_that_was_kept(
        beats in prop::collection::vec(any_beat(), 0..80),
        killed_at in 0_i64..900_000,
    ) {
        let rule = Rule::default();
        let stored = as_stored(&beats);
        let (before, after): (Vec<_>, Vec<_>) =
            stored.iter().copied().partition(|b| b.received_at < ZERO + killed_at);
        let (mut kept, mut restored) = (Presence::starting(ZERO), Presence::starting(ZERO + killed_at));
        for beat in &before {
            kept.receive(beat.lease, beat, Some(ZERO), &rule);
        }
        let spans: Vec<_> = (1..=3)
            .map(|id| {
                let mine: Vec<_> = before.iter().copied().filter(|b| b.lease == id).collect();
                let past = past_presence(&mine, Some(ZERO), &rule);
                restored.restore(id, &past);
                past.spans()
            })
            .collect();
        restored.pass(ZERO + killed_at);
        restored.remember_peak(peak(&spans));
        kept.pass(ZERO + killed_at);
        prop_assert_eq!((kept.now(), kept.peak()), (restored.now(), restored.peak()));
        for beat in &after {
            kept.receive(beat.lease, beat, Some(ZERO), &rule);
            restored.receive(beat.lease, beat, Some(ZERO), &rule);
            prop_assert_eq!(kept.now(), restored.now());
        }
        prop_assert_eq!(kept.peak(), restored.peak());
    }
}
