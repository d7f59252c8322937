//! All lessons of this node: follows the server's orders, and lets publishers in ([`Gate`]).

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use yunke_protocol::{
    LessonOrder, LessonSnapshot, Phase, PublishRefusal, RefusalCode, ReplayDeliveries, Transport,
};

use super::{
    Lesson,
    context::{Context, NoSeat, Origins},
    intake::Intake,
    seat::{DEAD_MS, Noted},
};
use crate::{
    ingest::{Gate, Inlet, Refusal, RefusalKind},
    recording::{Beginning, Loaded, Recorder, index::Index, load},
    server::Server,
    unit::{LeftOut, Unit},
    whep::{Feeds, feed::Feed},
};

/// How often a second publisher looks whether the first is still alive.
const LOOK: Duration = Duration::from_millis(100);
/// Lessons of one node. More orders than this are not followed; a node has tens.
const MAX_LESSONS: usize = 1024;
/// What the store may take at the end of the process.
const FLUSH_TIME: Duration = Duration::from_secs(3);

/// The lessons.
pub struct Lessons {
    context: Context,
    server: Arc<dyn Server>,
    here: Mutex<BTreeMap<Uuid, Arc<Lesson>>>,
    /// Taking on a lesson reads its recording; one at a time, so that none is taken on twice.
    taking_on: tokio::sync::Mutex<()>,
}

impl Lessons {
    /// None yet.
    pub fn new(context: Context, server: Arc<dyn Server>) -> Self {
        Self { context, server, here: Mutex::default(), taking_on: tokio::sync::Mutex::default() }
    }

    fn map(&self) -> std::sync::MutexGuard<'_, BTreeMap<Uuid, Arc<Lesson>>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Arc<Lesson>> {
        self.map().values().cloned().collect()
    }

    /// The lessons and what they are now.
    pub fn phases(&self) -> BTreeMap<Uuid, Phase> {
        self.map().iter().map(|(id, lesson)| (*id, lesson.phase())).collect()
    }

    /// Takes on a lesson that is not here yet. One that cannot be read is left: the next order tries again.
    pub async fn expect(&self, order: &LessonOrder) {
        if let Err(problem) = self.take_on(order).await {
            tracing::warn!(lesson = %order.lesson, %problem, "a lesson could not be taken on; tried again");
        }
    }

    /// Does what the server wants of a lesson that is here.
    pub fn follow(&self, order: &LessonOrder) {
        let lesson = self.map().get(&order.lesson).cloned();
        if let Some(lesson) = lesson {
            lesson.follow(order);
        }
    }

    /// Closes a lesson that is none of this node's any more.
    pub fn forget(&self, id: Uuid) {
        let lesson = self.map().remove(&id);
        if let Some(lesson) = lesson {
            lesson.close(Refusal::denied("the lesson is not expected here any more"));
            self.context.origin.forget(id);
        }
    }

    async fn take_on(&self, order: &LessonOrder) -> Result<Arc<Lesson>, TakeOnError> {
        let _one_at_a_time = self.taking_on.lock().await;
        if let Some(lesson) = self.map().get(&order.lesson).cloned() {
            lesson.follow(order);
            return Ok(lesson);
        }
        if self.map().len() >= MAX_LESSONS {
            return Err(TakeOnError::Full);
        }
        // Only a lesson that has been live can have a recording.
        let loaded = match (order.phase, order.zero_at) {
            (Phase::Rehearsal, _) | (Phase::Live, None) => Loaded::Nothing,
            _ => load(&*self.context.store, order.lesson).await?,
        };
        let origins = match (loaded, order.zero_at) {
            (Loaded::Complete(index), _) => {
                Origins::Complete { length_ms: index.length_ms.unwrap_or_default() }
            }
            (Loaded::Open(beginning), _) => Origins::Resumed(beginning),
            (Loaded::Nothing, Some(_)) if order.phase == Phase::Ended => Origins::Lost,
            (Loaded::Nothing, Some(zero_at)) => {
                Origins::Resumed(Beginning { index: Index::new(order.lesson, zero_at), pages: 0 })
            }
            (Loaded::Nothing, None) => Origins::Fresh,
        };
        let lesson = Arc::new(Lesson::new(self.context.clone(), order, origins));
        self.map().insert(order.lesson, Arc::clone(&lesson));
        Ok(lesson)
    }

    /// Lets time pass in all lessons.
    pub fn tick(&self) {
        for lesson in self.all() {
            lesson.tick();
        }
    }

    /// What is reported to the server.
    pub fn snapshots(&self) -> Vec<LessonSnapshot> {
        self.all().iter().map(|lesson| lesson.snapshot()).collect()
    }

    /// Leases under which nothing is served any more.
    pub fn revoke(&self, leases: &[Uuid]) {
        self.context.origin.revoke(leases);
    }

    /// What was fetched of replays in the last 60 s, of lessons that are here or not.
    pub fn replays(&self) -> Vec<ReplayDeliveries> {
        self.context.origin.replays()
    }

    /// Segments the store did not take, of all lessons here.
    pub fn segments_lost(&self) -> u64 {
        self.all().iter().filter_map(|lesson| lesson.recording()).map(|recording| recording.lost()).sum()
    }

    /// The store refuses at the moment.
    pub fn store_failing(&self) -> bool {
        self.all().iter().filter_map(|lesson| lesson.recording()).any(|recording| recording.failing())
    }

    /// Whether anybody publishes or a lesson is live.
    pub fn busy(&self) -> bool {
        self.all().iter().any(|lesson| lesson.on_air() || lesson.phase() == Phase::Live)
    }

    /// Ends all pipelines and waits until the store has what they gave.
    pub async fn close(&self) {
        let why = Refusal::denied("the media service restarts: connect again");
        let recorders: Vec<Recorder> =
            self.all().iter().filter_map(|lesson| lesson.close(why.clone())).collect();
        for recorder in recorders {
            recorder.flush(FLUSH_TIME).await;
        }
    }
}

