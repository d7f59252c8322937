//! What the splitter promises, tried with the rhythms of real encoders.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

const TARGET: i64 = 300_000;

fn frame(track: Track, at: i64, key: bool) -> (Frame, Stamp) {
    (Frame { track, dts_ms: 0, cts_ms: 0, key, data: Bytes::new() }, Stamp { dts_us: at, pts_us: at })
}

/// A lesson of so many seconds: picture at `fps_milli` with a key frame every `key` frames, sound of 1024/48000 s,
/// as an encoder interleaves them, times rounded to milliseconds.
fn lesson(seconds: i64, fps_milli: i64, key: i64, with_sound: bool) -> Vec<Step> {
    let mut frames = Vec::new();
    let mut n = 0;
    while n * 1_000_000 / fps_milli < seconds * 1000 {
        frames.push(frame(Track::Video, n * 1_000_000 / fps_milli * 1000, n % key == 0));
        n += 1;
    }
    if with_sound {
        frames.extend((0..seconds * 46).map(|n| frame(Track::Audio, n * 64_000 / 3, true)));
    }
    frames.sort_by_key(|(_, stamp)| stamp.dts_us);
    let mut splitter = Splitter::new(TARGET, true, 21_333);
    let mut steps = Vec::new();
    for (frame, stamp) in frames {
        splitter.push(frame, stamp, &mut steps);
    }
    splitter.finish(&mut steps);
    steps
}

fn parts(steps: &[Step], of: Track) -> Vec<Ended> {
    let cut = |step: &Step| match step {
        Step::Cut(track, ended) if *track == of => Some(*ended),
        _ => None,
    };
    steps.iter().filter_map(cut).collect()
}

/// Start and length of each segment.
fn segments(parts: &[Ended]) -> Vec<(i64, i64)> {
    let mut all: Vec<(i64, i64)> = Vec::new();
    for part in parts {
        match all.get_mut(usize::try_from(part.segment).expect("small")) {
            Some(segment) => segment.1 += part.duration_us,
            None => all.push((part.start_us, part.duration_us)),
        }
    }
    all
}

#[test]
fn parts_are_between_85_and_100_percent_at_the_usual_frame_rates() {
    for fps in [10_000, 15_000, 20_000, 24_000, 25_000, 29_970, 30_000, 50_000, 59_940, 60_000] {
        let steps = lesson(12, fps, fps * 2 / 1000, true);
        for track in [Track::Video, Track::Audio] {
            let parts = parts(&steps, track);
            for (at, part) in parts.iter().enumerate() {
                let share = part.duration_us * 100 / TARGET;
                let last = part.last_of_segment || at + 1 == parts.len();
                assert!(part.duration_us <= TARGET + TOLERANCE_US, "{fps} {part:?}");
                assert!(last || share >= 85, "{fps} {track:?} {part:?}");
            }
        }
    }
}

#[test]
fn segments_end_at_key_frames_and_sound_ends_with_the_picture() {
    let steps = lesson(20, 30_000, 60, true);
    let (video, audio) = (parts(&steps, Track::Video), parts(&steps, Track::Audio));
    let (pictures, sounds) = (segments(&video), segments(&audio));
    assert_eq!(pictures.len(), 10);
    assert_eq!(sounds.len(), 10);
    for ((start, length), (sound, _)) in pictures.iter().zip(&sounds) {
        assert_eq!(start % 2_000_000, 0);
        assert!((length - 2_000_000).abs() <= 1_000, "{length}"); // the last frame's duration is a guess
        assert!((sound - start).abs() <= 21_333, "{start} {sound}");
    }
    let first_parts = video.iter().filter(|part| part.start_us % 2_000_000 == 0);
    assert!(first_parts.clone().count() == 10 && first_parts.clone().all(|part| part.independent));
}

#[test]
fn without_key_frames_a_segment_ends_after_four_seconds_and_says_so() {
    let steps = lesson(11, 25_000, 1_000_000, false);
    let video = parts(&steps, Track::Video);
    let lengths: Vec<i64> = segments(&video).iter().map(|(_, length)| *length).collect();
    assert_eq!(lengths, [4_000_000, 4_000_000, 3_000_000]);
    assert!(video.iter().find(|part| part.segment == 1).is_some_and(|part| !part.independent));
}

#[test]
fn frequent_key_frames_do_not_make_short_segments() {
    let video = parts(&lesson(10, 30_000, 15, false), Track::Video);
    assert!(segments(&video).iter().all(|(_, length)| (length - 2_000_000).abs() <= 1_000));
}

#[test]
fn sound_alone_has_segments_of_two_seconds() {
    let mut splitter = Splitter::new(TARGET, false, 21_333);
    let mut steps = Vec::new();
    for n in 0..500 {
        let (frame, stamp) = frame(Track::Audio, n * 64_000 / 3, true);
        splitter.push(frame, stamp, &mut steps);
    }
    let audio = parts(&steps, Track::Audio);
    assert!(segments(&audio)[..4].iter().all(|(_, length)| (length - 2_000_000).abs() <= 21_333));
    let (_, but_last) = audio.split_last().expect("some");
    assert!(but_last.iter().all(|part| part.last_of_segment || part.duration_us * 100 / TARGET >= 85));
}

#[test]
fn sound_does_not_wait_for_a_picture_that_stands_still() {
    let mut splitter = Splitter::new(TARGET, true, 21_333);
    let mut steps = Vec::new();
    let (first, stamp) = frame(Track::Video, 0, true);
    splitter.push(first, stamp, &mut steps);
    for n in 0..200 {
        let (frame, stamp) = frame(Track::Audio, n * 64_000 / 3, true);
        splitter.push(frame, stamp, &mut steps);
    }
    let sent =
        steps.iter().filter(|step| matches!(step, Step::Frame(f, _) if f.track == Track::Audio)).count();
    assert!(sent > 170, "{sent}");
}

proptest! {
    #[test]
    fn parts_follow_each_other_without_hole_or_overlap(
        frames in proptest::collection::vec((any::<bool>(), any::<bool>(), 1_i64..700_000), 1..300),
    ) {
        let mut splitter = Splitter::new(TARGET, true, 21_333);
        let mut steps = Vec::new();
        let mut at = [0_i64; 2];
        for (is_video, key, step) in frames {
            let (track, n) = if is_video { (Track::Video, 0) } else { (Track::Audio, 1) };
            at[n] += step;
            let (frame, stamp) = frame(track, at[n], key);
            splitter.push(frame, stamp, &mut steps);
        }
        splitter.finish(&mut steps);
        for track in [Track::Video, Track::Audio] {
            let parts = parts(&steps, track);
            for pair in parts.windows(2) {
                prop_assert_eq!(pair[0].start_us + pair[0].duration_us, pair[1].start_us);
                prop_assert_eq!(pair[1].segment > pair[0].segment, pair[0].last_of_segment);
            }
        }
    }
}
