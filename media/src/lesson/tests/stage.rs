//! A lesson on a stage: a clock that is set by hand, and a lecturer who publishes by it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use tokio::sync::{Notify, Semaphore};
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use yunke_protocol::{LeaseKey, LessonOrder, LessonSnapshot, Phase, Transport};

use super::super::{Context, Lesson, Origins};
use crate::{
    clock::Clock,
    codec::{AudioConfig, VideoConfig, h264::tests::RECORD_720P},
    live::Origin,
    pipeline::{filler::tests::headed, packager},
    unit::{Frame, Track, Unit},
};

pub(super) const START: i64 = 1_800_000_000_000;

pub(super) struct Stage {
    pub(super) context: Context,
    pub(super) clock: Arc<AtomicI64>,
    pub(super) dir: tempfile::TempDir,
}

impl Stage {
    pub(super) fn new() -> Self {
        packager::init().expect("GStreamer is installed");
        let dir = tempfile::tempdir().expect("a temporary directory");
        let clock = Arc::new(AtomicI64::new(START));
        let hand = Arc::clone(&clock);
        let clock_fn: Clock = Arc::new(move || hand.load(Ordering::Relaxed));
        let context = Context {
            origin: Origin::new(LeaseKey::derive(b"secret"), Arc::clone(&clock_fn)),
            store: Arc::new(LocalFileSystem::new_with_prefix(dir.path()).expect("a folder")),
            clock: clock_fn,
            tasks: TaskTracker::new(),
            changed: Arc::new(Notify::new()),
            part_target: Duration::from_millis(300),
            transcode_slots: Arc::new(Semaphore::new(0)),
        };
        Self { context, clock, dir }
    }

    pub(super) fn lesson(&self, order: &LessonOrder) -> Lesson {
        Lesson::new(self.context.clone(), order, Origins::Fresh)
    }
}

pub(super) fn order(phase: Phase) -> LessonOrder {
    LessonOrder { lesson: Uuid::from_u128(7), phase, key_version: 1, zero_at: None, gaps: Vec::new() }
}

/// Someone who publishes 25 pictures a second with a key frame every second, and their sound.
pub(super) struct Lecturer<'a> {
    pub(super) lesson: &'a Lesson,
    pub(super) clock: &'a AtomicI64,
    pub(super) seat: u64,
    pub(super) n: u32,
    pub(super) sounds: u32,
    /// Added to the timestamps.
    pub(super) shift_ms: u32,
    pub(super) video: VideoConfig,
}

impl<'a> Lecturer<'a> {
    pub(super) fn sit(stage: &'a Stage, lesson: &'a Lesson) -> Self {
        let lecturer = Self::silent(stage, lesson);
        lecturer.tell(Track::Video);
        lecturer.tell(Track::Audio);
        lecturer
    }

    /// Has not said yet what will come.
    pub(super) fn silent(stage: &'a Stage, lesson: &'a Lesson) -> Self {
        let (seat, _) = lesson.sit(Transport::Rtmp, 1).expect("the seat is free");
        let video = VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record");
        Self { lesson, clock: &stage.clock, seat, n: 0, sounds: 0, shift_ms: 5000, video }
    }

    /// Says of what format a track will be.
    pub(super) fn tell(&self, track: Track) {
        let sound = || AudioConfig::parse(Bytes::from_static(&[0x11, 0x90])).expect("AAC-LC");
        self.push(match track {
            Track::Video => Unit::VideoConfig(self.video.clone()),
            Track::Audio => Unit::AudioConfig(sound()),
        });
    }

    pub(super) fn push(&self, unit: Unit) {
        self.lesson.push(self.seat, unit).expect("the seat is mine");
    }

    pub(super) fn frame(&self, track: Track, dts_ms: u32, key: bool) {
        let data = match track {
            Track::Video => headed(&self.video, key, self.n % 25),
            // Silence, as ffmpeg encodes it.
            Track::Audio => Bytes::from_static(&[0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c]),
        };
        self.push(Unit::Frame(Frame { track, dts_ms: dts_ms + self.shift_ms, cts_ms: 0, key, data }));
    }

    /// Time runs a hundred times faster here, and a rendition that lags two segments behind is given up.
    pub(super) fn let_it_settle(&self) {
        let began = std::time::Instant::now();
        while !self.lesson.settled() && began.elapsed() < SETTLE_TIME {
            std::thread::yield_now();
        }
    }

    pub(super) fn speak(&mut self, seconds: u32) {
        self.speak_with(seconds, true);
    }

    pub(super) fn speak_with(&mut self, seconds: u32, picture: bool) {
        self.speak_by(seconds, |n| picture.then_some(n.is_multiple_of(25)));
    }

    /// `picture`: whether a picture is sent with this number, and is a key frame.
    pub(super) fn speak_by(&mut self, seconds: u32, picture: impl Fn(u32) -> Option<bool>) {
        self.speak_as(seconds, picture, true);
    }

    pub(super) fn speak_as(&mut self, seconds: u32, picture: impl Fn(u32) -> Option<bool>, sound: bool) {
        for _ in 0..seconds * 25 {
            let at = self.n * 40;
            if let Some(key) = picture(self.n) {
                self.frame(Track::Video, at, key);
            }
            self.n += 1;
            while self.sounds * 64 / 3 < self.n * 40 {
                if sound {
                    self.frame(Track::Audio, self.sounds * 64 / 3, true);
                }
                self.sounds += 1;
            }
            self.clock.fetch_add(40, Ordering::Relaxed);
            if self.n.is_multiple_of(5) {
                self.lesson.tick();
                self.let_it_settle();
            }
        }
    }
}

/// A pipeline that broke keeps what it has: it is not waited for longer than this.
pub(super) const SETTLE_TIME: Duration = Duration::from_secs(2);

/// Parts come from the pipeline's threads: looks until what it shows is so.
pub(super) async fn until(
    lesson: &Lesson,
    what: &str,
    is: impl Fn(&LessonSnapshot) -> bool,
) -> LessonSnapshot {
    for _ in 0..1000 {
        let snapshot = lesson.snapshot();
        if is(&snapshot) {
            return snapshot;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("in vain until {what}: {:?}", lesson.snapshot());
}

pub(super) fn edge_past(ms: i64) -> impl Fn(&LessonSnapshot) -> bool {
    move |snapshot| snapshot.edge_ms.is_some_and(|edge| edge > ms)
}

pub(super) fn near(value: Option<i64>, expected: i64) -> bool {
    value.is_some_and(|value| (value - expected).abs() <= 25)
}

pub(super) fn wait(stage: &Stage, lesson: &Lesson, seconds: u32) {
    for _ in 0..seconds * 5 {
        stage.clock.fetch_add(200, Ordering::Relaxed);
        lesson.tick();
    }
}
