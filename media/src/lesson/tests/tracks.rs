//! A track comes, stops, pauses or ends while the other goes on: both renditions go on, on the air and in the recording.

use super::*;
use crate::recording::index::{Entry, Index};

/// What comes of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Picture {
    /// 25 a second, a key frame every second.
    Moving,
    /// 25 a second, and never a key frame.
    Keyless,
    /// One every 2.5 s; a key frame, or not.
    Slides(bool),
    None,
}

impl Picture {
    fn at(self, n: u32) -> Option<bool> {
        match self {
            Self::Moving => Some(n.is_multiple_of(25)),
            Self::Keyless => Some(false),
            Self::Slides(key) => n.is_multiple_of(62).then_some(key),
            Self::None => None,
        }
    }
}

use Picture::{Keyless, Moving, None as Dark, Slides};

/// Seconds, the picture, and whether there is sound.
type Scene = (u32, Picture, bool);

/// What the recording has in the end, and how many discontinuities the picture's rendition.
async fn recorded(stage: &Stage, lesson: Lesson) -> Index {
    lesson.follow(&order(Phase::Ended));
    assert_eq!(lesson.snapshot().gaps, [], "of the lesson");
    stage.context.tasks.close();
    drop(lesson);
    stage.context.tasks.wait().await;
    match load(&*stage.context.store, Uuid::from_u128(7)).await.expect("a store that works") {
        Loaded::Complete(index) => index,
        other => panic!("complete: {other:?}"),
    }
}

fn of(index: &Index, rendition: Rendition) -> Vec<&Entry> {
    index.entries.iter().filter(|entry| entry.rendition == rendition).collect()
}

/// Plays scenes of a publisher that says what it sends when it begins to send it.
fn play(stage: &Stage, lesson: &Lesson, scenes: &[Scene]) {
    let mut lecturer = Lecturer::silent(stage, lesson);
    let (mut seen, mut heard) = (false, false);
    for (seconds, picture, sound) in scenes {
        if *picture != Dark && !std::mem::replace(&mut seen, true) {
            lecturer.tell(Track::Video);
        }
        if *sound && !std::mem::replace(&mut heard, true) {
            lecturer.tell(Track::Audio);
        }
        lecturer.speak_as(*seconds, |n| picture.at(n), *sound);
    }
}

