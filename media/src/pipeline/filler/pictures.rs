//! A picture at rest, and a still where there is none.
//!
//! ```text
//! moving ── nothing for a moment ──▶ at rest: copies of the last picture, which the publisher's next one does not mind
//!   ▲                                   │ nothing for longer than it may be at rest
//!   └──── its next key frame ──── gone: the last key frame, again and again; who comes late can begin at it
//! ```

use yunke_protocol::UtcMillis;

use super::{
    copier,
    moment::{Fit, Moment},
};
use crate::{
    codec::VideoConfig,
    pipeline::repair::Stamp,
    unit::{Frame, Track},
};

/// Without a picture for so long, while sound comes, it is at rest.
const REST_MS: i64 = 400;
/// Copies stay so far behind the sound, and as much more as the picture used to: the next one may be under way.
const BEHIND_US: i64 = 150_000;
const MAX_LAG_US: i64 = 2_000_000;
/// How long is remembered how far behind it used to be: pictures.
const LAG_PICTURES: i64 = 32;
/// Smaller distances are no holes.
const WORTH_US: i64 = 100_000;
/// Pictures come no faster, whatever is declared.
const LEAST_STEP_US: i64 = 16_000;
/// Who begins at a key frame waits at most so long for one: half of a target duration.
const KEY_EVERY_US: i64 = 2_000_000;
/// The publisher's pictures are not given up, until their next key frame, before they were away for so long.
const GONE_MS: i64 = 6_000;
/// Nor before so long, if their key frames are further apart than this: nobody who comes late had one to begin at anyhow.
const RARE_GONE_MS: i64 = 60_000;
const RARE_US: i64 = 10_000_000;
/// Pictures at a time at most.
const MAX_FILLED: usize = 500;

/// The pictures of a run.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Pictures {
    config: VideoConfig,
    /// Between copies: what lies between the publisher's pictures, at most half of a part. A player may go by the rate that the
    /// parameter sets declare, and takes more than two frames for a hole in which it waits for the next key frame.
    step_us: i64,
    copier: copier::Copier,
    /// The last key frame that can be shown again.
    key: Option<Frame>,
    /// Where the last key frame lies, repeated or not.
    key_us: i64,
    /// Where the publisher's last picture lies.
    own_us: Option<i64>,
    /// What was sent last, by whomever.
    last: Option<Stamp>,
    /// How much later than decoded key frames are shown.
    reorder_us: i64,
    came: Option<UtcMillis>,
    lag_us: i64,
    /// The publisher's last picture is the key frame.
    clean: bool,
    gone: bool,
    /// The publisher's key frames are far apart.
    rare: bool,
    /// The publisher's pictures cannot be decoded before their next key frame.
    lost: bool,
}

impl Pictures {
    pub(super) fn new(config: VideoConfig, still: Option<Frame>, part_target_us: i64) -> Self {
        let is_still = still.is_some();
        let declared_us = match config.fps_milli {
            0 => i64::MAX,
            fps_milli => 1_000_000_000 / i64::from(fps_milli),
        };
        Self {
            step_us: declared_us.clamp(LEAST_STEP_US, (part_target_us / 2).max(LEAST_STEP_US)),
            copier: copier::Copier::new(config.clone()),
            config,
            key: still,
            key_us: i64::MIN / 2,
            own_us: None,
            last: None,
            reorder_us: 0,
            came: None,
            lag_us: 0,
            clean: false,
            gone: is_still,
            rare: false,
            lost: is_still,
        }
    }

    /// A picture of the publisher's; the sound has come as far as `sound_us`.
    pub(super) fn push(
        &mut self,
        frame: Frame,
        stamp: Stamp,
        sound_us: i64,
        now: UtcMillis,
        out: &mut Vec<(Frame, Stamp)>,
    ) -> Fit {
        if self.lost && !frame.key {
            return Fit::WantsKey;
        }
        if let Some(before_us) = self.own_us.replace(stamp.dts_us) {
            self.step_us = self.step_us.min((stamp.dts_us - before_us).max(LEAST_STEP_US));
        }
        self.bridge(stamp, out);
        (self.lost, self.gone, self.came) = (false, false, Some(now));
        let lag_us = (sound_us - stamp.pts_us).clamp(0, MAX_LAG_US);
        self.lag_us = lag_us.max(self.lag_us - self.lag_us / LAG_PICTURES);
        self.rare = !frame.key && stamp.dts_us - self.key_us > RARE_US;
        self.clean = frame.key && copier::resets(&self.config, &frame.data);
        if frame.key {
            (self.key_us, self.reorder_us) = (stamp.dts_us, stamp.pts_us - stamp.dts_us);
        }
        if self.clean {
            self.key = Some(frame.clone());
        }
        self.copier.saw(&frame.data, stamp.pts_us);
        self.last = Some(stamp);
        out.push((frame, stamp));
        Fit::Taken
    }

    /// Something else has come as far as this.
    pub(super) fn fill_up_to(&mut self, other_us: i64, at: Moment, out: &mut Vec<(Frame, Stamp)>) {
        let waited = self.came.map_or(i64::MAX, |came| at.now - came);
        let patience = at.patience_ms.max(if self.rare { RARE_GONE_MS } else { GONE_MS });
        self.gone |= self.came.is_some() && waited >= patience;
        if self.gone {
            self.fill(other_us, out);
        } else if waited >= REST_MS {
            self.fill(other_us - self.lag_us - BEHIND_US, out);
        }
    }

    /// Copies where the publisher's pictures are further apart than players take for one another's next.
    fn bridge(&mut self, next: Stamp, out: &mut Vec<(Frame, Stamp)>) {
        let long = self.last.is_some_and(|last| next.dts_us - last.dts_us > (2 * self.step_us).max(WORTH_US));
        if long && !self.lost {
            // What is decoded from here on is shown from here on.
            self.fill(next.dts_us - self.step_us / 2, out);
        }
    }

    /// Up to what is shown then.
    fn fill(&mut self, until_us: i64, out: &mut Vec<(Frame, Stamp)>) {
        for _ in 0..MAX_FILLED {
            let at_us = self.last.map_or(0, |last| last.dts_us + self.step_us);
            let stamp = Stamp { dts_us: at_us, pts_us: at_us + self.reorder_us };
            // Nothing goes before a picture that is shown later than decoded.
            if stamp.pts_us > until_us || stamp.pts_us <= self.copier.newest_us() {
                return;
            }
            let Some(frame) = self.stand_in(stamp) else { return };
            self.last = Some(stamp);
            out.push((frame, stamp));
        }
    }

    fn stand_in(&mut self, stamp: Stamp) -> Option<Frame> {
        let begins = self.gone && !self.clean && !self.lost;
        let due = (self.gone || self.clean) && stamp.dts_us - self.key_us >= KEY_EVERY_US;
        let copy = if begins || due { None } else { self.copier.copy() };
        if let Some(data) = copy {
            return Some(Frame { track: Track::Video, dts_ms: 0, cts_ms: 0, key: false, data });
        }
        // The publisher's next picture would refer to what a key frame makes the decoder forget.
        if !self.gone && !self.clean {
            return None;
        }
        let Some(key) = self.key.clone() else {
            let data = self.copier.copy()?;
            return Some(Frame { track: Track::Video, dts_ms: 0, cts_ms: 0, key: false, data });
        };
        let data = self.copier.again(&key.data);
        self.copier.saw(&data, stamp.pts_us);
        self.key_us = stamp.dts_us;
        self.lost = !self.clean;
        Some(Frame { data, ..key })
    }
}
