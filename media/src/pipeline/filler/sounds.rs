//! Silence where the publisher's sound is missing.

use yunke_protocol::UtcMillis;

use super::silence;
use crate::{
    codec::AudioConfig,
    pipeline::repair::Stamp,
    unit::{Frame, Track},
};

/// Without sound for so long, while pictures come, it is missing.
const MISSING_MS: i64 = 600;
/// And pictures of so much time have come: after a line stood still they arrive in a burst, sound and all.
const MISSING_US: i64 = 500_000;
/// Silence stays so far behind the picture, and as much more as the sound used to.
const BEHIND_US: i64 = 100_000;
const MAX_LAG_US: i64 = 2_000_000;
/// How long is remembered how far behind it used to be: frames.
const LAG_FRAMES: i64 = 64;
/// A hole of so many frames within the sound is filled when it goes on; behind silence, of one.
const HOLE_FRAMES: i64 = 3;
/// Times are microseconds, and some publishers' milliseconds.
const ROUNDING_NS: i64 = 2_000_000;
/// Frames of silence at a time at most: a minute. Beyond, the rest of a hole stays one.
const MAX_FILLED: usize = 3_000;

/// The sound of a run.
#[derive(Debug)]
pub(super) struct Sounds {
    silent: Frame,
    frame_ns: i64,
    /// Where the next frame belongs, nanoseconds.
    next_ns: i64,
    came: UtcMillis,
    /// How far the picture was then.
    picture_us: i64,
    lag_us: i64,
    /// The last frame was silence.
    fills: bool,
}

impl Sounds {
    pub(super) fn new(config: &AudioConfig, now: UtcMillis) -> Option<Self> {
        let data = silence::frame(config)?;
        let silent = Frame { track: Track::Audio, dts_ms: 0, cts_ms: 0, key: true, data };
        let frame_ns = i64::try_from(config.frame_ns()).ok()?;
        Some(Self { silent, frame_ns, next_ns: 0, came: now, picture_us: 0, lag_us: 0, fills: false })
    }

    /// Sound of the publisher's; the picture has come as far as `picture_us`.
    pub(super) fn push(
        &mut self,
        frame: Frame,
        stamp: Stamp,
        picture_us: i64,
        now: UtcMillis,
        out: &mut Vec<(Frame, Stamp)>,
    ) {
        let at_ns = stamp.pts_us * 1000;
        let least = if self.fills { 1 } else { HOLE_FRAMES };
        if at_ns - self.next_ns >= least * self.frame_ns - ROUNDING_NS {
            self.fill(at_ns + ROUNDING_NS, out);
        }
        (self.next_ns, self.fills) = (at_ns + self.frame_ns, false);
        let lag_us = (picture_us - stamp.pts_us).clamp(0, MAX_LAG_US);
        self.lag_us = lag_us.max(self.lag_us - self.lag_us / LAG_FRAMES);
        (self.came, self.picture_us) = (now, picture_us);
        out.push((frame, stamp));
    }

    /// The picture has come as far as this.
    pub(super) fn fill_up_to(&mut self, picture_us: i64, now: UtcMillis, out: &mut Vec<(Frame, Stamp)>) {
        if now - self.came >= MISSING_MS && picture_us - self.picture_us >= MISSING_US {
            self.fill((picture_us - self.lag_us - BEHIND_US) * 1000, out);
        }
    }

    /// Sound that lies at `place_us` is left out, for silence has been there already: it is later than the sound used to be.
    /// No more silence until it has caught up, and from now on as much later.
    pub(super) fn too_late(&mut self, place_us: i64, picture_us: i64, now: UtcMillis) {
        if self.fills {
            self.lag_us = self.lag_us.max((picture_us - place_us).clamp(0, MAX_LAG_US));
            (self.came, self.picture_us) = (now, picture_us);
        }
    }

    fn fill(&mut self, until_ns: i64, out: &mut Vec<(Frame, Stamp)>) {
        for _ in 0..MAX_FILLED {
            if self.next_ns + self.frame_ns > until_ns {
                return;
            }
            let at_us = self.next_ns / 1000;
            out.push((self.silent.clone(), Stamp { dts_us: at_us, pts_us: at_us }));
            self.next_ns += self.frame_ns;
            self.fills = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn sound_that_is_later_than_it_was_stops_the_silence_and_is_heard() {
        let config = AudioConfig::parse(Bytes::from_static(&[0x11, 0x90])).expect("AAC-LC");
        for lag_us in [200_000, 400_000, 550_000] {
            let (mut sounds, mut out) = (Sounds::new(&config, 0).expect("usual"), Vec::new());
            // The microphone begins after a second, and arrives late each time.
            let mut heard = 0;
            for n in 1..=250_i64 {
                let (now, picture_us) = (n * 40, n * 40_000);
                sounds.fill_up_to(picture_us, now, &mut out);
                let place_us = picture_us - lag_us;
                if now < 1_000 {
                    continue;
                }
                if place_us * 1_000 < sounds.next_ns {
                    sounds.too_late(place_us, picture_us, now);
                } else {
                    let frame = Frame { data: Bytes::from_static(b"spoken"), ..sounds.silent.clone() };
                    let stamp = Stamp { dts_us: place_us, pts_us: place_us };
                    sounds.push(frame, stamp, picture_us, now, &mut out);
                    heard += 1;
                }
            }
            // All but what came while it caught up, in half a second.
            assert!(heard >= 250 - 25 - 14, "{lag_us}: {heard}");
        }
    }
}
