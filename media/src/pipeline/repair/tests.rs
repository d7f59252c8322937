//! Timestamps of every kind, and what becomes of them.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

const AAC_48K_NS: i64 = 21_333_333;

fn frame(track: Track, dts_ms: u32, cts_ms: i32) -> Frame {
    Frame { track, dts_ms, cts_ms, key: true, data: Bytes::new() }
}

fn video(dts_ms: u32) -> Frame {
    frame(Track::Video, dts_ms, 0)
}

fn run(first: &Frame) -> Repair {
    let mut repair = Repair::start(first, AAC_48K_NS);
    assert!(matches!(repair.stamp(first, 0), Repaired::Stamp(_)));
    repair
}

fn dts(repaired: Repaired) -> Option<i64> {
    match repaired {
        Repaired::Stamp(stamp) => Some(stamp.dts_us),
        _ => None,
    }
}

#[test]
fn the_first_frame_is_presented_at_zero_and_decoded_before() {
    let first = frame(Track::Video, 5000, 80);
    let mut repair = Repair::start(&first, AAC_48K_NS);
    assert_eq!(repair.stamp(&first, 0), Repaired::Stamp(Stamp { dts_us: -80_000, pts_us: 0 }));
    assert_eq!(
        repair.stamp(&frame(Track::Video, 5040, 40), 40),
        Repaired::Stamp(Stamp { dts_us: -40_000, pts_us: 0 })
    );
}

#[test]
fn the_same_time_twice_and_a_small_step_back_still_increase() {
    let mut repair = run(&video(1000));
    assert_eq!(dts(repair.stamp(&video(1000), 1)), Some(1000));
    assert_eq!(dts(repair.stamp(&video(980), 2)), Some(2000));
    assert_eq!(dts(repair.stamp(&video(1040), 40)), Some(40_000));
    assert_eq!(repair.repaired(), 2);
}

#[test]
fn a_wrap_is_no_jump() {
    let mut repair = run(&video(u32::MAX - 19));
    assert_eq!(dts(repair.stamp(&video(20), 40)), Some(40_000));
}

#[test]
fn a_jump_ends_the_run_but_a_pause_that_really_passed_does_not() {
    assert_eq!(run(&video(1000)).stamp(&video(9000), 40), Repaired::Jump);
    assert_eq!(run(&video(9000)).stamp(&video(1000), 40), Repaired::Jump);
    assert_eq!(dts(run(&video(1000)).stamp(&video(2900), 1900)), Some(1_900_000));
}

#[test]
fn sound_counts_its_samples_under_rounded_timestamps() {
    let mut repair = run(&video(0));
    let given = [0, 21, 42, 64, 85, 106, 128];
    let times: Vec<_> = given
        .iter()
        .map(|t| dts(repair.stamp(&frame(Track::Audio, *t, 0), (*t).into())).expect("kept"))
        .collect();
    assert_eq!(times, [0, 21_333, 42_666, 63_999, 85_333, 106_666, 127_999]);
    assert_eq!(repair.repaired(), 0);
}

#[test]
fn sound_that_was_sent_already_is_dropped_and_a_hole_is_kept() {
    let mut repair = run(&video(0));
    for n in 0..20 {
        repair.stamp(&frame(Track::Audio, n * 21, 0), i64::from(n) * 21);
    }
    assert_eq!(repair.stamp(&frame(Track::Audio, 200, 0), 430), Repaired::Drop);
    assert_eq!(dts(repair.stamp(&frame(Track::Audio, 700, 0), 700)), Some(700_000));
}

#[test]
fn what_comes_back_goes_on_behind_what_stood_in_for_it() {
    let mut repair = run(&video(0));
    repair.stamp(&frame(Track::Audio, 0, 0), 0);
    repair.filled(Track::Audio, 2_986_620);
    repair.filled(Track::Video, 3_000_000);
    assert_eq!(repair.stamp(&frame(Track::Audio, 2_900, 0), 3_000), Repaired::Drop);
    assert_eq!(dts(repair.stamp(&frame(Track::Audio, 3_010, 0), 3_010)), Some(3_008_000));
    assert_eq!(dts(repair.stamp(&video(2_800), 3_020)), Some(3_001_000));
    assert_eq!(dts(repair.stamp(&video(3_040), 3_040)), Some(3_040_000));
    assert_eq!(repair.repaired(), 0);
}

#[test]
fn tracks_with_unrelated_clocks_are_put_together_by_arrival() {
    let mut repair = run(&video(3_600_000));
    assert_eq!(dts(repair.stamp(&video(3_600_040), 40)), Some(40_000));
    assert_eq!(dts(repair.stamp(&frame(Track::Audio, 7, 0), 41)), Some(40_000));
    assert_eq!(repair.repaired(), 1);
}

#[test]
fn sound_that_lies_seconds_beside_the_picture_keeps_its_times() {
    let mut repair = run(&video(5_000));
    assert_eq!(dts(repair.stamp(&frame(Track::Audio, 14_000, 0), 10)), Some(9_000_000));
    assert_eq!(repair.repaired(), 0);
}

#[test]
fn composition_times_above_a_second_are_kept() {
    let mut repair = run(&video(0));
    let Repaired::Stamp(stamp) = repair.stamp(&frame(Track::Video, 400, 2_400), 400) else { panic!("kept") };
    assert_eq!((stamp.pts_us, repair.repaired()), (2_800_000, 0));
}

#[test]
fn a_clock_that_stands_is_replaced_for_picture_and_sound() {
    for step in [0, 1] {
        // 25 pictures a second by a clock that counts seconds, or none at all, as milliseconds.
        let time = |n: i64| u32::try_from(n / 25 * step).expect("small");
        let mut repair = run(&video(0));
        let (mut picture, mut sound) = (0, 0);
        for n in 1..250 {
            picture = dts(repair.stamp(&video(time(n)), n * 40)).expect("kept");
            for half in 0..2 {
                let at = n * 40 + half * 20;
                sound = dts(repair.stamp(&frame(Track::Audio, time(n), 0), at)).unwrap_or(sound);
            }
        }
        assert!((picture - 9_960_000).abs() < 100_000, "{picture}");
        assert!((sound - 10_600_000).abs() < 1_100_000, "{sound}: 498 frames of 21.3 ms");
        assert!(repair.repaired() > 200);
    }
}

#[test]
fn a_composition_time_of_hours_is_cut_down() {
    let mut repair = run(&video(0));
    let Repaired::Stamp(stamp) = repair.stamp(&frame(Track::Video, 40, 8_000_000), 40) else {
        panic!("kept")
    };
    assert_eq!(stamp.pts_us, 40_000 + MAX_REORDER_US);
}

proptest! {
    #[test]
    fn whatever_comes_decoding_times_increase_and_presentation_follows(
        frames in proptest::collection::vec((any::<bool>(), any::<u32>(), -9000_i32..9_000_000, 0_i64..3000), 1..200),
        near in any::<bool>(),
    ) {
        let mut repair = run(&video(0));
        let mut last = [0_i64; 2];
        let mut arrival = 0;
        for (is_video, at, cts, waited) in frames {
            arrival += waited;
            let track = if is_video { Track::Video } else { Track::Audio };
            let at = if near { at % 2000 } else { at };
            if let Repaired::Stamp(stamp) = repair.stamp(&frame(track, at, cts), arrival) {
                let before = &mut last[usize::from(is_video)];
                prop_assert!(stamp.dts_us > *before || *before == 0);
                prop_assert!((0..=MAX_REORDER_US).contains(&(stamp.pts_us - stamp.dts_us)));
                *before = stamp.dts_us;
            }
        }
    }
}
