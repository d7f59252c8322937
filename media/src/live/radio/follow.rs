//! One follower for each lesson that anybody listens to: it looks for new parts and gives their frames to all.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{sync::broadcast, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;
use yunke_protocol::UtcMillis;

use super::adts;
use crate::live::{
    Audience, Origin,
    core::{ring::Ring, track::Track},
    event::{NumberedInit, Rendition},
    problem::Problem,
    stream::Stream,
};

/// How often it is looked for new parts.
const LOOK: Duration = Duration::from_millis(200);
/// Parts a listener may be behind; then its connection ends, and it comes again.
const BEHIND: usize = 64;
/// Parts a new listener is given at once: with three seconds in hand a player begins.
const AT_ONCE: usize = 10;
/// The small rendition is left for the other when it is so far behind.
const BEHIND_MS: i64 = 4_000;

/// All lessons anybody listens to like this.
#[derive(Clone, Default)]
pub(super) struct Radios(Arc<Mutex<HashMap<Uuid, OnAir>>>);

struct OnAir {
    sender: broadcast::Sender<Bytes>,
    latest: VecDeque<Bytes>,
}

impl Radios {
    fn all(&self) -> MutexGuard<'_, HashMap<Uuid, OnAir>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a listener hears at once, and what comes then. The first one has the lesson followed.
    pub(super) fn join(
        &self,
        origin: &Origin,
        lesson: Uuid,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<(Vec<Bytes>, broadcast::Receiver<Bytes>), Problem> {
        if on_air(origin, lesson)?.read(Ring::ended) {
            return Err(Problem::Ended);
        }
        let mut all = self.all();
        let on_air = match all.entry(lesson) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                tasks.spawn(self.clone().follow(origin.clone(), lesson, stop.clone()));
                new.insert(OnAir { sender: broadcast::Sender::new(BEHIND), latest: VecDeque::new() })
            }
        };
        Ok((on_air.latest.iter().cloned().collect(), on_air.sender.subscribe()))
    }

    /// Until nobody listens, or the lesson is over, or the service stops: then the answers end.
    async fn follow(self, origin: Origin, lesson: Uuid, stop: CancellationToken) {
        let mut from = None;
        while let Ok(stream) = on_air(&origin, lesson) {
            let (news, ended) = stream.read(|ring| (newer(ring, &mut from), ring.ended()));
            if !self.send(lesson, news) {
                return;
            }
            if ended || stop.run_until_cancelled(sleep(LOOK)).await.is_none() {
                break;
            }
        }
        self.all().remove(&lesson);
    }

    /// `false`: nobody listens any more, and who comes now begins anew.
    fn send(&self, lesson: Uuid, news: Vec<Bytes>) -> bool {
        let mut all = self.all();
        let Entry::Occupied(mut known) = all.entry(lesson) else { return false };
        let OnAir { sender, latest } = known.get_mut();
        for frames in news {
            latest.push_back(frames.clone());
            if latest.len() > AT_ONCE {
                latest.pop_front();
            }
            // Nobody hears it: seen below.
            let _ = sender.send(frames);
        }
        if sender.receiver_count() == 0 {
            known.remove();
            return false;
        }
        true
    }
}

/// The lesson's stream, if members may hear it.
fn on_air(origin: &Origin, lesson: Uuid) -> Result<Arc<Stream>, Problem> {
    let lesson = origin.lesson(lesson).ok_or(Problem::LessonUnknown)?;
    lesson.stream().filter(|stream| stream.audience == Audience::Members).ok_or(Problem::NotOnAir)
}

/// Frames of what is newer than `from`, which goes on; at first the last three seconds.
fn newer(ring: &Ring, from: &mut Option<UtcMillis>) -> Vec<Bytes> {
    let Some(edge) = ring.edge() else { return Vec::new() };
    let sound = |rendition| ring.track(rendition).filter(|track| shaped(track));
    let small =
        sound(Rendition::AudioLow).filter(|small| small.edge().is_some_and(|at| edge - at <= BEHIND_MS));
    let Some(track) = small.or_else(|| sound(Rendition::Audio)) else { return Vec::new() };
    let mut out = Vec::new();
    for (part, init) in parts(track) {
        let begins = *from.get_or_insert(edge - 3_000);
        if part.pdt < begins {
            continue;
        }
        *from = Some(part.pdt + i64::try_from(part.duration.as_millis()).unwrap_or(0));
        out.extend(adts::frames(&part.bytes, &init.init));
    }
    out
}

fn shaped(track: &Track) -> bool {
    track.init().is_some_and(|init| adts::Shape::of(&init.init.format).is_some())
}

/// Parts that are there, in order, each with what it needs.
fn parts(
    track: &Track,
) -> impl Iterator<Item = (&crate::live::core::segment::PartEntry, &Arc<NumberedInit>)> {
    let whole = track.listed().iter().filter_map(|segment| Some((segment.parts.iter(), segment.init()?)));
    let open = track.open().map(|open| (open.parts.iter(), &open.init));
    whole.chain(open).flat_map(|(parts, init)| parts.map(move |part| (part, init)))
}
