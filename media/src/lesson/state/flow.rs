//! How frames become runs: when one starts, with what, on which stream, and when it is over.

use std::{sync::Arc, time::Duration};

use yunke_protocol::{Gap, Phase, UtcMillis};

use super::{
    super::{
        context::Context,
        output::{Output, RunInfo},
        run::{Outcome, Run},
        seat::Seat,
    },
    State,
};
use crate::{
    codec::{AudioConfig, VideoConfig},
    ingest::Refusal,
    live::{
        Audience,
        event::{Event, Rendition, StreamStart},
    },
    pipeline::{
        filler::{Moment, Still, plain_sound},
        packager::PackagerError,
    },
    recording::{Beginning, index::Index},
    transcode,
    unit::{Frame, Track, Unit},
};

/// A hole in the timeline from which on it counts as a gap, though no outage was called. A run that begins sooner after
/// the one before goes on where that ended: the frames were only late, and a player stumbles over each gap.
const HOLE_MS: i64 = 1_000;
/// Media may run ahead of the clock by this; then the publisher is held back.
const MAX_LEAD_MS: i64 = 1_500;
/// And is held back at least and at most so long at a time.
const MIN_PAUSE_MS: i64 = 10;
const MAX_PAUSE_MS: i64 = 1_000;
/// A rehearsal's end is never ahead of the clock by more than what is held back.
const AHEAD_MS: i64 = MAX_LEAD_MS + 500;
/// After an outage of the network, frames older than this are passed over, for at most [`CATCH_UP_MS`].
const STALE_MS: i64 = 1_500;
const CATCH_UP_MS: i64 = 5_000;
/// Where no key frame comes for so long the sound begins, with a still; where there is no sound, silence does.
const NO_KEY_MS: i64 = 3_000;
const NOTHING_MS: i64 = 4_000;
/// Sound that joins waits so long for a key frame, so that the picture need not stand still.
const JOIN_MS: i64 = 2_000;
/// A key frame of the rehearsal is a still of the lesson while it is so fresh: what the camera saw before was for nobody.
const FRESH_MS: i64 = 10_000;

impl State {
    pub(in crate::lesson) fn push(
        &mut self,
        context: &Context,
        id: u64,
        unit: Unit,
        now: UtcMillis,
    ) -> Result<Duration, Refusal> {
        let Some(seat) = self.seat.as_mut().filter(|seat| seat.id == id) else {
            return Err(self.close_reason(id));
        };
        match unit {
            Unit::VideoConfig(config) => {
                self.renew |= self.run.as_ref().is_some_and(|run| run.info().video.as_ref() != Some(&config));
                seat.video = Some(config);
            }
            Unit::AudioConfig(config) => {
                self.renew |= self.run.as_ref().is_some_and(|run| run.info().audio.as_ref() != Some(&config));
                seat.audio = Some(config);
            }
            Unit::Frame(frame) => {
                seat.count(&frame, now)?;
                // What comes after a silence has a moment to bring its key frame.
                if now - self.last_media_at > HOLE_MS {
                    self.idle_since = None;
                }
                self.last_media_at = now;
                if let (true, Some(config)) = (frame.key, &seat.video)
                    && let Some(still) = Still::of(config, &frame)
                {
                    self.still = Some((still, now));
                }
                if frame.track == Track::Video {
                    self.feed.reordered(seat.meter.held_ms() > 0);
                }
                self.frame(context, &frame, now);
                if self.look(now) {
                    context.changed.notify_one();
                }
            }
            Unit::Opus(opus) => {
                if let Some(at_us) = self.run.as_ref().and_then(|run| run.beside(opus.time_ms)) {
                    self.feed.opus(opus.ticks, at_us, opus.data);
                }
                return Ok(Duration::ZERO);
            }
        }
        let lead = self.run.as_ref().map_or(0, |run| run.lead_ms(now));
        let pause =
            if lead > MAX_LEAD_MS { (lead - MAX_LEAD_MS).clamp(MIN_PAUSE_MS, MAX_PAUSE_MS) } else { 0 };
        if let Some(seat) = &mut self.seat {
            seat.hold_back(pause, now)?;
        }
        Ok(Duration::from_millis(pause.cast_unsigned()))
    }

    fn frame(&mut self, context: &Context, frame: &Frame, now: UtcMillis) {
        let starts = self.can_start(frame, now) || self.sounds_anew(frame, now);
        // Only after an outage a publisher sends what it has kept.
        let goes_on = self.run.is_some();
        if starts && (self.renew || self.wanted != self.phase || !self.fits(frame.track)) {
            self.finish_run();
        }
        if self.run.is_none()
            && (!starts || (!goes_on && self.is_stale(frame, now)) || !self.start_run(context, frame, now))
        {
            self.idle_since.get_or_insert(now);
            return;
        }
        if self.wanted != self.phase {
            self.idle_since.get_or_insert(now);
        }
        let jumped = self.pass(frame, now);
        if jumped && starts && self.start_run(context, frame, now) {
            self.pass(frame, now);
        }
    }

