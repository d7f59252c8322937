//! Picture and sound of a publisher whose timestamps belong together but which arrive apart: an encoder that needs seconds for a picture
//! and none for its sound. The one that comes early waits here, so that all that follows sees them side by side.
//!
//! Pure. The wait is a fixed time, learnt from both tracks, and does not depend on the other one going on: a track that ends
//! never holds the other up. Holds at most [`APART_MS`] of one track and [`MAX_BYTES`].

use std::collections::VecDeque;

use yunke_protocol::UtcMillis;

use crate::unit::{Track, Unit};

/// Tracks that lie further apart than this have clocks that have nothing to do with each other.
pub(crate) const APART_MS: i64 = 10_000;
/// Nearer than this nobody waits: what is between is made even where segments are cut.
const NEAR_MS: i64 = 600;
/// A distance that comes up later counts once it has been the same for so long, give or take [`SAME_MS`].
const STEADY_MS: i64 = 2_000;
const SAME_MS: i64 = 250;
/// What waits at most: ten seconds of 16 Mbit/s. When full, the oldest goes on early.
const MAX_BYTES: usize = 20 << 20;

/// Lays the tracks of one publisher beside each other.
#[derive(Debug, Default)]
pub struct Align {
    /// The first time that came.
    origin_ms: Option<u32>,
    /// When each track arrives, less its own time: of picture, of sound.
    skew_ms: [Option<i64>; 2],
    /// A distance that may come to count, and since when it is the same.
    candidate: Option<(i64, UtcMillis)>,
    /// Who waits, and how long.
    delay: Option<(Track, i64)>,
    waiting: VecDeque<(UtcMillis, Unit)>,
    bytes: usize,
}

impl Align {
    /// How long which track waits, milliseconds.
    pub fn delay(&self) -> Option<(Track, i64)> {
        self.delay
    }

    /// Takes what arrived now; appends what goes on now.
    pub fn push(&mut self, unit: Unit, now: UtcMillis, out: &mut Vec<Unit>) {
        let track = track(&unit);
        if let Unit::Frame(frame) = &unit {
            self.learn(frame.track, frame.dts_ms, now);
        }
        if self.delay.is_some_and(|(waits, _)| waits == track) {
            self.bytes += size(&unit);
            self.waiting.push_back((now, unit));
        } else {
            // The track that waited before has changed: in its own order.
            if self.waiting.iter().any(|(_, before)| self::track(before) == track) {
                self.release(UtcMillis::MAX, out);
            }
            out.push(unit);
        }
        self.release(now, out);
    }

    fn release(&mut self, now: UtcMillis, out: &mut Vec<Unit>) {
        let delay = self.delay.map_or(0, |(_, ms)| ms);
        while let Some((arrived, _)) = self.waiting.front() {
            if now.saturating_sub(*arrived) < delay && self.bytes <= MAX_BYTES {
                return;
            }
            let Some((_, unit)) = self.waiting.pop_front() else { return };
            self.bytes -= size(&unit);
            out.push(unit);
        }
    }

    fn learn(&mut self, track: Track, dts_ms: u32, now: UtcMillis) {
        let origin = *self.origin_ms.get_or_insert(dts_ms);
        let skew = now - i64::from(dts_ms.wrapping_sub(origin).cast_signed());
        let (own, other) = match track {
            Track::Video => (0, 1),
            Track::Audio => (1, 0),
        };
        let first = self.skew_ms[own].is_none();
        // Smoothed, as frames come in bursts; a jump counts at once.
        let before = self.skew_ms[own].filter(|before| (before - skew).abs() < NEAR_MS);
        self.skew_ms[own] = Some(before.map_or(skew, |before| before + (skew - before) / 8));
        let [Some(video), Some(audio)] = self.skew_ms else { return };
        let apart = video - audio;
        if first && self.skew_ms[other].is_some() {
            self.adopt(apart);
            return;
        }
        let settled = self.delay.map_or(0, |(track, ms)| if track == Track::Audio { ms } else { -ms });
        if (apart - settled).abs() < NEAR_MS {
            self.candidate = None;
            return;
        }
        match self.candidate {
            Some((same, since)) if (same - apart).abs() < SAME_MS => {
                if now - since >= STEADY_MS {
                    self.adopt(apart);
                }
            }
            _ => self.candidate = Some((apart, now)),
        }
    }

    /// The picture arrives so much later than its sound.
    fn adopt(&mut self, apart: i64) {
        self.candidate = None;
        let wait = match apart.abs() {
            NEAR_MS..=APART_MS => Some(apart.abs()),
            _ => None,
        };
        self.delay = wait.map(|ms| (if apart > 0 { Track::Audio } else { Track::Video }, ms));
        if let Some((track, ms)) = self.delay {
            tracing::info!(?track, ms, "picture and sound arrive apart: one waits for the other");
        }
    }
}

fn track(unit: &Unit) -> Track {
    match unit {
        Unit::VideoConfig(_) => Track::Video,
        Unit::AudioConfig(_) | Unit::Opus(_) => Track::Audio,
        Unit::Frame(frame) => frame.track,
    }
}

