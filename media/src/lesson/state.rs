//! The inside of a lesson.
//!
//! ```text
//! rehearsal ──order live, next key frame──▶ live ──order ended──▶ ended
//!   stream for previews, not recorded         a new stream, recorded; runs, outages between them
//! ```

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use yunke_protocol::{Gap, LessonOrder, LessonSnapshot, Phase, Transport, UtcMillis};

use super::{
    Busy, Context, DEAD_MS, Origins,
    output::{Output, RunInfo},
    run::{Outcome, Run},
    seat::Seat,
};
use crate::{
    ingest::{Frame, Refusal, Track, Unit},
    live::{
        Audience,
        event::{Event, Rendition, StreamStart},
    },
    pipeline::meter::Repairs,
    recording::{Beginning, Recorder, Status, index::Index},
};

/// Without media for so long the lecturer is away.
const OUTAGE_MS: i64 = 2_000;
/// A hole in the timeline from which on it counts as a gap, though no outage was called.
const HOLE_MS: i64 = 1_000;
/// Media may run ahead of the clock by this; then the publisher is held back.
const MAX_LEAD_MS: i64 = 1_500;
/// And is held back at most so long at a time.
const MAX_PAUSE_MS: i64 = 1_000;
/// After an outage of the network, frames older than this are passed over, for at most [`CATCH_UP_MS`].
const STALE_MS: i64 = 1_500;
const CATCH_UP_MS: i64 = 5_000;

pub(super) struct State {
    lesson: Uuid,
    phase: Phase,
    wanted: Phase,
    zero_at: Option<UtcMillis>,
    gaps: Vec<Gap>,
    length_ms: Option<i64>,
    outage_since: Option<UtcMillis>,
    /// The stream that is open in the origin, and where its media time starts.
    output: Option<Arc<Output>>,
    epoch: UtcMillis,
    run: Option<Run>,
    /// A run has been on this stream, and no outage or discontinuity was told since.
    unmarked: bool,
    /// The formats changed: the next key frame starts a new run.
    renew: bool,
    seat: Option<Seat>,
    next_seat: u64,
    /// What the last publisher that was sent away is told.
    sent_away: Option<(u64, Refusal)>,
    last_media_at: UtcMillis,
    repaired: u64,
    rebuilt: u64,
    recording: Option<Arc<Status>>,
}

impl State {
    pub(super) fn new(context: &Context, order: &LessonOrder, origins: Origins) -> Self {
        let mut state = Self {
            lesson: order.lesson,
            phase: Phase::Rehearsal,
            wanted: Phase::Rehearsal,
            zero_at: order.zero_at,
            gaps: order.gaps.clone(),
            length_ms: None,
            outage_since: None,
            output: None,
            epoch: 0,
            run: None,
            unmarked: false,
            renew: false,
            seat: None,
            next_seat: 0,
            sent_away: None,
            last_media_at: 0,
            repaired: 0,
            rebuilt: 0,
            recording: None,
        };
        context.origin.expect(order.lesson);
        match origins {
            Origins::Fresh => {}
            Origins::Resumed(beginning) => state.resume(context, beginning),
            Origins::Lost => (state.phase, state.wanted) = (Phase::Ended, Phase::Ended),
            Origins::Complete { length_ms } => {
                (state.phase, state.wanted) = (Phase::Ended, Phase::Ended);
                state.length_ms = Some(length_ms);
            }
        }
        state
    }

    /// Goes on with the live stream of an earlier process: the time since its end is an outage.
    fn resume(&mut self, context: &Context, beginning: Beginning) {
        let zero_at = self.zero_at.unwrap_or(beginning.index.zero_at);
        let end = beginning.index.end().unwrap_or(zero_at);
        (self.phase, self.wanted) = (Phase::Live, Phase::Live);
        self.zero_at = Some(zero_at);
        let start = StreamStart {
            stream: (context.clock)().max(0).cast_unsigned(),
            first_msn: beginning.index.last_msn().map_or(0, |msn| msn + 1),
            discontinuities: beginning.index.discontinuities(),
            renditions: recorded(&beginning.index),
            part_target: context.part_target,
        };
        self.open_live(context, start, beginning);
        if let Some(output) = &self.output {
            output.push(Event::Outage { since: end });
        }
        self.outage_since = Some(end);
    }

    fn open_live(&mut self, context: &Context, start: StreamStart, beginning: Beginning) {
        self.epoch = beginning.index.zero_at;
        let stream = start.stream;
        let live = context.origin.open(self.lesson, Audience::Members, start);
        let store = Arc::clone(&context.store);
        let changed = Arc::clone(&context.changed);
        let recorder = Recorder::start(store, stream, beginning, &context.tasks, changed);
        self.recording = Some(Arc::clone(recorder.status()));
        self.output = Some(Arc::new(Output { live, recorder: Some(recorder) }));
        self.unmarked = false;
    }