    /// Sends a frame through the run. True when its timestamps jumped: the run is over.
    fn pass(&mut self, frame: &Frame, now: UtcMillis) -> bool {
        let fits = self.fits(frame.track);
        let patience_ms = self.seat.as_ref().map_or(0, Seat::patience_ms);
        let Some(run) = &mut self.run else { return false };
        match run.push(frame.clone(), fits, Moment { now, patience_ms }) {
            Ok(Outcome::Taken(stamp)) => self.feed.frame(frame, run.utc_us(stamp.pts_us)),
            Ok(Outcome::Waiting(stamp)) => {
                // Who watches by WebRTC was sent nothing in its place, and can go on with it.
                if fits {
                    self.feed.frame(frame, run.utc_us(stamp.pts_us));
                }
                if frame.track == Track::Video {
                    self.feed.want_key();
                }
            }
            Ok(Outcome::Dropped) => {}
            Ok(Outcome::Jump) => {
                self.repaired += 1;
                self.finish_run();
                // What came before the jump says nothing of how old a frame is after it.
                if let Some(seat) = &mut self.seat {
                    seat.reference = None;
                }
                return true;
            }
            Err(problem) => self.broken(&problem),
        }
        false
    }

    /// Whether the run under way is of the format in which the publisher sends this track.
    fn fits(&self, track: Track) -> bool {
        let (Some(run), Some(seat)) = (&self.run, &self.seat) else { return true };
        match track {
            Track::Video => run.info().video == seat.video,
            Track::Audio => run.info().audio == seat.audio,
        }
    }

    /// Sound of another format than the run's, which is heard in a run of its own over the last key frame, as the next one may be
    /// ten seconds off: at once where there was sound before, and soon where it joins.
    fn sounds_anew(&self, frame: &Frame, now: UtcMillis) -> bool {
        frame.track == Track::Audio
            && !self.fits(Track::Audio)
            && self.run.as_ref().is_some_and(|run| {
                let joins = run.foreign_sound_since().is_some_and(|since| now - since >= JOIN_MS);
                (run.heard() || joins) && run.is_level()
            })
    }

    /// Whether a run can start with this frame: a key frame; sound when there is no picture; anything when nothing did for
    /// some seconds.
    fn can_start(&self, frame: &Frame, now: UtcMillis) -> bool {
        let Some(seat) = &self.seat else { return false };
        let idle_ms = self.idle_since.map_or(0, |since| now - since);
        match frame.track {
            Track::Video => seat.video.is_some() && (frame.key || idle_ms >= NOTHING_MS),
            Track::Audio => seat.audio.is_some() && (seat.without_picture(now) || idle_ms >= NO_KEY_MS),
        }
    }

    /// What a run that starts with this frame is made of: the publisher's, or what stands in for it.
    fn formats(
        &self,
        first: &Frame,
        now: UtcMillis,
    ) -> (Option<VideoConfig>, Option<Frame>, Option<AudioConfig>) {
        let seat = self.seat.as_ref();
        let audio = seat.and_then(|seat| seat.audio.clone()).or_else(plain_sound);
        let begins = first.track == Track::Video && first.key;
        if let Some(video) = seat.and_then(|seat| seat.video.clone()).filter(|_| begins) {
            return (Some(video), None, audio);
        }
        let known = self.still.as_ref().filter(|(_, at)| self.phase == Phase::Live || now - at < FRESH_MS);
        match known.map(|(still, _)| still.clone()).or_else(Still::plain) {
            Some(Still { config, frame }) => (Some(config), Some(frame), audio),
            None => (None, None, audio),
        }
    }

    /// After an outage of the network a publisher first sends what it has kept. It is passed over: members would stay
    /// behind for the rest of the lesson.
    fn is_stale(&mut self, frame: &Frame, now: UtcMillis) -> bool {
        let Some(seat) = &mut self.seat else { return false };
        let Some((time, clock)) = seat.reference else { return false };
        let late = (now - clock) - i64::from(frame.dts_ms.wrapping_sub(time).cast_signed());
        let since = *seat.stale_since.get_or_insert(now);
        if (STALE_MS..600_000).contains(&late) && now - since < CATCH_UP_MS {
            return true;
        }
        seat.stale_since = None;
        false
    }

