//! A lesson on this node: its publisher's seat, its phase, its runs and outages, and what the server is told of it.
//!
//! [`Lesson`] is a state machine behind a mutex. Everything is called with the time; nothing here waits, but for the some
//! milliseconds in which a run gets its last parts out. What happens inside is told apart in [`state`].

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

use object_store::ObjectStore;
use tokio::sync::{Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use yunke_protocol::{LessonOrder, LessonSnapshot, Phase, Transport};

pub use self::registry::{Lessons, Place};
use self::{
    seat::{DEAD_MS, Noted},
    state::State,
};
use crate::{
    ingest::Refusal,
    live::{Clock, Origin},
    recording::{Beginning, Recorder, Status},
    unit::Unit,
    whep::feed::Feed,
};

/// What all lessons share.
#[derive(Clone)]
pub struct Context {
    /// Where streams are opened.
    pub origin: Origin,
    /// Where recordings go.
    pub store: Arc<dyn ObjectStore>,
    /// The time.
    pub clock: Clock,
    /// Owns the recordings' tasks.
    pub tasks: TaskTracker,
    /// Told when the server should hear of something at once.
    pub changed: Arc<Notify>,
    /// `PART-TARGET`.
    pub part_target: Duration,
    /// A permit for each small picture that may be made at a time.
    pub small_pictures: Arc<Semaphore>,
}

/// What a lesson starts from.
#[derive(Debug, Clone)]
pub enum Origins {
    /// Nothing yet.
    Fresh,
    /// A recording of an earlier process, which goes on.
    Resumed(Beginning),
    /// It is over, and the store has nothing of it.
    Lost,
    /// A complete recording.
    Complete {
        /// The lesson's length.
        length_ms: i64,
    },
}

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

    fn farewell(&self, seat: u64) -> Refusal {
        self.lock().farewell(seat)
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

    /// What the server is told.
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

/// Why a publisher gets no seat.
#[derive(Debug, Clone, PartialEq, Eq)]
enum NoSeat {
    /// It is taken; its publisher last sent media then.
    Taken { last_media_at: i64 },
    /// The lesson is over, or not of this node any more.
    Closed(Refusal),
}

#[cfg(test)]
mod tests;
