//! A lesson on this node: its publisher's seat, its phase, its runs and outages, and what the server is told of it.
//!
//! [`Lesson`] is a state machine behind a mutex. Everything is called with the time; nothing here waits, but for the some
//! milliseconds in which a run gets its last parts out. What happens inside is described in [`state`].

mod context;
mod intake;
mod output;
mod presence;
mod registry;
mod run;
mod seat;
mod state;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use yunke_protocol::{LessonOrder, LessonSnapshot, Phase, Transport};

use self::{context::NoSeat, seat::Noted, state::State};
pub use self::{
    context::{Context, Origins},
    registry::{Lessons, PublisherHandle},
};
use crate::{
    ingest::Refusal,
    recording::{Recorder, Status},
    unit::Unit,
    whep::feed::Feed,
};

/// A lesson.
pub struct Lesson {
    context: Context,
    state: Mutex<State>,
}

impl Lesson {
    /// Takes on a lesson as the server wants it.
    pub fn new(context: Context, order: &LessonOrder, origins: Origins) -> Self {
        let state = State::new(&context, order, origins);
        let lesson = Self { context, state: Mutex::new(state) };
        lesson.follow(order);
        lesson
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> i64 {
        (self.context.clock)()
    }

    /// Does what the server wants; going live waits for the next key frame.
    pub fn follow(&self, order: &LessonOrder) {
        let now = self.now();
        if self.lock().follow(&self.context, order, now) {
            self.context.changed.notify_one();
        }
    }

    /// Gives the seat to a new publisher, if it is free or the one who has it is dead.
    fn sit(&self, transport: Transport, key_version: u64) -> Result<(u64, CancellationToken), NoSeat> {
        let now = self.now();
        let seated = self.lock().sit(transport, key_version, now);
        if seated.is_ok() {
            self.context.changed.notify_one();
        }
        seated
    }

    fn leave(&self, seat: u64) {
        self.lock().leave(seat);
        self.context.changed.notify_one();
    }

    fn push(&self, seat: u64, unit: Unit) -> Result<Duration, Refusal> {
        let now = self.now();
        self.lock().push(&self.context, seat, unit, now)
    }

    fn note(&self, seat: u64, noted: Noted) {
        self.lock().note(seat, noted);
    }

    fn close_reason(&self, seat: u64) -> Refusal {
        self.lock().close_reason(seat)
    }

    /// A publisher who showed this lesson's key was refused.
    fn refused(&self, transport: Transport, refusal: &Refusal) {
        let now = self.now();
        if self.lock().refused(transport, refusal, now) {
            self.context.changed.notify_one();
        }
    }

    /// Lets time pass: outages begin, gaps grow, broken pipelines are noticed. Several times a second.
    pub fn tick(&self) {
        let now = self.now();
        if self.lock().tick(now) {
            self.context.changed.notify_one();
        }
    }

    /// What is reported to the server.
    pub fn snapshot(&self) -> LessonSnapshot {
        let now = self.now();
        self.lock().snapshot(&self.context, now)
    }

    /// What it is now.
    pub fn phase(&self) -> Phase {
        self.lock().phase()
    }

    /// What viewers by WebRTC get of it.
    pub fn feed(&self) -> Arc<Feed> {
        self.lock().feed()
    }

    /// How its recording is going, if there is one.
    pub fn recording(&self) -> Option<Arc<Status>> {
        self.lock().recording()
    }

    /// Whether a publisher sends.
    pub fn on_air(&self) -> bool {
        self.lock().has_publisher()
    }

    /// Sends the publisher away and gets the last parts out; the lesson may go on in another process.
    pub fn close(&self, why: Refusal) -> Option<Recorder> {
        self.lock().close(why)
    }

    /// Everything that was cut so far has reached the origin.
    #[cfg(test)]
    pub(crate) fn settled(&self) -> bool {
        self.lock().settled()
    }

    /// Breaks the pipeline as an element could.
    #[cfg(test)]
    pub(crate) fn break_pipeline(&self) {
        self.lock().break_pipeline();
    }
}

#[cfg(test)]
mod tests;
