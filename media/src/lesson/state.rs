//! The inside of a lesson.
//!
//! ```text
//! rehearsal ──order live, next key frame──▶ live ──order ended──▶ ended
//!   stream for previews, not recorded         a new stream, recorded; runs, outages between them
//! ```

mod flow;
mod publisher;
mod report;

use std::sync::Arc;

use uuid::Uuid;
use yunke_protocol::{Gap, LessonOrder, Phase, RefusedPublisher, Tracks, UtcMillis, WaitingFor};

use super::{
    context::{Context, Origins},
    output::Output,
    run::Run,
    seat::Seat,
};
use crate::{
    ingest::Refusal,
    live::{
        Audience,
        event::{Event, Rendition, StreamStart},
    },
    pipeline::filler::Still,
    recording::{
        Beginning, Recorder, Status,
        index::{Arrival, Index},
    },
    transcode,
    whep::feed::Feed,
};

/// Without media for so long the lecturer is away.
const OUTAGE_MS: i64 = 2_000;

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
    /// What viewers by WebRTC get.
    feed: Arc<Feed>,
    /// A run has been on this stream, and no outage or discontinuity was told since.
    unmarked: bool,
    /// The formats changed: the next key frame starts a new run.
    renew: bool,
    seat: Option<Seat>,
    next_seat: u64,
    /// The version of the stream key that who has the seat was granted.
    seat_key: u64,
    /// Nobody is given the seat any more, and is told this: what a run would open after the end, nobody would close.
    closed: Option<Refusal>,
    /// What the last publisher that was sent away is told.
    sent_away: Option<(u64, Refusal)>,
    /// The last one that was refused, for the lecturer.
    refused: Option<RefusedPublisher>,
    last_media_at: UtcMillis,
    /// The last key frame that can be shown again, and when it came.
    still: Option<(Still, UtcMillis)>,
    /// Since when media arrives and nothing could begin with it.
    idle_since: Option<UtcMillis>,
    /// Which tracks, and what the start waits for, as the server was last told.
    reported: (Option<Tracks>, Option<WaitingFor>),
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
            feed: Arc::default(),
            unmarked: false,
            renew: false,
            seat: None,
            next_seat: 0,
            seat_key: 0,
            closed: None,
            sent_away: None,
            refused: None,
            last_media_at: 0,
            still: None,
            idle_since: None,
            reported: (None, None),
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
        if state.phase == Phase::Ended {
            state.shut(over());
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
        // What arrives is said anew, to the recording as well.
        self.reported.0 = None;
    }

    /// True when something changed that the server should hear of.
    pub(super) fn follow(&mut self, context: &Context, order: &LessonOrder, now: UtcMillis) -> bool {
        if self.closed.is_some() {
            return false;
        }
        let replaced = self.replace_key(order.key_version);
        match (self.phase, order.phase) {
            // The server does not take back what has happened; an older order may be under way.
            (Phase::Live, Phase::Rehearsal) => replaced,
            (_, Phase::Ended) => {
                self.end(now);
                true
            }
            (_, wanted) => {
                self.wanted = wanted;
                if self.seat.is_none() && self.phase == Phase::Rehearsal {
                    context.origin.expect(self.lesson);
                }
                replaced
            }
        }
    }

    /// True when something changed that the server should hear of.
    pub(super) fn tick(&mut self, now: UtcMillis) -> bool {
        let outage = self.watch(now);
        self.look(now) || outage
    }

    /// True when a track came or went since the last look, or what the start waits for is another. The recording keeps the former.
    fn look(&mut self, now: UtcMillis) -> bool {
        let news = (self.tracks(now), self.waiting_for(now));
        let before = std::mem::replace(&mut self.reported, news);
        let recorder = self.output.as_ref().and_then(|output| output.recorder.as_ref());
        if let (Some(recorder), Some(tracks)) = (recorder, news.0.filter(|tracks| before.0 != Some(*tracks)))
        {
            recorder.arrives(Arrival { at: now, tracks });
        }
        before != news
    }

    fn watch(&mut self, now: UtcMillis) -> bool {
        if let Some(Err(problem)) = self.run.as_ref().map(Run::check) {
            self.broken(&problem);
        }
        let sound_bps = self.seat.as_ref().and_then(|seat| seat.meter.steady_sound_bps());
        if self.phase == Phase::Rehearsal && sound_bps.is_some() && transcode::wants_low_audio(sound_bps) {
            transcode::prepare();
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
        self.shut(over());
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

    /// The end for publishers and for viewers by WebRTC.
    fn shut(&mut self, why: Refusal) {
        self.finish_run();
        self.feed.end();
        self.send_away(why.clone());
        self.closed = Some(why);
    }

    pub(super) fn close(&mut self, why: Refusal) -> Option<Recorder> {
        self.shut(why);
        self.output.take().and_then(|output| output.recorder.clone())
    }

    pub(super) fn feed(&self) -> Arc<Feed> {
        Arc::clone(&self.feed)
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

    #[cfg(test)]
    pub(super) fn settled(&self) -> bool {
        self.run.as_ref().is_none_or(Run::settled)
    }

    #[cfg(test)]
    pub(super) fn break_pipeline(&self) {
        self.run.as_ref().expect("a run is under way").break_it();
    }
}

fn over() -> Refusal {
    Refusal::denied("the lesson is over")
}

/// What an earlier process recorded; picture and sound when it came to nothing.
fn recorded(index: &Index) -> Vec<Rendition> {
    let had = |rendition: &Rendition| {
        (index.inits.is_empty() && !rendition.is_transcoded())
            || index.inits.iter().any(|init| init.rendition == *rendition)
    };
    Rendition::ALL.into_iter().filter(had).collect()
}
