//! The inside of a lesson.
//!
//! ```text
//! rehearsal ──order live, next key frame──▶ live ──order ended──▶ ended
//!   stream for previews, not recorded         a new stream, recorded; runs, outages between them
//! ```

mod flow;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use yunke_protocol::{
    Gap, HealthCode, HealthNote, LessonOrder, LessonSnapshot, Phase, RefusedCode, RefusedPublisher, Tracks,
    Transport, UtcMillis, WaitingFor,
};

use super::{
    context::{Context, NoSeat, Origins},
    output::Output,
    run::Run,
    seat::{DEAD_MS, Noted, Seat},
};
use crate::{
    ingest::{Refusal, RefusalKind},
    live::{
        Audience,
        event::{Event, Rendition, StreamStart},
    },
    pipeline::{filler::Still, meter::Repairs},
    recording::{
        Beginning, Recorder, Status,
        index::{Arrival, Index},
    },
    transcode,
    whep::feed::Feed,
};

/// Without media for so long the lecturer is away.
const OUTAGE_MS: i64 = 2_000;
/// A start that waits for a key frame for so long says so.
const KEY_MS: i64 = 1_500;
/// Without a key frame for this long the lecturer sees a note.
const NO_KEY_MS: i64 = 2_500;
/// A refused publisher is shown to the lecturer for this long after its last try.
const REFUSED_MS: i64 = 60_000;

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

    /// Sends a publisher away whose stream key was replaced by a newer one. An order may be older than the grant of who
    /// has the seat, so only a newer version is a reason.
    fn replace_key(&mut self, version: u64) -> bool {
        if self.seat.is_none() || version <= self.seat_key {
            return false;
        }
        tracing::info!(lesson = %self.lesson, "the stream key was replaced; its publisher is sent away");
        self.finish_run();
        let reason = "this stream key was replaced by a new one: copy it from the studio page".to_owned();
        self.send_away(Refusal { kind: RefusalKind::WrongKey, reason });
        true
    }

    pub(super) fn sit(
        &mut self,
        transport: Transport,
        key_version: u64,
        now: UtcMillis,
    ) -> Result<(u64, CancellationToken), NoSeat> {
        if let Some(why) = &self.closed {
            return Err(NoSeat::Closed(why.clone()));
        }
        if let Some(seat) = &self.seat
            && now - seat.last_media_at < DEAD_MS
        {
            return Err(NoSeat::Taken { last_media_at: seat.last_media_at });
        }
        self.finish_run();
        self.send_away(Refusal::denied("another publisher has taken over, as nothing arrived from this one"));
        self.next_seat += 1;
        let seat = Seat::new(self.next_seat, transport, now);
        let granted = (seat.id, seat.revoked.clone());
        self.seat = Some(seat);
        self.seat_key = key_version;
        Ok(granted)
    }

    pub(super) fn leave(&mut self, id: u64) {
        if self.seat.as_ref().is_some_and(|seat| seat.id == id) {
            self.seat = None;
            self.idle_since = None;
            self.finish_run();
        }
    }

    pub(super) fn close_reason(&self, id: u64) -> Refusal {
        let why = self.sent_away.as_ref().filter(|(seat, _)| *seat == id).map(|(_, why)| why.clone());
        why.unwrap_or_else(|| Refusal::denied("another publisher has taken over"))
    }

    /// True when the server should hear of it at once. One that keeps trying is told of with the next report.
    pub(super) fn refused(&mut self, transport: Transport, why: &Refusal, now: UtcMillis) -> bool {
        let (code, reason) = (refused_code(why.kind), why.reason.clone());
        let known = self.refused.as_ref().is_some_and(|before| before.code == code);
        self.refused = Some(RefusedPublisher { transport, code, reason, at: now });
        !known
    }

    /// What is known of a publisher before its units come here.
    pub(super) fn note(&mut self, id: u64, noted: Noted) {
        if let Some(seat) = self.seat.as_mut().filter(|seat| seat.id == id) {
            seat.noted = noted;
        }
    }

    /// Takes the seat away from whoever has it.
    fn send_away(&mut self, why: Refusal) {
        if let Some(seat) = self.seat.take() {
            self.idle_since = None;
            self.sent_away = Some((seat.id, why));
            seat.revoked.cancel();
        }
    }

    /// True when something changed that the server should hear of.
    pub(super) fn tick(&mut self, now: UtcMillis) -> bool {
        let outage = self.watch(now);
        self.look(now) || outage
    }

    /// Which tracks arrive and go out.
    fn tracks(&self, now: UtcMillis) -> Option<Tracks> {
        let seat = self.seat.as_ref().filter(|_| self.outage_since.is_none())?;
        let shown = self.run.as_ref()?.wants_key_since().is_none();
        let Tracks { picture, sound, .. } = seat.tracks(now);
        let picture = picture && shown;
        let pictured = picture || self.still.is_some();
        Some(Tracks { picture, sound, pictured }).filter(|tracks| tracks.picture || tracks.sound)
    }

    /// What keeps the lesson from going on air, if it was started.
    fn waiting_for(&self, now: UtcMillis) -> Option<WaitingFor> {
        let waits = self.wanted == Phase::Live && self.phase == Phase::Rehearsal;
        match self.idle_since.filter(|_| waits) {
            None => waits.then_some(WaitingFor::Media),
            // Most encoders have one within two seconds.
            Some(since) => (now - since >= KEY_MS).then_some(WaitingFor::KeyFrame),
        }
    }

    /// Pictures come, and none of them can be begun at.
    fn no_key_frame(&self, now: UtcMillis) -> Option<HealthNote> {
        let pictures = self.seat.as_ref().is_some_and(|seat| seat.tracks(now).picture);
        let since = self
            .run
            .as_ref()
            .and_then(Run::wants_key_since)
            .filter(|since| pictures && now - since >= NO_KEY_MS)?;
        Some(HealthNote { code: HealthCode::NoKeyFrame, value: Some(now - since) })
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

    /// Timestamps of the publisher that were repaired in the run under way. By WHIP they are ours: they move while the
    /// clock of both tracks settles, and nobody has to be told.
    fn repaired_in_run(&self) -> u64 {
        let ours = self.seat.as_ref().is_some_and(|seat| seat.transport == Transport::Whip);
        self.run.as_ref().filter(|_| !ours).map_or(0, Run::repaired)
    }

    pub(super) fn snapshot(&self, context: &Context, now: UtcMillis) -> LessonSnapshot {
        let repaired = self.repaired + self.repaired_in_run();
        let repairs = Repairs { timestamps: repaired, rebuilt: self.rebuilt, ..Repairs::default() };
        let troubles = self.run.as_ref().map(Run::troubles).unwrap_or_default();
        let zero_at = self.zero_at.filter(|_| self.phase != Phase::Rehearsal);
        let complete = match &self.recording {
            Some(recording) => recording.complete(),
            None => self.length_ms.is_some(),
        };
        LessonSnapshot {
            lesson: self.lesson,
            phase: self.phase,
            publisher: self
                .seat
                .as_ref()
                .map(|seat| seat.snapshot(repairs, &troubles, self.recording.as_deref(), now))
                .map(|mut publisher| {
                    publisher.notes.splice(0..0, self.no_key_frame(now));
                    publisher
                }),
            zero_at,
            edge_ms: self.edge_ms(),
            gaps: self.gaps.clone(),
            outage_since: self.outage_since.filter(|_| self.phase == Phase::Live),
            replay_ready: self.phase == Phase::Ended && complete,
            tracks: self.tracks(now),
            waiting_for: self.waiting_for(now),
            refused: self.refused.clone().filter(|refused| now - refused.at < REFUSED_MS),
            deliveries: zero_at.map(|zero| context.origin.deliveries(self.lesson, zero)).unwrap_or_default(),
        }
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

fn refused_code(kind: RefusalKind) -> RefusedCode {
    match kind {
        // A key that was never right belongs to no lesson.
        RefusalKind::WrongKey => RefusedCode::KeyReplaced,
        RefusalKind::Denied => RefusedCode::Taken,
        RefusalKind::Later => RefusedCode::Later,
        RefusalKind::Media => RefusedCode::Media,
        RefusalKind::Passphrase => RefusedCode::Passphrase,
    }
}

/// What an earlier process recorded; picture and sound when it came to nothing.
fn recorded(index: &Index) -> Vec<Rendition> {
    let had = |rendition: &Rendition| {
        (index.inits.is_empty() && !rendition.is_transcoded())
            || index.inits.iter().any(|init| init.rendition == *rendition)
    };
    Rendition::ALL.into_iter().filter(had).collect()
}