/// Why a lesson was not taken on.
#[derive(Debug, thiserror::Error)]
enum TakeOnError {
    #[error("its recording cannot be read: {0}")]
    Store(#[from] object_store::Error),
    #[error("this node has too many lessons")]
    Full,
}

impl Gate for Lessons {
    type Inlet = PublisherHandle;

    async fn open(&self, transport: Transport, stream_key: String) -> Result<PublisherHandle, Refusal> {
        if stream_key.is_empty() {
            let reason = "the stream key is missing".to_owned();
            return Err(Refusal { kind: RefusalKind::WrongKey, reason });
        }
        let grant = self.server.publish(transport, stream_key).await.map_err(refused)?;
        let lesson = self.take_on(&grant.lesson).await.map_err(|problem| {
            tracing::error!(%problem, "a publisher's lesson could not be taken on");
            let reason = "the media service cannot take this lesson on at the moment; try again".to_owned();
            Refusal { kind: RefusalKind::Later, reason }
        })?;
        // No key is newer than that of a publisher who came without one.
        let key_version = if grant.by_pass { u64::MAX } else { grant.lesson.key_version };
        let asked = Instant::now();
        let mut seen = None;
        loop {
            let last_media_at = match lesson.sit(transport, key_version) {
                Ok((seat, revoked)) => {
                    let feed = lesson.feed();
                    let intake = Intake::new(transport);
                    let (left_out, units) = (LeftOut::default(), Vec::new());
                    return Ok(PublisherHandle {
                        lesson,
                        transport,
                        seat,
                        revoked,
                        feed,
                        intake,
                        left_out,
                        units,
                    });
                }
                Err(NoSeat::Taken { last_media_at }) => last_media_at,
                // It may have ended, or been dropped, while this one waited for the seat.
                Err(NoSeat::Closed(refusal)) => return Err(refusal),
            };
            let alive = seen.replace(last_media_at).is_some_and(|before| before != last_media_at);
            let dead_by_now = Duration::from_millis(DEAD_MS.cast_unsigned()) + 5 * LOOK;
            if alive || asked.elapsed() > dead_by_now {
                let refusal = Refusal::denied("this lesson already receives a stream from another publisher");
                lesson.refused(transport, &refusal);
                return Err(refusal);
            }
            sleep(LOOK).await;
        }
    }

    async fn refused(&self, transport: Transport, stream_key: String, refusal: &Refusal) {
        let Ok(grant) = self.server.publish(transport, stream_key).await else { return };
        if let Ok(lesson) = self.take_on(&grant.lesson).await {
            lesson.refused(transport, refusal);
        }
    }
}

fn refused(refusal: PublishRefusal) -> Refusal {
    let kind = match refusal.code {
        RefusalCode::WrongKey => RefusalKind::WrongKey,
        RefusalCode::LessonOver => RefusalKind::Denied,
        RefusalCode::TryLater => RefusalKind::Later,
    };
    Refusal { kind, reason: refusal.message }
}

impl Feeds for Lessons {
    fn feed(&self, lesson: Uuid) -> Option<Arc<Feed>> {
        self.map().get(&lesson).map(|lesson| lesson.feed())
    }
}

/// A publisher's place; dropping it leaves the seat.
pub struct PublisherHandle {
    lesson: Arc<Lesson>,
    transport: Transport,
    seat: u64,
    revoked: CancellationToken,
    feed: Arc<Feed>,
    intake: Intake,
    left_out: LeftOut,
    /// What goes on to the lesson; empty between calls.
    units: Vec<Unit>,
}

impl PublisherHandle {
    fn noted(&self) -> Noted {
        let (apart_ms, recoded) = (self.intake.apart_ms(), self.intake.recodes());
        Noted { left_out: self.left_out, apart_ms, recoded }
    }
}

impl Inlet for PublisherHandle {
    fn push(&mut self, unit: Unit) -> Result<Duration, Refusal> {
        let known = self.noted();
        self.intake.push(unit, self.lesson.now(), &mut self.units);
        if self.noted() != known {
            self.lesson.note(self.seat, self.noted());
        }
        let mut pause = Duration::ZERO;
        for unit in self.units.drain(..) {
            pause = pause.max(self.lesson.push(self.seat, unit)?);
        }
        Ok(pause)
    }

    fn key_wanted(&self) -> bool {
        self.feed.take_key_frame_request()
    }

    fn revoked(&self) -> CancellationToken {
        self.revoked.clone()
    }

    fn close_reason(&self) -> Refusal {
        self.lesson.close_reason(self.seat)
    }

    fn left_out(&mut self, left_out: LeftOut) {
        self.left_out = left_out;
        self.lesson.note(self.seat, self.noted());
    }

    fn refused(&mut self, refusal: &Refusal) {
        self.lesson.refused(self.transport, refusal);
    }
}

impl Drop for PublisherHandle {
    fn drop(&mut self) {
        self.lesson.leave(self.seat);
    }
}
