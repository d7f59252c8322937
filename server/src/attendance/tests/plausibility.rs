//! Claims that cannot be true.

use super::*;

#[test]
fn an_honest_viewer_gets_every_millisecond() {
    assert_eq!(counted(&live(60), &honest(1, 0, 20 * MIN)), 20 * MIN);
}

#[test]
fn a_hundred_beats_a_second_gain_nothing_over_one_in_fifteen_seconds() {
    let mut beats = Vec::new();
    for i in 0..6_000_i64 {
        // For 60 s every 10 ms a claim to another second of the recording.
        let seq = u32::try_from(i).expect("few") + 1;
        beats.push(beat(1, seq, 6_000 * S + (i + 1) * 10, i * S, (i + 1) * S));
    }
    let got = judged(&ended(6_000 * S), &[lease(1, 6_000 * S)], &beats).counted_ms();
    assert_eq!(got, 60 * S + 3 * S, "the time that passed and the allowance, once");
}

#[test]
fn open_wait_claim_earns_one_silence() {
    let timeline = live(60);
    let beats = [beat(1, 1, 60 * MIN, 0, 60 * MIN)];
    let judged = judged(&timeline, &[lease(1, 0)], &beats);
    assert_eq!(judged.counted_ms(), 45 * S);
    assert_eq!(last(&judged).outcome, Outcome::Clamped);
    assert!(last(&judged).reasons.has(Reason::SilenceTooLong));
    assert_eq!(last(&judged).pieces, [piece(60 * MIN - 45 * S, 60 * MIN)], "it keeps its end");
}

#[test]
fn a_forged_whole_lesson_right_after_opening_earns_the_allowance() {
    let forged = [beat(1, 1, 0, 0, 3_600 * S)];
    assert_eq!(counted(&ended(3_600 * S), &forged), 2 * S, "only 2 s are on air at zero");
    let later = judged(&ended(3_600 * S), &[lease(1, 7_200 * S)], &[beat(1, 1, 7_200 * S, 0, 3_600 * S)]);
    assert_eq!(later.counted_ms(), 3 * S);
    assert!(last(&later).reasons.has(Reason::TooFast));
}

#[test]
fn nothing_ahead_of_the_live_edge_counts() {
    let ahead = judged(&live(60), &[lease(1, 0)], &[beat(1, 1, 30 * S, 40 * S, 60 * S)]);
    assert_eq!(ahead.counted_ms(), 0);
    assert!(last(&ahead).reasons.has(Reason::AheadOfEdge));
    let partly = judged(&live(60), &[lease(1, 0)], &[beat(1, 1, 30 * S, 20 * S, 40 * S)]);
    assert_eq!(partly.covered.iter().collect::<Vec<_>>(), [piece(20 * S, 32 * S)]);
}

#[test]
fn twice_and_sixteen_times_the_speed_earn_nothing_when_admitted() {
    for rate_milli in [1_501, 2_000, 16_000] {
        let beats = [Beat { rate_milli, ..beat(1, 1, 60 * S, 0, 40 * S) }];
        let fast = judged(&ended(60 * MIN), &[lease(1, 0)], &beats);
        assert_eq!(fast.counted_ms(), 0);
        assert!(last(&fast).reasons.has(Reason::RateTooHigh));
    }
}

#[test]
fn twice_and_sixteen_times_the_speed_earn_the_time_that_passed_when_hidden() {
    for speed in [2, 16] {
        let opened = 180 * MIN;
        let beats: Vec<_> = (1..=40)
            .map(|i| {
                let seq = u32::try_from(i).expect("few");
                beat(1, seq, opened + i * 15 * S, (i - 1) * 15 * S * speed, i * 15 * S * speed)
            })
            .collect();
        let got = judged(&ended(opened), &[lease(1, opened)], &beats).counted_ms();
        assert_eq!(got, 10 * MIN + 3 * S);
    }
}

#[test]
fn one_and_a_half_times_the_speed_counts_its_media() {
    let beats: Vec<_> = (1..=4)
        .map(|i: i64| Beat {
            rate_milli: 1_500,
            ..beat(1, u32::try_from(i).expect("few"), 60 * MIN + i * 20 * S, (i - 1) * 30 * S, i * 30 * S)
        })
        .collect();
    assert_eq!(judged(&ended(60 * MIN), &[lease(1, 60 * MIN)], &beats).counted_ms(), 120 * S);
}

#[test]
fn a_loop_over_the_same_minute_counts_one_minute() {
    let beats: Vec<_> = (1..=40)
        .map(|i: i64| {
            let from = (i - 1) % 4 * 15 * S;
            beat(1, u32::try_from(i).expect("few"), 60 * MIN + i * 15 * S, from, from + 15 * S)
        })
        .collect();
    let looped = judged(&ended(60 * MIN), &[lease(1, 60 * MIN)], &beats);
    assert_eq!(looped.counted_ms(), MIN);
    assert_eq!(looped.claim.viewing.ms(), 10 * MIN, "but the member was there all the time");
}

