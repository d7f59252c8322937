//! What fillers promise, with the rhythms of real publishers.

use bytes::Bytes;

use super::*;

/// A picture of this format that has a head and nothing else; `number`: since the key frame.
pub(crate) fn headed(config: &VideoConfig, key: bool, number: u32) -> Bytes {
    let sequence = sets::Sets::of(config).expect("whole pictures").sequence;
    let mut out = writer::Writer::default();
    out.ue(0);
    out.ue(if key { 7 } else { 5 });
    out.ue(0);
    out.put(number & ((1 << sequence.frame_num_bits) - 1), sequence.frame_num_bits);
    if key {
        out.ue(0);
    }
    if let sets::Order::Counted(count) = sequence.order {
        out.put((2 * number) & ((1 << count) - 1), count);
    }
    out.put(u32::MAX, 32);
    out.align(true);
    config.unit(&[out.into_nal(if key { 0x65 } else { 0x41 })]).expect("short")
}

fn still() -> Still {
    Still::plain().expect("our own")
}

struct Run {
    filler: Filler,
    now: i64,
    patience_ms: i64,
    out: Vec<(Frame, Stamp)>,
    key: Frame,
    /// A picture that refers to the one before.
    next: Frame,
}

impl Run {
    fn with(begins: Option<Frame>) -> Self {
        let Still { config, frame } = still();
        let audio = plain_sound().expect("our own");
        let filler = Filler::new(Some(&config), Some(&audio), begins, 300_000, 0);
        let data = headed(&config, false, 1);
        let next = Frame { key: false, data, ..frame.clone() };
        Self { filler, now: 0, patience_ms: 4_000, out: Vec::new(), key: frame, next }
    }

    fn new() -> Self {
        Self::with(None)
    }

    fn push(&mut self, frame: Frame, at_us: i64) -> Fit {
        let at = Moment { now: self.now, patience_ms: self.patience_ms };
        self.filler.push(frame, Stamp { dts_us: at_us, pts_us: at_us }, true, at, &mut self.out)
    }

    /// Time passes up to `until_ms`; a picture comes where `picture` says (whether it is a key frame), sound if it is on.
    fn live(&mut self, until_ms: i64, picture: impl Fn(i64) -> Option<bool>, sound: bool) -> Vec<Fit> {
        let mut fits = Vec::new();
        while self.now < until_ms {
            if let Some(key) = picture(self.now) {
                let frame = if key { self.key.clone() } else { self.next.clone() };
                fits.push(self.push(frame, self.now * 1000));
            }
            let n = (self.now * 3 + 63) / 64;
            if sound && n * 64 / 3 == self.now {
                let heard = Frame {
                    track: Track::Audio,
                    dts_ms: 0,
                    cts_ms: 0,
                    key: true,
                    data: Bytes::from_static(&[1]),
                };
                self.push(heard, n * 64_000 / 3);
            }
            self.now += 1;
        }
        fits
    }

    fn times(&self, track: Track) -> Vec<i64> {
        self.out.iter().filter(|(frame, _)| frame.track == track).map(|(_, stamp)| stamp.dts_us).collect()
    }

    /// The largest distance of two frames.
    fn hole(&self, track: Track) -> i64 {
        self.times(track).windows(2).map(|two| two[1] - two[0]).max().expect("frames")
    }

    fn assert_ascending(&self) {
        for track in [Track::Video, Track::Audio] {
            assert!(self.times(track).windows(2).all(|two| two[0] < two[1]), "{track:?}");
        }
    }

    fn keys(&self) -> Vec<i64> {
        self.out
            .iter()
            .filter(|(f, _)| f.track == Track::Video && f.key)
            .map(|(_, stamp)| stamp.dts_us)
            .collect()
    }
}

/// 25 pictures a second, a key frame every second.
fn moving(now: i64) -> Option<bool> {
    (now % 40 == 0).then_some(now % 1_000 == 0)
}

fn nothing(_: i64) -> Option<bool> {
    None
}

#[test]
fn what_is_whole_is_not_touched() {
    let mut run = Run::new();
    run.live(10_000, moving, true);
    assert_eq!(run.times(Track::Video).len(), 250);
    assert!(run.out.iter().all(|(frame, _)| frame.track == Track::Video || frame.data[..] == [1]));
    run.assert_ascending();
}

#[test]
fn a_picture_at_rest_has_no_hole_of_more_than_a_frame_of_the_publishers() {
    let mut run = Run::new();
    run.live(5_000, moving, true);
    run.live(9_500, nothing, true);
    run.live(12_000, moving, true);
    assert!(run.hole(Track::Video) <= 2 * 40_000, "{}", run.hole(Track::Video));
    run.assert_ascending();
}

#[test]
fn silence_follows_the_picture_on_the_grid_of_the_sound_and_gives_way_to_it() {
    let mut run = Run::new();
    run.live(5_000, moving, true);
    run.live(9_000, moving, false);
    let silent = run.times(Track::Audio);
    assert!(silent.last().is_some_and(|last| *last > 8_700_000), "{:?}", silent.last());
    run.live(12_000, moving, true);
    let sounds = run.times(Track::Audio);
    assert!(
        sounds.windows(2).all(|two| (21_330..=21_340).contains(&(two[1] - two[0]))),
        "{}",
        run.hole(Track::Audio)
    );
    run.assert_ascending();
}

#[test]
fn without_any_sound_there_is_silence_from_the_beginning() {
    let mut run = Run::new();
    run.live(3_000, moving, false);
    let sounds = run.times(Track::Audio);
    assert_eq!(sounds[0], 0);
    assert!(sounds.last().is_some_and(|last| *last > 2_800_000));
}

