//! What is reported of a lesson: its snapshot, which tracks go out, and what its start waits for.

use yunke_protocol::{
    HealthCode, HealthNote, LessonSnapshot, Phase, Tracks, Transport, UtcMillis, WaitingFor,
};

use super::{
    super::{context::Context, run::Run},
    State,
};
use crate::pipeline::meter::Repairs;

/// A start that waits for a key frame for so long says so.
const KEY_MS: i64 = 1_500;
/// Without a key frame for this long the lecturer sees a note.
const NO_KEY_MS: i64 = 2_500;
/// A refused publisher is shown to the lecturer for this long after its last try.
const REFUSED_MS: i64 = 60_000;

impl State {
    /// Which tracks arrive and go out.
    pub(super) fn tracks(&self, now: UtcMillis) -> Option<Tracks> {
        let seat = self.seat.as_ref().filter(|_| self.outage_since.is_none())?;
        let shown = self.run.as_ref()?.wants_key_since().is_none();
        let Tracks { picture, sound, .. } = seat.tracks(now);
        let picture = picture && shown;
        let pictured = picture || self.still.is_some();
        Some(Tracks { picture, sound, pictured }).filter(|tracks| tracks.picture || tracks.sound)
    }

    /// What keeps the lesson from going on air, if it was started.
    pub(super) fn waiting_for(&self, now: UtcMillis) -> Option<WaitingFor> {
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
    pub(super) fn repaired_in_run(&self) -> u64 {
        let ours = self.seat.as_ref().is_some_and(|seat| seat.transport == Transport::Whip);
        self.run.as_ref().filter(|_| !ours).map_or(0, Run::repaired)
    }

    pub(in crate::lesson) fn snapshot(&self, context: &Context, now: UtcMillis) -> LessonSnapshot {
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
}
