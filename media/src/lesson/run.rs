//! One run of a lesson: a stretch of media with continuous timestamps, from access units to parts.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use yunke_protocol::UtcMillis;

use super::output::{Output, RunInfo};
use crate::{
    codec::AudioConfig,
    pipeline::{
        filler::{Filler, Fit, Moment},
        packager::{Packager, PackagerError},
        repair::{Repair, Repaired, Stamp},
        splitter::{Splitter, Step},
    },
    transcode::{Ladder, Sink, Timing, Trouble, Wanted, WantedPicture},
    unit::{Frame, Track},
};

/// Media time lies this much above zero, so that decoding times before the first picture are not negative.
const BASE_MS: i64 = 10_000;

/// A publisher's clock may be fast by so many millionths, 0.72 s in an hour. Who is held back for that has a queue that
/// grows, and drops pictures from it in the end.
const DRIFT_PPM: i64 = 200;

/// A run under way.
pub(super) struct Run {
    packager: Packager,
    repair: Repair,
    filler: Filler,
    splitter: Splitter,
    ladder: Ladder,
    info: RunInfo,
    /// The furthest media time, microseconds since the anchor.
    reached_us: i64,
    fed: Vec<(Frame, Stamp)>,
    steps: Vec<Step>,
    /// Since when the publisher's pictures cannot be shown for want of a key frame.
    wants_key_since: Option<UtcMillis>,
    /// The publisher's own sound is in it, not only silence that stands in for it.
    heard: bool,
    /// Since when sound of another format comes.
    foreign_sound_since: Option<UtcMillis>,
}

/// What became of a frame.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Sent on with this stamp.
    Taken(Stamp),
    /// Not sent on, though it lies there: something stands in for it until a key frame comes.
    Waiting(Stamp),
    /// Left out for its timestamp.
    Dropped,
    /// The timestamps jumped: the run is over, and this frame is not in it.
    Jump,
}

impl Run {
    /// Starts a run with this frame. `epoch` is where media time starts, the same for all runs of a stream.
    pub(super) fn start(
        first: &Frame,
        info: RunInfo,
        epoch: UtcMillis,
        part_target_us: i64,
        slot: Option<OwnedSemaphorePermit>,
        output: Arc<Output>,
        now: UtcMillis,
    ) -> Result<Self, PackagerError> {
        let base_us = (info.anchor - epoch + BASE_MS).saturating_mul(1000);
        let leader = if info.video.is_some() { Track::Video } else { Track::Audio };
        let timing = Timing { base_us, part_target_us, leader };
        let wanted = Wanted {
            sound: info.audio.clone().filter(|_| info.low_audio),
            picture: info.video.clone().zip(slot).map(|(source, slot)| WantedPicture {
                source,
                fps_milli: info.fps_milli,
                slot,
            }),
        };
        let (made, anchor) = (Arc::clone(&output), info.anchor);
        let sink: Sink = Arc::new(move |format, packed| made.made(format, anchor, packed));
        let ladder = Ladder::new(timing, wanted, &sink);
        let run = info.clone();
        let sink = move |packed| output.packed(&run, packed);
        let packager = Packager::start(info.video.as_ref(), info.audio.as_ref(), base_us, sink)?;
        let frame_ns = info.audio.as_ref().map_or(0, AudioConfig::frame_ns);
        let frame_ns = i64::try_from(frame_ns).unwrap_or_default();
        let repair = Repair::start(first, frame_ns);
        let splitter = Splitter::new(part_target_us, info.video.is_some(), frame_ns / 1000);
        let still = info.still.clone();
        let filler = Filler::new(info.video.as_ref(), info.audio.as_ref(), still, part_target_us, now);
        Ok(Self {
            packager,
            repair,
            filler,
            splitter,
            ladder,
            info,
            reached_us: 0,
            fed: Vec::new(),
            steps: Vec::new(),
            wants_key_since: None,
            heard: false,
            foreign_sound_since: None,
        })
    }

    pub(super) fn info(&self) -> &RunInfo {
        &self.info
    }

    pub(super) fn repaired(&self) -> u64 {
        self.repair.repaired()
    }

