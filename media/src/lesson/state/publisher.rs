//! Who has the seat of a lesson, and who is refused or sent away.

use tokio_util::sync::CancellationToken;
use yunke_protocol::{RefusedCode, RefusedPublisher, Transport, UtcMillis};

use super::{
    super::{
        context::NoSeat,
        seat::{DEAD_MS, Noted, Seat},
    },
    State,
};
use crate::ingest::{Refusal, RefusalKind};

impl State {
    /// Sends a publisher away whose stream key was replaced by a newer one. An order may be older than the grant of who
    /// has the seat, so only a newer version is a reason.
    pub(super) fn replace_key(&mut self, version: u64) -> bool {
        if self.seat.is_none() || version <= self.seat_key {
            return false;
        }
        tracing::info!(lesson = %self.lesson, "the stream key was replaced; its publisher is sent away");
        self.finish_run();
        let reason = "this stream key was replaced by a new one: copy it from the studio page".to_owned();
        self.send_away(Refusal { kind: RefusalKind::WrongKey, reason });
        true
    }

    pub(in crate::lesson) fn sit(
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

    pub(in crate::lesson) fn leave(&mut self, id: u64) {
        if self.seat.as_ref().is_some_and(|seat| seat.id == id) {
            self.seat = None;
            self.idle_since = None;
            self.finish_run();
        }
    }

    pub(in crate::lesson) fn close_reason(&self, id: u64) -> Refusal {
        let why = self.sent_away.as_ref().filter(|(seat, _)| *seat == id).map(|(_, why)| why.clone());
        why.unwrap_or_else(|| Refusal::denied("another publisher has taken over"))
    }

    /// True when the server should hear of it at once. One that keeps trying is told of with the next report.
    pub(in crate::lesson) fn refused(&mut self, transport: Transport, why: &Refusal, now: UtcMillis) -> bool {
        let (code, reason) = (refused_code(why.kind), why.reason.clone());
        let known = self.refused.as_ref().is_some_and(|before| before.code == code);
        self.refused = Some(RefusedPublisher { transport, code, reason, at: now });
        !known
    }

    /// What is known of a publisher before its units come here.
    pub(in crate::lesson) fn note(&mut self, id: u64, noted: Noted) {
        if let Some(seat) = self.seat.as_mut().filter(|seat| seat.id == id) {
            seat.noted = noted;
        }
    }

    /// Takes the seat away from whoever has it.
    pub(super) fn send_away(&mut self, why: Refusal) {
        if let Some(seat) = self.seat.take() {
            self.idle_since = None;
            self.sent_away = Some((seat.id, why));
            seat.revoked.cancel();
        }
    }
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