#[test]
fn seeking_to_the_end_earns_only_what_was_played_there() {
    let beats = [
        beat(1, 1, 60 * MIN + 15 * S, 0, 15 * S),
        Beat { cause: BeatCause::Seek, ..beat(1, 2, 60 * MIN + 16 * S, 59 * MIN, 59 * MIN) },
        Beat { cause: BeatCause::End, ..beat(1, 3, 61 * MIN + 16 * S, 59 * MIN, 60 * MIN) },
        Beat { state: BeatState::Ended, ..beat(1, 4, 61 * MIN + 16 * S, 0, 60 * MIN) },
    ];
    let sought = judged(&ended(60 * MIN), &[lease(1, 60 * MIN)], &beats);
    assert_eq!(sought.counted_ms(), 15 * S + 45 * S, "60 s of silence earn 45");
}

#[test]
fn paused_buffering_ended_and_left_earn_nothing() {
    for state in [BeatState::Paused, BeatState::Buffering, BeatState::Ended, BeatState::Left] {
        let beats = [Beat { state, ..beat(1, 1, 15 * S, 0, 15 * S) }];
        let idle = judged(&live(60), &[lease(1, 0)], &beats);
        assert_eq!(idle.counted_ms(), 0);
        assert!(last(&idle).reasons.has(Reason::NotPlaying));
    }
}

#[test]
fn a_silence_of_44_seconds_counts_whole_and_of_46_loses_one() {
    let mut beats = honest(1, 0, MIN);
    beats.push(beat(1, 100, 104 * S, 60 * S, 104 * S));
    assert_eq!(counted(&live(60), &beats), 104 * S);
    beats.pop();
    beats.push(beat(1, 100, 106 * S, 60 * S, 106 * S));
    let silent = judged(&live(60), &[lease(1, 0)], &beats);
    assert_eq!(silent.counted_ms(), 105 * S);
    assert!(last(&silent).reasons.has(Reason::SilenceTooLong));
}

#[test]
fn only_sound_on_a_hidden_page_makes_up_for_75_seconds() {
    let counted_of = |gap: i64, mode, visible| {
        let mut beats = honest(1, 0, MIN);
        // What began the silence says nothing: the page was still looked at then.
        beats.push(Beat { mode, visible, ..beat(1, 100, MIN + gap * S, MIN, MIN + gap * S) });
        (judged(&live(60), &[lease(1, 0)], &beats), gap)
    };
    for (mode, visible, longest) in [
        (BeatMode::Video, true, 45),
        (BeatMode::Video, false, 45),
        (BeatMode::Audio, true, 45),
        (BeatMode::Audio, false, 75),
    ] {
        for gap in [44, 46, 74, 76] {
            let (judged, gap) = counted_of(gap, mode, visible);
            let counted = judged.counted_ms() - MIN;
            assert_eq!(counted, gap.min(longest) * S, "{gap} s of {mode:?}, visible: {visible}");
            assert_eq!(
                last(&judged).reasons.has(Reason::SilenceTooLong),
                gap > longest,
                "{gap} s of {mode:?}"
            );
        }
    }
}

#[test]
fn a_rule_from_before_it_knows_one_silence() {
    let old = Rule { hidden_sound_silence_ms: 45_000, ..Rule::default() };
    let beats = [Beat { mode: BeatMode::Audio, visible: false, ..beat(1, 1, 74 * S, 0, 74 * S) }];
    let testimony = Testimony::default();
    let evidence = Evidence { lesson: LESSON, leases: &[lease(1, 0)], beats: &beats, rivals: &[], testimony };
    assert_eq!(judge(&evidence, &Bounds::new(&old, &live(60), &[])).counted_ms(), 45 * S);
}

#[test]
fn sound_on_a_page_that_is_woken_once_a_minute_counts_whole() {
    let beats: Vec<_> = (1..=20)
        .map(|i: i64| Beat {
            mode: BeatMode::Audio,
            visible: false,
            ..beat(1, u32::try_from(i).expect("few"), i * MIN, (i - 1) * MIN, i * MIN)
        })
        .collect();
    assert_eq!(counted(&live(60), &beats), 20 * MIN);
}

#[test]
fn what_only_hidden_sound_may_claim_is_gone_with_the_next_report() {
    let sound =
        |seq, at, from, to| Beat { mode: BeatMode::Audio, visible: false, ..beat(1, seq, at, from, to) };
    let opened = 60 * MIN;
    let with = |beats: &[Beat]| judged(&ended(opened), &[lease(1, opened)], beats).counted_ms();
    // A picture takes 45 s of the silence, a word of hidden sound beside it not the rest for the picture.
    let beside = [beat(1, 1, opened + 75 * S, 0, 70 * S), sound(2, opened + 75 * S, 70 * S, 70 * S)];
    assert_eq!(with(&beside), 45 * S);
    // And what nobody claimed of it at once nobody can claim later.
    let later = [beat(1, 1, opened + 75 * S, 0, 45 * S), sound(2, opened + 76 * S, 45 * S, 75 * S)];
    assert_eq!(with(&later), 45 * S + S + 3 * S);
}