    /// How far media time is ahead of the clock, and not for the publisher's own clock being fast.
    pub(super) fn lead_ms(&self, now: UtcMillis) -> i64 {
        let drift = (now - self.info.anchor).max(0).saturating_mul(DRIFT_PPM) / 1_000_000;
        self.info.anchor + self.reached_us / 1000 - now - drift
    }

    /// Takes a frame. `fits`: it is of the run's format.
    pub(super) fn push(&mut self, frame: Frame, fits: bool, at: Moment) -> Result<Outcome, PackagerError> {
        self.packager.check()?;
        let stamp = match self.repair.stamp(&frame, at.now) {
            Repaired::Stamp(stamp) => stamp,
            Repaired::Drop => {
                if frame.track == Track::Audio && fits {
                    self.filler.too_late(self.repair.place(frame.dts_ms), at.now);
                }
                return Ok(Outcome::Dropped);
            }
            Repaired::Jump => return Ok(Outcome::Jump),
        };
        self.reached_us = self.reached_us.max(stamp.dts_us);
        let (track, picture_before) = (frame.track, self.wants_key_since);
        let fit = self.filler.push(frame, stamp, fits, at, &mut self.fed);
        self.heard |= track == Track::Audio && fit == Fit::Taken;
        if track == Track::Audio {
            let since = self.foreign_sound_since.unwrap_or(at.now);
            self.foreign_sound_since = (fit == Fit::Foreign).then_some(since);
        }
        if track == Track::Video {
            let wants = fit != Fit::Taken;
            self.wants_key_since = wants.then(|| picture_before.unwrap_or(at.now));
        }
        for (frame, place) in self.fed.drain(..) {
            if frame.track != track || place.dts_us > stamp.dts_us {
                self.repair.filled(frame.track, place.dts_us);
            }
            self.splitter.push(frame, place, &mut self.steps);
        }
        for step in self.steps.drain(..) {
            self.ladder.step(&step);
            self.packager.step(step)?;
        }
        Ok(if fit == Fit::Taken { Outcome::Taken(stamp) } else { Outcome::Waiting(stamp) })
    }

    /// Whether the publisher's own sound is in it.
    pub(super) fn heard(&self) -> bool {
        self.heard
    }

    /// Whether it can end now without a hole in one of its tracks.
    pub(super) fn is_level(&self) -> bool {
        self.splitter.is_level()
    }

    /// Since when the publisher's sound is of another format than the run's.
    pub(super) fn foreign_sound_since(&self) -> Option<UtcMillis> {
        self.foreign_sound_since
    }

    /// Since when the publisher's pictures are not shown for want of a key frame.
    pub(super) fn wants_key_since(&self) -> Option<UtcMillis> {
        self.wants_key_since
    }

    /// UTC of a place in the run, microseconds.
    pub(super) fn utc_us(&self, place_us: i64) -> i64 {
        self.info.anchor.saturating_mul(1000).saturating_add(place_us)
    }

    /// UTC of what goes beside the frames, microseconds.
    pub(super) fn beside(&self, time_ms: u32) -> Option<i64> {
        self.repair.place(time_ms).map(|place_us| self.utc_us(place_us))
    }

    /// Whether the pipeline still works.
    pub(super) fn check(&self) -> Result<(), PackagerError> {
        self.packager.check()
    }

    /// Gets the last parts out. Blocks for some milliseconds.
    pub(super) fn finish(mut self) {
        self.splitter.finish(&mut self.steps);
        // The cuts are the end, and not the beginning of another segment.
        let frames = self.steps.iter().filter(|step| matches!(step, Step::Frame(..)));
        frames.for_each(|step| self.ladder.step(step));
        self.ladder.end();
        let steps = std::mem::take(&mut self.steps);
        if steps.into_iter().try_for_each(|step| self.packager.step(step)).is_ok() {
            self.packager.finish();
        }
        self.ladder.finish();
    }

    /// What is not made any more beside it.
    pub(super) fn troubles(&self) -> Vec<Trouble> {
        self.ladder.troubles()
    }

    #[cfg(test)]
    pub(super) fn settled(&self) -> bool {
        self.packager.settled() && self.ladder.settled()
    }

    #[cfg(test)]
    pub(super) fn break_it(&self) {
        self.packager.break_it();
    }
}
