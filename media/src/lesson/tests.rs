//! A lesson's life, through the real packager and origin, on a clock that is set by hand.

mod stage;
mod tracks;

use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::sync::Semaphore;
use uuid::Uuid;
use yunke_protocol::{Gap, HealthCode};

use self::stage::{Lecturer, START, Stage, edge_past, near, order, until, wait};
use super::{seat::DEAD_MS, *};
use crate::{
    codec::{AudioConfig, VideoConfig, h264::tests::RECORD_720P},
    ingest::RefusalKind,
    live::event::Rendition,
    recording::{Loaded, load},
    unit::{Frame, Track},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_timeline_starts_at_the_key_frame_after_the_order_to_go_live() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Rehearsal));
    let mut lecturer = Lecturer::sit(&stage, &lesson);
    lecturer.speak(3);
    let rehearsal = lesson.snapshot();
    assert_eq!((rehearsal.phase, rehearsal.zero_at, rehearsal.edge_ms), (Phase::Rehearsal, None, None));
    lesson.follow(&order(Phase::Live));
    assert_eq!(lesson.snapshot().phase, Phase::Rehearsal, "it waits for a key frame");
    lecturer.speak(5);
    let live = until(&lesson, "five seconds are there", edge_past(4_000)).await;
    assert_eq!((live.phase, live.zero_at), (Phase::Live, Some(START + 3000)));
    assert!(live.edge_ms <= Some(5_025), "{:?}", live.edge_ms);
    assert_eq!(live.gaps, []);
    lesson.follow(&order(Phase::Rehearsal));
    assert_eq!(lesson.snapshot().phase, Phase::Live, "what has begun is not taken back");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_told_after_two_seconds_and_becomes_a_gap_on_return() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Live));
    let mut lecturer = Lecturer::sit(&stage, &lesson);
    lecturer.speak(4);
    lesson.leave(lecturer.seat);
    wait(&stage, &lesson, 1);
    assert_eq!(lesson.snapshot().outage_since, None);
    wait(&stage, &lesson, 9);
    let away = lesson.snapshot();
    assert!(near(away.outage_since, START + 4000), "{away:?}");
    assert!(near(away.edge_ms, 4000), "media exists up to the outage: {away:?}");
    Lecturer::sit(&stage, &lesson).speak(4);
    let back = lesson.snapshot();
    let [Gap { from_ms, to_ms }] = back.gaps[..] else { panic!("one gap: {back:?}") };
    assert!(back.outage_since.is_none() && near(Some(from_ms), 4000) && to_ms == 14_000, "{back:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_that_breaks_is_rebuilt_and_the_lesson_goes_on() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Live));
    let mut lecturer = Lecturer::sit(&stage, &lesson);
    lecturer.speak(4);
    let before = lesson.snapshot();
    lesson.break_pipeline();
    lecturer.speak(6);
    let after = until(&lesson, "it goes on", edge_past(9_000)).await;
    assert_eq!(after.zero_at, before.zero_at);
    let notes = after.publisher.expect("still there").notes;
    assert!(notes.iter().any(|note| note.code == HealthCode::Rebuilt && note.value == Some(1)), "{notes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_moves_the_media_but_not_the_timeline() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Live));
    let mut lecturer = Lecturer::sit(&stage, &lesson);
    lecturer.speak(4);
    lecturer.shift_ms += 3_600_000;
    lecturer.speak(4);
    lecturer.shift_ms = 0;
    lecturer.speak(4);
    let live = until(&lesson, "twelve seconds are there", edge_past(11_000)).await;
    assert!(live.edge_ms <= Some(12_500), "{:?}", live.edge_ms);
    assert_eq!(live.gaps, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_begins_a_moment_late_goes_on_where_the_one_before_ended() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Live));
    let mut lecturer = Lecturer::sit(&stage, &lesson);
    lecturer.speak(4);
    lecturer.shift_ms += 3_600_000;
    stage.clock.fetch_add(700, Ordering::Relaxed);
    lecturer.speak(4);
    until(&lesson, "eight seconds are there", edge_past(7_800)).await;
    let there = |ms: i64| (7_800..8_100).contains(&ms);
    assert!(lesson.snapshot().edge_ms.is_some_and(there), "{:?}", lesson.snapshot());
    lecturer.shift_ms = 0;
    stage.clock.fetch_add(1_300, Ordering::Relaxed);
    lecturer.speak(1);
    until(&lesson, "more than a second is a hole", edge_past(10_500)).await;
    let [Gap { from_ms, to_ms }] = lesson.snapshot().gaps[..] else {
        panic!("one gap: {:?}", lesson.snapshot())
    };
    assert!(there(from_ms) && to_ms == 10_000, "{from_ms} to {to_ms}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_small_jump_back_the_next_key_frame_goes_on_and_is_not_taken_for_an_old_one() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Live));
    let mut lecturer = Lecturer::sit(&stage, &lesson);
    lecturer.speak(4);
    lecturer.shift_ms -= 2_000;
    lecturer.speak_by(1, |n| Some(n % 25 == 12));
    lecturer.speak(2);
    let live = until(&lesson, "what came after the jump is there", edge_past(6_000)).await;
    assert_eq!((live.outage_since, live.gaps), (None, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_dies_leaves_the_sound() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Live));
    let mut lecturer = Lecturer::sit(&stage, &lesson);
    lecturer.speak(4);
    lecturer.speak_with(6, false);
    let dark = until(&lesson, "the sound goes on", edge_past(9_000)).await;
    let notes = dark.publisher.expect("still there").notes;
    assert!(notes.iter().any(|note| note.code == HealthCode::NoVideo), "{notes:?}");
    lecturer.speak(4);
    until(&lesson, "the picture is back", edge_past(13_000)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_hears_at_once_which_tracks_arrive() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Live));
    let tracks = || lesson.snapshot().tracks.map(|tracks| (tracks.picture, tracks.sound));
    assert_eq!(tracks(), None, "nobody sends");
    let mut lecturer = Lecturer::sit(&stage, &lesson);
    lecturer.speak(3);
    assert_eq!(tracks(), Some((true, true)));
    let told = || stage.context.changed.notified().now_or_never().is_some();
    told();
    lecturer.speak_with(3, false);
    assert_eq!((tracks(), told()), (Some((true, true)), false), "a picture may be at rest");
    lecturer.speak_with(2, false);
    assert_eq!((tracks(), told()), (Some((false, true)), true));
    lecturer.speak(2);
    assert_eq!((tracks(), told()), (Some((true, true)), true));
    lesson.leave(lecturer.seat);
    assert_eq!(tracks(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_without_a_key_frame_leaves_the_sound_until_one_comes() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Live));
    let mut lecturer = Lecturer::sit(&stage, &lesson);
    lecturer.speak_by(12, |_| Some(false));
    let dark = until(&lesson, "the sound is on air", edge_past(7_000)).await;
    let notes = dark.publisher.expect("still there").notes;
    assert!(notes.iter().any(|note| note.code == HealthCode::KeyInterval), "{notes:?}");
    lecturer.speak(4);
    until(&lesson, "the picture joins", edge_past(11_000)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seat_is_for_one_and_a_dead_one_loses_it() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Live));
    let mut lecturer = Lecturer::sit(&stage, &lesson);
    lecturer.speak(1);
    assert!(lesson.sit(Transport::Rtmp, 1).is_err());
    stage.clock.fetch_add(DEAD_MS, Ordering::Relaxed);
    assert!(lesson.sit(Transport::Rtmp, 1).is_ok());
    let late = Unit::VideoConfig(VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record"));
    let refusal = lesson.push(lecturer.seat, late).expect_err("the seat is another's");
    assert!(refusal.reason.contains("taken over"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sits_down_in_a_lesson_that_is_over_or_was_dropped() {
    let stage = Stage::new();
    let refused = |lesson: &Lesson, why: &str| match lesson.sit(Transport::Rtmp, 1) {
        Err(NoSeat::Closed(refusal)) => assert!(refusal.reason.contains(why), "{refusal}"),
        other => panic!("{other:?}"),
    };
    let ended = stage.lesson(&order(Phase::Live));
    Lecturer::sit(&stage, &ended).speak(1);
    ended.follow(&order(Phase::Ended));
    refused(&ended, "over");
    assert_eq!(ended.snapshot().publisher, None);
    refused(&Lesson::new(stage.context.clone(), &order(Phase::Ended), Origins::Lost), "over");
    let dropped = stage.lesson(&order(Phase::Rehearsal));
    dropped.close(Refusal::denied("the lesson is not expected here any more"));
    refused(&dropped, "not expected");
    // An order that was under way brings nothing back.
    dropped.follow(&order(Phase::Live));
    refused(&dropped, "not expected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_stream_key_sends_away_who_came_with_an_older_one() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Live));
    let mut lecturer = Lecturer::sit(&stage, &lesson);
    lecturer.speak(2);
    lesson.follow(&order(Phase::Live));
    assert!(lesson.on_air(), "the key that was granted counts");
    lesson.follow(&LessonOrder { key_version: 2, ..order(Phase::Live) });
    assert!(!lesson.on_air());
    let close_reason = lesson.close_reason(lecturer.seat);
    assert!(
        close_reason.kind == RefusalKind::WrongKey && close_reason.reason.contains("replaced"),
        "{close_reason}"
    );
    let late = Unit::VideoConfig(VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record"));
    lesson.push(lecturer.seat, late).expect_err("the seat is gone");
    // The new key opens the seat at once, though the one before sent until just now; late orders do not take it.
    let (_, revoked) = lesson.sit(Transport::Rtmp, 2).expect("the seat is free");
    lesson.follow(&order(Phase::Live));
    assert!(lesson.on_air() && !revoked.is_cancelled());
    lesson.follow(&LessonOrder { key_version: 3, ..order(Phase::Rehearsal) });
    assert!(revoked.is_cancelled(), "whatever else an order is too late for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_costs_the_recording_and_not_the_lesson() {
    let stage = Stage::new();
    std::fs::write(stage.dir.path().join("lessons"), "in the way").expect("written");
    let lesson = stage.lesson(&order(Phase::Live));
    Lecturer::sit(&stage, &lesson).speak(30);
    until(&lesson, "it goes on", edge_past(29_000)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_whose_clock_is_a_little_fast_or_slow_is_never_held_back_nor_broken_off() {
    for ppm in [200, -200] {
        let stage = Stage::new();
        let lesson = stage.lesson(&order(Phase::Live));
        let (seat, _) = lesson.sit(Transport::Rtmp, 1).expect("the seat is free");
        let video = VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record");
        lesson.push(seat, Unit::VideoConfig(video)).expect("the seat is mine");
        // Three hours, a picture a second.
        let seconds = 3 * 3_600_u32;
        for n in 0..seconds {
            let dts_ms = u32::try_from(i64::from(n) * (1_000_000 + ppm) / 1000).expect("small");
            let data = Bytes::from_static(&[0, 0, 0, 2, 0x65, 7]);
            let frame = Frame { track: Track::Video, dts_ms, cts_ms: 0, key: true, data };
            let pause = lesson.push(seat, Unit::Frame(frame)).expect("the seat is mine");
            assert_eq!(pause, Duration::ZERO, "{ppm} ppm, {n} s");
            stage.clock.fetch_add(1_000, Ordering::Relaxed);
        }
        let snapshot = lesson.snapshot();
        assert_eq!(snapshot.gaps, []);
        let codes: Vec<HealthCode> =
            snapshot.publisher.expect("there").notes.iter().map(|note| note.code).collect();
        assert!(!codes.contains(&HealthCode::TimestampsRepaired), "{codes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_codecs_of_what_is_made_small_are_loaded_in_the_rehearsal_and_not_before_the_sound_is_known() {
    // In a process of its own, as nextest runs it.
    let loaded = || gst::Registry::get().find_plugin("libav").is_some_and(|plugin| plugin.is_loaded());
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Rehearsal));
    let mut lecturer = Lecturer::sit(&stage, &lesson);
    lecturer.speak(2);
    assert!(!loaded(), "nobody needs them yet");
    lecturer.speak(4);
    until(&lesson, "they are loaded", |_| loaded()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_recorded_and_an_outage_at_the_end_is_not_part_of_it() {
    let stage = Stage::new();
    let lesson = stage.lesson(&order(Phase::Live));
    let mut lecturer = Lecturer::sit(&stage, &lesson);
    lecturer.speak(5);
    lesson.leave(lecturer.seat);
    wait(&stage, &lesson, 8);
    lesson.follow(&order(Phase::Ended));
    let ended = lesson.snapshot();
    assert!(ended.phase == Phase::Ended && near(ended.edge_ms, 5000), "{ended:?}");
    stage.context.tasks.close();
    drop(lesson);
    stage.context.tasks.wait().await;
    let loaded = load(&*stage.context.store, Uuid::from_u128(7)).await.expect("a store that works");
    let Loaded::Complete(index) = loaded else { panic!("complete: {loaded:?}") };
    assert!(near(index.length_ms, 5000) && near(index.end(), START + 5000), "{index:?}");
    assert_eq!(index.entries.iter().filter(|entry| entry.media.is_none()).count(), 0);
    let recorded = |rendition| -> Vec<u64> {
        let of = index.entries.iter().filter(|entry| entry.rendition == rendition);
        of.map(|entry| entry.msn).collect()
    };
    assert_eq!(recorded(Rendition::AudioLow), recorded(Rendition::Audio));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_picture_that_cannot_be_made_costs_the_lesson_nothing_and_the_lecturer_is_told() {
    let mut stage = Stage::new();
    stage.context.transcode_slots = Arc::new(Semaphore::new(1));
    let lesson = stage.lesson(&order(Phase::Live));
    let lecturer = Lecturer::sit(&stage, &lesson);
    // Pictures that no decoder makes anything of.
    for n in 0..25 * 12 {
        lecturer.frame(Track::Video, n * 40, n.is_multiple_of(25));
        if n == 0 {
            assert_eq!(stage.context.transcode_slots.available_permits(), 0, "its place is taken");
        }
        stage.clock.fetch_add(40, Ordering::Relaxed);
    }
    let on_air = until(&lesson, "it goes on", edge_past(11_000)).await;
    let notes = on_air.publisher.expect("still there").notes;
    let told = |note: &yunke_protocol::HealthNote| {
        matches!(note.code, HealthCode::SmallPictureSlow | HealthCode::SmallPictureBroken)
    };
    assert!(notes.iter().any(told), "{notes:?}");
    assert_eq!(lesson.snapshot().gaps, []);
    assert_eq!(stage.context.transcode_slots.available_permits(), 1, "another lesson may have its place");
}