    /// True when something changed that the server should hear of.
    pub(super) fn follow(&mut self, context: &Context, order: &LessonOrder, now: UtcMillis) -> bool {
        match (self.phase, order.phase) {
            // The server does not take back what has happened; an older order may be under way.
            (Phase::Ended, _) | (Phase::Live, Phase::Rehearsal) => false,
            (_, Phase::Ended) => {
                self.end(now);
                true
            }
            (_, wanted) => {
                self.wanted = wanted;
                if self.seat.is_none() && self.phase == Phase::Rehearsal {
                    context.origin.expect(self.lesson);
                }
                false
            }
        }
    }

    pub(super) fn sit(
        &mut self,
        transport: Transport,
        now: UtcMillis,
    ) -> Result<(u64, CancellationToken), Busy> {
        if let Some(seat) = &self.seat
            && now - seat.last_media_at < DEAD_MS
        {
            return Err(Busy { last_media_at: seat.last_media_at });
        }
        self.finish_run();
        self.send_away(Refusal::denied("another publisher has taken over, as nothing arrived from this one"));
        self.next_seat += 1;
        let seat = Seat::new(self.next_seat, transport, now);
        let granted = (seat.id, seat.revoked.clone());
        self.seat = Some(seat);
        Ok(granted)
    }

    pub(super) fn leave(&mut self, id: u64) {
        if self.seat.as_ref().is_some_and(|seat| seat.id == id) {
            self.seat = None;
            self.finish_run();
        }
    }

    pub(super) fn farewell(&self, id: u64) -> Refusal {
        let told = self.sent_away.as_ref().filter(|(seat, _)| *seat == id).map(|(_, why)| why.clone());
        told.unwrap_or_else(|| Refusal::denied("another publisher has taken over"))
    }

    /// Takes the seat away from whoever has it.
    fn send_away(&mut self, why: Refusal) {
        if let Some(seat) = self.seat.take() {
            self.sent_away = Some((seat.id, why));
            seat.revoked.cancel();
        }
    }