#[test]
fn a_line_that_stood_still_brings_its_sound_and_no_silence() {
    let mut run = Run::new();
    run.live(3_000, moving, true);
    let now = run.now;
    // Nothing for 1.5 s, then all at once.
    for at in now..now + 1_500 {
        run.now = now + 1_500;
        if let Some(key) = moving(at) {
            let frame = if key { run.key.clone() } else { run.next.clone() };
            run.push(frame, at * 1000);
        }
        let n = (at * 3 + 63) / 64;
        if n * 64 / 3 == at {
            let data = Bytes::from_static(&[1]);
            run.push(Frame { track: Track::Audio, dts_ms: 0, cts_ms: 0, key: true, data }, n * 64_000 / 3);
        }
    }
    assert!(run.out.iter().all(|(frame, _)| frame.track == Track::Video || frame.data[..] == [1]));
    assert_eq!(run.times(Track::Video).len(), 4_500 / 40 + 1);
}

#[test]
fn a_picture_at_rest_has_copies_and_the_next_one_goes_on() {
    for every in [500, 2_500, 5_000] {
        let mut run = Run::new();
        run.patience_ms = 10_000;
        let sparse = |now: i64| (now % every == 0).then_some(now == 0);
        let fits = run.live(26_000, sparse, true);
        assert!(fits.iter().all(|fit| *fit == Fit::Taken), "{every}");
        assert!(run.hole(Track::Video) <= 300_000, "{every}: {}", run.hole(Track::Video));
        assert!(run.times(Track::Video).last().is_some_and(|last| *last > 25_300_000), "{every}");
        run.assert_ascending();
    }
}

#[test]
fn pictures_far_apart_without_sound_have_copies_between_them() {
    let mut run = Run::new();
    run.live(10_000, |now| (now % 1_000 == 0).then_some(now == 0), false);
    assert!(run.hole(Track::Video) <= 300_000);
}

#[test]
fn a_picture_that_is_gone_becomes_a_still_until_its_next_key_frame() {
    let mut run = Run::new();
    run.live(4_900, moving, true);
    run.live(20_000, nothing, true);
    let keys: Vec<i64> = run.keys().into_iter().filter(|at| *at > 4_900_000).collect();
    assert!(keys[0] < 11_200_000 && keys.len() >= 4, "{keys:?}");
    assert!(keys.windows(2).all(|two| two[1] - two[0] <= 2_250_000), "{keys:?}");
    let fits = run.live(22_000, moving, true);
    assert_eq!((fits[0], fits[1]), (Fit::Taken, Fit::Taken), "it is a key frame");
    let fits = run.live(40_000, nothing, true);
    assert_eq!(fits, []);
    let fits = run.live(42_100, |now| moving(now).map(|key| key && now >= 42_000), true);
    assert_eq!((fits[0], *fits.last().expect("some")), (Fit::WantsKey, Fit::Taken));
    assert!(run.hole(Track::Video) <= 300_000);
    run.assert_ascending();
}

#[test]
fn a_slide_that_is_a_key_frame_is_shown_again_for_those_who_come_late_and_its_successor_is_taken() {
    let mut run = Run::new();
    run.live(1, |_| Some(true), true);
    run.live(30_000, nothing, true);
    assert!(run.keys().windows(2).all(|two| two[1] - two[0] <= 2_250_000), "{:?}", run.keys());
    assert_eq!(run.live(30_001, |_| Some(false), true), [Fit::Taken]);
}

#[test]
fn a_still_begins_at_once_and_a_picture_without_a_key_frame_waits_for_one() {
    let mut run = Run::with(Some(still().frame));
    let fits = run.live(5_000, |now| (now % 40 == 0).then_some(false), true);
    assert!(fits.iter().all(|fit| *fit == Fit::WantsKey));
    assert_eq!((run.times(Track::Video)[0], run.keys()[0]), (0, 0));
    assert!(run.hole(Track::Video) <= 300_000);
    assert_eq!(run.live(5_001, |_| Some(true), true), [Fit::Taken]);
    run.assert_ascending();
}

#[test]
fn pictures_of_another_format_drive_still_and_silence() {
    let mut run = Run::with(Some(still().frame));
    for n in 0..100 {
        run.now = n * 40;
        let at = Moment { now: run.now, patience_ms: 4_000 };
        let stamp = Stamp { dts_us: n * 40_000, pts_us: n * 40_000 };
        assert_eq!(run.filler.push(run.next.clone(), stamp, false, at, &mut run.out), Fit::Foreign);
    }
    for track in [Track::Video, Track::Audio] {
        assert_eq!(run.times(track)[0], 0);
        assert!(run.times(track).last().is_some_and(|last| *last > 3_700_000), "{track:?}");
    }
}

#[test]
fn a_picture_that_always_comes_later_than_its_sound_is_not_doubled() {
    let mut run = Run::new();
    let mut late = std::collections::VecDeque::new();
    while run.now < 12_000 {
        // Two a second, half a second after the sound of their time.
        if run.now % 500 == 0 {
            late.push_back(run.now);
        }
        if late.front().is_some_and(|at| at + 500 <= run.now)
            && let Some(at) = late.pop_front()
        {
            let frame = if at == 0 { run.key.clone() } else { run.next.clone() };
            run.push(frame, at * 1000);
        }
        let until = run.now + 1;
        run.live(until, nothing, true);
    }
    run.assert_ascending();
}