fn size(unit: &Unit) -> usize {
    match unit {
        Unit::Frame(frame) => frame.data.len() + size_of::<Unit>(),
        _ => size_of::<Unit>(),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::unit::Frame;

    fn frame(track: Track, dts_ms: i64) -> Unit {
        let dts_ms = u32::try_from(dts_ms.rem_euclid(1 << 32)).expect("wrapped");
        Unit::Frame(Frame { track, dts_ms, cts_ms: 0, key: true, data: Bytes::from_static(&[0; 100]) })
    }

    /// Ten seconds of both tracks, each frame `late` ms after its time; what goes on when.
    fn through(align: &mut Align, late: impl Fn(Track, i64) -> i64) -> Vec<(i64, Track, i64)> {
        let mut sent: Vec<(i64, Track, i64)> = (0..250)
            .flat_map(|n| [(Track::Video, n * 40), (Track::Audio, n * 40 + 7)])
            .map(|(track, at)| (at + late(track, at), track, at))
            .collect();
        sent.sort_by_key(|(arrival, ..)| *arrival);
        let mut gone = Vec::new();
        for (now, track, at) in sent {
            let mut out = Vec::new();
            align.push(frame(track, at), now, &mut out);
            gone.extend(out.into_iter().filter_map(|unit| match unit {
                Unit::Frame(frame) => Some((now, frame.track, i64::from(frame.dts_ms.cast_signed()))),
                _ => None,
            }));
        }
        gone
    }

    /// How far apart in their own time the tracks are where they go on, after the first `from` ms of it.
    fn apart(gone: &[(i64, Track, i64)], from: i64) -> i64 {
        let mut last = [None, None];
        let mut most = 0;
        for (_, track, at) in gone {
            last[usize::from(*track == Track::Audio)] = Some(*at);
            if let [Some(video), Some(audio)] = last
                && video.min(audio) > from
            {
                most = most.max((video - audio).abs());
            }
        }
        most
    }

    #[test]
    fn who_comes_early_waits_whichever_it_is() {
        for (late, waits) in [(Track::Video, Track::Audio), (Track::Audio, Track::Video)] {
            for ms in [1_500, 4_000, 9_000] {
                let mut align = Align::default();
                let gone = through(&mut align, |track, _| if track == late { ms } else { 0 });
                let (track, delay) = align.delay().expect("they are apart");
                assert!(track == waits && (delay - ms).abs() < 100, "{track:?} {delay}");
                assert!(apart(&gone, ms) < 200, "{late:?} {ms}: {}", apart(&gone, ms));
            }
        }
    }

    #[test]
    fn what_comes_together_does_not_wait_and_neither_do_unrelated_clocks() {
        let mut align = Align::default();
        let gone = through(&mut align, |track, at| if track == Track::Audio { 90 + at % 200 } else { 0 });
        assert_eq!((align.delay(), gone.len()), (None, 500));
        let mut align = Align::default();
        let mut out = Vec::new();
        for n in 0..100 {
            align.push(frame(Track::Video, n * 40), n * 40, &mut out);
            align.push(frame(Track::Audio, 3_600_000 + n * 40), n * 40, &mut out);
        }
        assert_eq!((align.delay(), out.len()), (None, 200));
    }

    #[test]
    fn a_stall_or_a_jump_of_both_is_no_distance() {
        let mut align = Align::default();
        // Three seconds of stall, then all of it at once.
        through(&mut align, |_, at| if (2_000..5_000).contains(&at) { 5_000 - at } else { 0 });
        assert_eq!(align.delay(), None);
        let mut align = Align::default();
        let mut out = Vec::new();
        for n in 0..200 {
            let jump = if n > 100 { 3_000 } else { 0 };
            align.push(frame(Track::Video, n * 40 + jump), n * 40, &mut out);
            align.push(frame(Track::Audio, n * 40 + jump), n * 40 + 5, &mut out);
        }
        assert_eq!((align.delay(), out.len()), (None, 400));
    }

    #[test]
    fn a_distance_that_comes_up_later_counts_after_two_seconds() {
        let mut align = Align::default();
        let gone =
            through(&mut align, |track, at| if track == Track::Video && at > 2_000 { 2_000 } else { 0 });
        assert!(matches!(align.delay(), Some((Track::Audio, 1_700..2_300))), "{:?}", align.delay());
        assert!(apart(&gone, 7_000) < 500, "{}", apart(&gone, 7_000));
    }

    proptest! {
        #[test]
        fn each_track_keeps_its_order_and_nothing_is_lost_but_what_waits(
            frames in proptest::collection::vec((any::<bool>(), 0_i64..20_000, 0_i64..300), 1..300),
        ) {
            let mut align = Align::default();
            let (mut now, mut out) = (0, Vec::new());
            let mut sent = [Vec::new(), Vec::new()];
            for (video, at, wait) in frames {
                now += wait;
                let track = if video { Track::Video } else { Track::Audio };
                let unit = frame(track, at);
                sent[usize::from(video)].push(unit.clone());
                align.push(unit, now, &mut out);
            }
            let waiting = align.waiting.len();
            prop_assert_eq!(out.len() + waiting, sent[0].len() + sent[1].len());
            for (sent, video) in sent.iter().zip([false, true]) {
                let track = if video { Track::Video } else { Track::Audio };
                let got: Vec<&Unit> = out.iter().filter(|unit| self::track(unit) == track).collect();
                prop_assert!(got.iter().zip(sent).all(|(got, sent)| *got == sent));
            }
        }
    }
}