    pub(super) fn push(
        &mut self,
        context: &Context,
        id: u64,
        unit: Unit,
        now: UtcMillis,
    ) -> Result<Duration, Refusal> {
        let Some(seat) = self.seat.as_mut().filter(|seat| seat.id == id) else {
            return Err(self.farewell(id));
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
                self.last_media_at = now;
                self.frame(context, frame, now);
            }
        }
        let lead = self.run.as_ref().map_or(0, |run| run.lead_ms(now));
        let pause = if lead > MAX_LEAD_MS { (lead - MAX_LEAD_MS).clamp(20, MAX_PAUSE_MS) } else { 0 };
        Ok(Duration::from_millis(pause.cast_unsigned()))
    }

    fn frame(&mut self, context: &Context, frame: Frame, now: UtcMillis) {
        let starts = self.can_start(&frame, now);
        let fits = self.run.as_ref().is_none_or(|run| run.info().has(frame.track));
        if starts && (self.renew || self.wanted != self.phase || !fits || self.lost_picture(&frame)) {
            self.finish_run();
        }
        if self.run.is_some() {
            if !fits {
                return;
            }
        } else if !starts || self.is_stale(&frame, now) || !self.start_run(context, &frame, now) {
            return;
        }
        let Some(run) = &mut self.run else { return };
        match run.push(frame.clone(), now) {
            Ok(Outcome::Taken) => {}
            Ok(Outcome::Jump) => {
                self.repaired += 1;
                self.finish_run();
                if starts && self.start_run(context, &frame, now) {
                    let _ = self.run.as_mut().map(|run| run.push(frame, now));
                }
            }
            Err(problem) => self.broken(&problem),
        }
    }

    /// Whether a run can start with this frame: a key frame, or sound when there is no picture.
    fn can_start(&self, frame: &Frame, now: UtcMillis) -> bool {
        let Some(seat) = &self.seat else { return false };
        match frame.track {
            Track::Video => frame.key && seat.video.is_some(),
            Track::Audio => seat.audio.is_some() && seat.without_picture(now),
        }
    }

    /// The run has a picture, but sound could start one without.
    fn lost_picture(&self, frame: &Frame) -> bool {
        frame.track == Track::Audio && self.run.as_ref().is_some_and(|run| run.info().video.is_some())
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
        let Some(seat) = &mut self.seat else { return false };
        let fps_milli =
            seat.video.as_ref().and_then(|config| seat.meter.video(config)).map_or(0, |v| v.fps_milli);
        let video = seat.video.clone().filter(|_| first.track == Track::Video);
        let mut info = RunInfo { anchor: now, video, audio: seat.audio.clone(), fps_milli };
        seat.reference = Some((first.dts_ms, now));
        seat.stale_since = None;
        if self.wanted == Phase::Live && self.phase == Phase::Rehearsal {
            self.go_live(context, &info, now);
        } else if self.output.is_none() {
            self.open_rehearsal(context, &info, now);
        }
        let Some(output) = self.output.clone() else { return false };
        let edge = output.live.edge();
        info.anchor = edge.map_or(now, |edge| edge.max(now));
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
        match Run::start(first, info, self.epoch, part_target_us, output) {
            Ok(run) => {
                self.run = Some(run);
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
    fn finish_run(&mut self) {
        if let Some(run) = self.run.take() {
            self.repaired += run.repaired();
            // The worker's other tasks go on meanwhile.
            tokio::task::block_in_place(|| run.finish());
        }
    }

    fn broken(&mut self, problem: &crate::pipeline::packager::PackagerError) {
        self.rebuilt += 1;
        metrics::counter!("yunke_media_pipelines_rebuilt_total").increment(1);
        tracing::warn!(lesson = %self.lesson, %problem, "the pipeline is rebuilt at the next key frame");
        self.run = None;
    }

    /// True when something changed that the server should hear of.
    pub(super) fn tick(&mut self, now: UtcMillis) -> bool {
        if let Some(Err(problem)) = self.run.as_ref().map(Run::check) {
            self.broken(&problem);
        }
        let silent = now - self.last_media_at >= OUTAGE_MS;
        let Some(output) = self.output.clone() else { return false };
        if self.outage_since.is_some() {
            output.push(Event::Elapsed { now });
            return false;
        }
        if !silent || self.phase == Phase::Ended {
            return false;
        }
        self.finish_run();
        let since = output.live.edge().unwrap_or(now);
        output.push(Event::Outage { since });
        output.push(Event::Elapsed { now });
        self.outage_since = Some(since);
        self.unmarked = false;
        tracing::info!(lesson = %self.lesson, "nothing arrives from the publisher");
        true
    }

    fn end(&mut self, now: UtcMillis) {
        self.finish_run();
        self.send_away(Refusal::denied("the lesson is over"));
        self.phase = Phase::Ended;
        self.wanted = Phase::Ended;
        let Some(output) = self.output.take() else { return };
        let edge = self.outage_since.take().or_else(|| output.live.edge());
        output.push(Event::End);
        if let (Some(recorder), Some(zero_at)) = (&output.recorder, self.zero_at) {
            let end = edge.unwrap_or(now).max(zero_at);
            self.length_ms = Some(end - zero_at);
            recorder.finish(end, end - zero_at);
        }
        tracing::info!(lesson = %self.lesson, "the lesson is over");
    }

    pub(super) fn close(&mut self, why: Refusal) -> Option<Recorder> {
        self.finish_run();
        self.send_away(why);
        self.output.take().and_then(|output| output.recorder.clone())
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) fn recording(&self) -> Option<Arc<Status>> {
        self.recording.clone()
    }

    pub(super) fn has_publisher(&self) -> bool {
        self.seat.is_some()
    }

    fn edge_ms(&self) -> Option<i64> {
        let zero_at = self.zero_at?;
        match self.phase {
            Phase::Rehearsal => None,
            Phase::Ended => self.length_ms,
            Phase::Live => {
                let edge = self.output.as_ref().and_then(|output| output.live.edge());
                self.outage_since.or(edge).map(|edge| (edge - zero_at).max(0))
            }
        }
    }

    pub(super) fn snapshot(&self, context: &Context, now: UtcMillis) -> LessonSnapshot {
        let repaired = self.repaired + self.run.as_ref().map_or(0, Run::repaired);
        let repairs = Repairs { timestamps: repaired, rebuilt: self.rebuilt };
        let zero_at = self.zero_at.filter(|_| self.phase != Phase::Rehearsal);
        let complete = match &self.recording {
            Some(recording) => recording.complete(),
            None => self.length_ms.is_some(),
        };
        LessonSnapshot {
            lesson: self.lesson,
            phase: self.phase,
            publisher: self.seat.as_ref().map(|seat| seat.snapshot(repairs, now)),
            zero_at,
            edge_ms: self.edge_ms(),
            gaps: self.gaps.clone(),
            outage_since: self.outage_since.filter(|_| self.phase == Phase::Live),
            replay_ready: self.phase == Phase::Ended && complete,
            deliveries: zero_at.map(|zero| context.origin.deliveries(self.lesson, zero)).unwrap_or_default(),
        }
    }

    #[cfg(test)]
    pub(super) fn break_pipeline(&self) {
        self.run.as_ref().expect("a run is under way").break_it();
    }
}

/// What an earlier process recorded; both when it came to nothing.
fn recorded(index: &Index) -> Vec<Rendition> {
    let both = [Rendition::Video, Rendition::Audio];
    let had = |rendition: &Rendition| {
        index.inits.is_empty() || index.inits.iter().any(|init| init.rendition == *rendition)
    };
    both.into_iter().filter(had).collect()
}

fn renditions(info: &RunInfo) -> Vec<Rendition> {
    let video = info.video.as_ref().map(|_| Rendition::Video);
    let audio = info.audio.as_ref().map(|_| Rendition::Audio);
    video.into_iter().chain(audio).collect()
}