#[test]
fn a_phone_asleep_in_the_middle_of_a_beat_gets_the_silence_and_goes_on() {
    let mut beats = honest(1, 0, MIN);
    // Asleep for ten minutes; on waking the position has not moved, then playing goes on.
    beats.push(beat(1, 100, 11 * MIN, 60 * S, 64 * S));
    beats.push(beat(1, 101, 11 * MIN + 15 * S, 64 * S, 79 * S));
    assert_eq!(counted(&live(60), &beats), 79 * S);
}

#[test]
fn beats_held_back_by_the_network_count_when_they_arrive_together() {
    let mut beats = honest(1, 0, 2 * MIN);
    for beat in &mut beats {
        // From 60 s to 90 s nothing came through.
        if (ZERO + 60 * S..ZERO + 90 * S).contains(&beat.received_at) {
            beat.received_at = ZERO + 90 * S;
        }
    }
    assert_eq!(counted(&live(60), &beats), 2 * MIN);
}

#[test]
fn a_hundred_thousand_intervals_are_judged_in_no_time() {
    let beats: Vec<_> = (1..=100_000_u32)
        .map(|seq| {
            let i = i64::from(seq);
            beat(1, seq, 3_600 * S + i * 10, (i * 7_919) % 3_600_000, (i * 7_919) % 3_600_000 + 5)
        })
        .collect();
    let judged = judged(&ended(7_200 * S), &[lease(1, 0)], &beats);
    assert_eq!(judged.beats.len(), 100_000);
    assert!(judged.counted_ms() <= 500_000);
}

#[test]
fn a_killed_server_costs_nobody_anything() {
    // Down from 60 s to 300 s; the phone plays on from media and sends all of it afterwards.
    let mut beats = honest(1, 0, 400 * S);
    for beat in &mut beats {
        if (ZERO + 60 * S..ZERO + 310 * S).contains(&beat.received_at) {
            beat.received_at = ZERO + 310 * S;
        }
    }
    let down = [Interval::new(ZERO + 60 * S, ZERO + 300 * S)];
    let with = Bounds::new(&Rule::default(), &live(60), &down);
    let evidence = Evidence {
        lesson: LESSON,
        leases: &[lease(1, 0)],
        beats: &beats,
        rivals: &[],
        testimony: Testimony::default(),
    };
    assert_eq!(judge(&evidence, &with).counted_ms(), 400 * S);
    assert!(counted(&live(60), &beats) < 400 * S, "without the outage it would have cost");
}

#[test]
fn what_comes_before_the_server_noticed_that_it_is_back_counts_too() {
    // Away from 60 s to 120 s; the first sign of life that was stored came at 130 s, the phone's beats at 121 s.
    let mut beats = honest(1, 0, 200 * S);
    for beat in &mut beats {
        if (ZERO + 60 * S..ZERO + 121 * S).contains(&beat.received_at) {
            beat.received_at = ZERO + 121 * S;
        }
    }
    let away = [Interval::new(ZERO + 60 * S, ZERO + 130 * S)];
    let bounds = Bounds::new(&Rule::default(), &live(60), &away);
    let evidence = Evidence {
        lesson: LESSON,
        leases: &[lease(1, 0)],
        beats: &beats,
        rivals: &[],
        testimony: Testimony::default(),
    };
    assert_eq!(judge(&evidence, &bounds).counted_ms(), 200 * S);
}

#[test]
fn a_killed_server_is_no_gift_to_who_was_not_there() {
    let down = [Interval::new(ZERO + 60 * S, ZERO + 300 * S)];
    let with = Bounds::new(&Rule::default(), &live(60), &down);
    let late = [beat(1, 1, 30 * MIN, 0, 30 * MIN)];
    let evidence = Evidence {
        lesson: LESSON,
        leases: &[lease(1, 0)],
        beats: &late,
        rivals: &[],
        testimony: Testimony::default(),
    };
    assert_eq!(judge(&evidence, &with).counted_ms(), 45 * S, "long after it the brim is as ever");
    let new = [beat(1, 1, 305 * S, 0, 300 * S)];
    let evidence = Evidence {
        lesson: LESSON,
        leases: &[lease(1, 301 * S)],
        beats: &new,
        rivals: &[],
        testimony: Testimony::default(),
    };
    assert_eq!(judge(&evidence, &with).counted_ms(), 4 * S + 3 * S, "a lease opened after it gains nothing");
}

#[test]
fn a_locked_phone_counts_for_sound_and_for_picture_only_if_the_rule_says_so() {
    let strict = Rule { hidden_video_counts: false, ..Rule::default() };
    let hidden = Beat { visible: false, ..beat(1, 1, 15 * S, 0, 15 * S) };
    let got = |rule: &Rule, mode| {
        let beats = [Beat { mode, ..hidden }];
        let evidence = Evidence {
            lesson: LESSON,
            leases: &[lease(1, 0)],
            beats: &beats,
            rivals: &[],
            testimony: Testimony::default(),
        };
        judge(&evidence, &Bounds::new(rule, &live(60), &[])).counted_ms()
    };
    assert_eq!(got(&Rule::default(), BeatMode::Video), 15 * S);
    assert_eq!(got(&strict, BeatMode::Video), 0);
    assert_eq!(got(&strict, BeatMode::Audio), 15 * S);
}