    /// Starts a run, opening the stream it belongs to. False when the pipeline would not start.
    fn start_run(&mut self, context: &Context, first: &Frame, now: UtcMillis) -> bool {
        let (video, still, audio) = self.formats(first, now);
        let Some(seat) = &mut self.seat else { return false };
        let fps_milli =
            seat.video.as_ref().and_then(|config| seat.meter.video(config)).map_or(0, |v| v.fps_milli);
        let goes_live = self.wanted == Phase::Live && self.phase == Phase::Rehearsal;
        // A rehearsal is seen by the lecturer alone, at a desk: nothing is made for it.
        let for_members = self.wanted == Phase::Live;
        // Who listens to it goes on doing so, however small the publisher's own has become.
        let has_low = |output: &Arc<Output>| !goes_live && output.live.has(Rendition::AudioLow);
        let low_audio = for_members
            && seat.audio.is_some()
            && (self.output.as_ref().is_some_and(has_low)
                || transcode::wants_low_audio(seat.meter.steady_sound_bps()));
        let slot = video
            .as_ref()
            .filter(|config| for_members && transcode::wants_low_video(config))
            .and_then(|_| Arc::clone(&context.transcode_slots).try_acquire_owned().ok());
        let low_video = slot.is_some();
        let mut info = RunInfo { anchor: now, video, audio, still, fps_milli, low_audio, low_video };
        let sends_opus = seat.sends_opus();
        seat.reference = Some((first.dts_ms, now));
        seat.stale_since = None;
        if goes_live {
            self.go_live(context, &info, now);
        } else if self.output.is_none() || self.ahead_of(now) {
            self.open_rehearsal(context, &info, now);
        }
        let Some(output) = self.output.clone() else { return false };
        let edge = output.live.edge();
        info.anchor = edge.filter(|edge| now - edge < HOLE_MS).unwrap_or(now);
        if let Some(zero_at) = self.zero_at.filter(|_| self.phase == Phase::Live) {
            let hole = edge.filter(|edge| info.anchor - edge >= HOLE_MS);
            if let Some(from) = self.outage_since.or(hole).filter(|from| *from < info.anchor) {
                self.gaps.push(Gap { from_ms: from - zero_at, to_ms: info.anchor - zero_at });
                context.changed.notify_one();
            }
        }
        if self.unmarked {
            output.push(Event::Discontinuity);
        }
        self.outage_since = None;
        self.renew = false;
        let part_target_us = i64::try_from(context.part_target.as_micros()).unwrap_or(300_000);
        match Run::start(first, info, self.epoch, part_target_us, slot, output, now) {
            Ok(run) => {
                let RunInfo { video, audio, .. } = run.info().clone();
                self.feed.begin(video, audio.filter(|_| !sends_opus), self.phase == Phase::Live);
                self.run = Some(run);
                self.idle_since = None;
                self.unmarked = true;
                true
            }
            Err(problem) => {
                self.broken(&problem);
                false
            }
        }
    }

    fn go_live(&mut self, context: &Context, info: &RunInfo, now: UtcMillis) {
        let zero_at = *self.zero_at.get_or_insert(now);
        let before = self.output.take();
        let start = StreamStart {
            stream: now.max(0).cast_unsigned(),
            first_msn: before.as_ref().map_or(0, |output| output.live.next_msn()),
            discontinuities: before.map_or(0, |output| output.live.discontinuities() + 1),
            renditions: renditions(info),
            part_target: context.part_target,
        };
        let index = Index::new(self.lesson, zero_at);
        self.open_live(context, start, Beginning { index, pages: 0 });
        self.phase = Phase::Live;
        self.outage_since = None;
        context.changed.notify_one();
        tracing::info!(lesson = %self.lesson, "the lesson is live");
    }

    /// What was rehearsed before lies in the future: the clock was put right in between.
    fn ahead_of(&self, now: UtcMillis) -> bool {
        let edge = self.output.as_ref().and_then(|output| output.live.edge());
        self.phase == Phase::Rehearsal && edge.is_some_and(|edge| edge - now > AHEAD_MS)
    }

    fn open_rehearsal(&mut self, context: &Context, info: &RunInfo, now: UtcMillis) {
        let start = StreamStart {
            stream: now.max(0).cast_unsigned(),
            first_msn: 0,
            discontinuities: 0,
            renditions: renditions(info),
            part_target: context.part_target,
        };
        self.epoch = now;
        let live = context.origin.open(self.lesson, Audience::Preview, start);
        self.output = Some(Arc::new(Output { live, recorder: None }));
        self.unmarked = false;
        tracing::info!(lesson = %self.lesson, "the rehearsal can be seen");
    }

    /// Ends the run under way and gets its last parts out.
    pub(super) fn finish_run(&mut self) {
        self.repaired += self.repaired_in_run();
        if let Some(run) = self.run.take() {
            self.feed.pause();
            // The worker's other tasks go on meanwhile.
            tokio::task::block_in_place(|| run.finish());
        }
    }

    pub(super) fn broken(&mut self, problem: &PackagerError) {
        self.rebuilt += 1;
        metrics::counter!("yunke_media_pipelines_rebuilt_total").increment(1);
        tracing::warn!(lesson = %self.lesson, %problem, "the pipeline is rebuilt at the next key frame");
        self.run = None;
        self.feed.pause();
    }
}

fn renditions(info: &RunInfo) -> Vec<Rendition> {
    let video = info.video.as_ref().map(|_| Rendition::Video);
    let audio = info.audio.as_ref().map(|_| Rendition::Audio);
    let low_video = info.low_video.then_some(Rendition::VideoLow);
    let low_audio = info.low_audio.then_some(Rendition::AudioLow);
    [video, low_video, audio, low_audio].into_iter().flatten().collect()
}