/// Both renditions are whole, beside each other, and as long as the lesson.
fn assert_whole(index: &Index, what: &str, seconds: i64) {
    let (pictures, sounds) = (of(index, Rendition::Video), of(index, Rendition::Audio));
    let numbers = |entries: &[&Entry]| entries.iter().map(|entry| entry.msn).collect::<Vec<_>>();
    assert_eq!(numbers(&pictures), numbers(&sounds), "{what}");
    for entries in [&pictures, &sounds] {
        assert!(entries.iter().all(|entry| entry.media.is_some()), "{what}: a gap in {entries:?}");
        for two in entries.windows(2) {
            // Where a run ends a track may lack a picture at rest.
            let seam = if two[1].discontinuity { 200 } else { 30 };
            assert!((two[0].end() - two[1].pdt).abs() <= seam, "{what}: {two:?}");
        }
        let (first, last) = (entries.first().expect("some"), entries.last().expect("some"));
        let length = last.end() - first.pdt;
        assert!((first.pdt - index.zero_at).abs() <= 100, "{what}: begins at {}", first.pdt - index.zero_at);
        assert!(length >= seconds * 1000 - 900, "{what}: {length} of {seconds} s");
        assert!(entries.iter().all(|entry| entry.duration_us <= 4_100_000), "{what}: {entries:?}");
    }
    let marks =
        |entries: &[&Entry]| entries.iter().filter(|e| e.discontinuity).map(|e| e.msn).collect::<Vec<_>>();
    assert_eq!(marks(&pictures), marks(&sounds), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_one_track_does_both_renditions_go_on() {
    let cases: [(&str, &[Scene]); 12] = [
        ("the picture ends", &[(6, Moving, true), (14, Dark, true)]),
        ("the picture pauses", &[(6, Moving, true), (9, Dark, true), (6, Moving, true)]),
        ("the picture pauses for a moment", &[(6, Moving, true), (3, Dark, true), (6, Moving, true)]),
        ("the picture comes late", &[(8, Dark, true), (8, Moving, true)]),
        ("the sound ends", &[(6, Moving, true), (10, Moving, false)]),
        ("the sound pauses", &[(6, Moving, true), (5, Moving, false), (6, Moving, true)]),
        ("the sound comes late", &[(8, Moving, false), (8, Moving, true)]),
        ("sound alone", &[(12, Dark, true)]),
        ("a picture alone", &[(12, Moving, false)]),
        ("slides of key frames", &[(3, Moving, true), (20, Slides(true), true)]),
        ("slides that are none", &[(3, Moving, true), (20, Slides(false), true)]),
        (
            "first the picture, then the sound is all there is",
            &[(6, Moving, false), (6, Moving, true), (10, Dark, true)],
        ),
    ];
    for (what, scenes) in cases {
        let stage = Stage::new();
        let lesson = stage.lesson(&order(Phase::Live));
        play(&stage, &lesson, scenes);
        let seconds: u32 = scenes.iter().map(|(seconds, ..)| seconds).sum();
        // A picture that comes late is waited for, for a second.
        let late = i64::from(scenes[0].1 == Dark);
        assert_whole(&recorded(&stage, lesson).await, what, i64::from(seconds) - late);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_track_that_goes_and_returns_is_no_new_run() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Live));
    play(
        &stage,
        &lesson,
        &[(6, Moving, true), (10, Dark, true), (6, Moving, true), (5, Moving, false), (4, Moving, true)],
    );
    let index = recorded(&stage, lesson).await;
    assert!(index.entries.iter().all(|entry| !entry.discontinuity || entry.msn == 0), "{index:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_sends_a_key_frame_is_on_air_with_the_sound_and_is_told() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Rehearsal));
    let mut lecturer = Lecturer::sit(&stage, &lesson);
    lecturer.speak(4);
    lecturer.speak_by(4, |_| Some(false));
    lesson.follow(&order(Phase::Live));
    lecturer.speak_by(2, |_| Some(false));
    assert_eq!(lesson.snapshot().waiting_for, Some(yunke_protocol::WaitingFor::KeyFrame));
    lecturer.speak_by(2, |_| Some(false));
    let live = lesson.snapshot();
    assert_eq!((live.phase, live.waiting_for), (Phase::Live, None));
    assert_eq!(live.tracks.map(|tracks| (tracks.picture, tracks.sound)), Some((false, true)));
    lecturer.speak_by(3, |_| Some(false));
    let notes = lesson.snapshot().publisher.expect("still there").notes;
    assert_eq!(notes[0].code, HealthCode::NoKeyFrame, "{notes:?}");
    lecturer.speak(4);
    let joined = lesson.snapshot();
    assert_eq!(joined.tracks.map(|tracks| (tracks.picture, tracks.sound)), Some((true, true)));
    assert!(
        joined.publisher.expect("still there").notes.iter().all(|note| note.code != HealthCode::NoKeyFrame)
    );
    assert_whole(&recorded(&stage, lesson).await, "the picture joins", 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_without_key_frames_and_without_sound_are_on_air_within_five_seconds() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Live));
    play(&stage, &lesson, &[(8, Keyless, false)]);
    assert_eq!(lesson.snapshot().zero_at, Some(START + 4_000));
    assert_whole(&recorded(&stage, lesson).await, "a still and silence", 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_of_another_format_is_heard_at_once_over_a_still_until_the_next_key_frame() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Live));
    let mut lecturer = Lecturer::sit(&stage, &lesson);
    lecturer.speak_by(4, |n| Some(n == 0));
    let one_channel = AudioConfig::parse(Bytes::from_static(&[0x11, 0x88])).expect("AAC-LC");
    lecturer.push(Unit::AudioConfig(one_channel));
    lecturer.speak_by(4, |_| Some(false));
    let meanwhile = lesson.snapshot().tracks.map(|tracks| (tracks.picture, tracks.sound));
    assert_eq!(meanwhile.map(|(_, sound)| sound), Some(true));
    lecturer.speak(4);
    let index = recorded(&stage, lesson).await;
    assert_whole(&index, "one channel less", 12);
    let begins: Vec<i64> = of(&index, Rendition::Audio)
        .iter()
        .filter(|entry| entry.discontinuity)
        .map(|entry| entry.pdt - index.zero_at)
        .filter(|at| *at > 0)
        .collect();
    assert!(matches!(begins[..], [at] if (3_900..4_900).contains(&at)), "{begins:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_that_joins_does_not_wait_for_a_key_frame_that_is_far_off() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Live));
    let mut lecturer = Lecturer::silent(&stage, &lesson);
    lecturer.tell(Track::Video);
    lecturer.speak_as(4, |n| Some(n == 0), false);
    // Of another format than what stood in for it.
    lecturer.push(Unit::AudioConfig(AudioConfig::parse(Bytes::from_static(&[0x11, 0x88])).expect("AAC-LC")));
    lecturer.speak_by(4, |_| Some(false));
    lecturer.speak(4);
    let index = recorded(&stage, lesson).await;
    assert_whole(&index, "sound joins", 12);
    let begins: Vec<i64> = of(&index, Rendition::Audio)
        .iter()
        .filter(|entry| entry.discontinuity)
        .map(|entry| entry.pdt - index.zero_at)
        .filter(|at| *at > 0)
        .collect();
    assert!(matches!(begins[..], [at] if (5_500..6_800).contains(&at)), "{begins:?}");
}
