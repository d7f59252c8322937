//! One lesson's room: who is there, how far everyone is, and telling it. It owns its state; everybody
//! else asks. What it knows is computed from the evidence, at its start and after it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::extract::ws::Utf8Bytes;
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    time::Instant,
};
use uuid::Uuid;
use yunke_domain::{Interval, IntervalSet, Utc};
use yunke_store::{BeatRow, LeaseRow, Lesson, LessonPhase, StoreResult, TalkFigures};

use super::{
    keeping::Keeping,
    load::{Loaded, load},
    members::{LastSeen, Members},
    missed::Missed,
    state::{Counts, Frame, RoomState},
    updates::{MemberUpdates, TELL_ANYWAY, TELL_EVERY},
};
use crate::{
    attendance::{Bounds, Presence, Rule, peak},
    core::Core,
    evidence::{self, Progress, Subject},
    media_nodes::{MediaNodes, MediaView},
    problem::source_chain,
};

/// A room nobody listens to and nobody is in ends after so long, unless the lesson is live.
const IDLE: Duration = Duration::from_mins(1);

/// How often a room looks at the time when nothing else happens.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Members read for one question about who is present; of the others it is not said how far they are.
const READ_FOR_PRESENT: usize = 50;

/// What was kept of the past, as it is read.
pub(super) type Past = mpsc::Receiver<Vec<Loaded>>;

/// What a room is asked.
#[derive(Debug)]
pub(super) enum Ask {
    /// Beats that were just kept.
    Kept { lease: Box<LeaseRow>, beats: Vec<BeatRow>, contested: bool, reply: oneshot::Sender<Progress> },
    /// How far a member is.
    Progress { user: Uuid, reply: oneshot::Sender<Progress> },
    /// Who is present.
    Present { reply: oneshot::Sender<Vec<Present>> },
    /// A member now follows another lesson, too.
    Contested { user: Uuid },
    /// A question or a private note changed.
    Talked(TalkFigures),
    /// The server was out for a while, which is known only now.
    Out,
}

/// Somebody who is present.
#[derive(Debug, Clone, Copy)]
pub struct Present {
    /// Who.
    pub user: Uuid,
    /// How far; 0 if that cannot be said just now.
    pub counted_ms: i64,
    /// On what.
    pub last: Option<LastSeen>,
}

/// What a room tells, as it is listened to.
#[derive(Debug, Clone)]
pub(super) struct Told {
    /// Every state, for staff and for the server itself.
    pub(super) staff: watch::Receiver<Arc<Frame>>,
    /// The text for members, the seldomer the more of them listen.
    pub(super) members: watch::Receiver<Utf8Bytes>,
}

pub(super) struct Room {
    pub(super) core: Core,
    pub(super) media: MediaNodes,
    pub(super) lesson: Arc<Lesson>,
    pub(super) rule: Rule,
    outages: Vec<Interval<Utc>>,
    pub(super) bounds: Bounds,
    pub(super) members: Members,
    /// When nodes were heard of, and when that was read last.
    pub(super) heard: (Vec<Interval<Utc>>, Option<Instant>),
    /// The node's process and the number of its snapshot whose deliveries were taken last.
    pub(super) taken: (Uuid, u64),
    pub(super) presence: Presence,
    talk: TalkFigures,
    frames: watch::Sender<Arc<Frame>>,
    updates: MemberUpdates,
    told_at: Instant,
    needed_at: Instant,
    /// Something happened that may have changed the state.
    pub(super) news: bool,
    pub(super) missed: Missed,
    /// Who was read anew, and when.
    pub(super) read_at: HashMap<Uuid, Instant>,
    /// Members whose progress is being recomputed.
    pub(super) recomputing: Missed,
    /// Whose digests are to be kept.
    pub(super) keeping: Keeping,
}

impl Room {
    /// Makes the room; what was kept of the past comes from the channel. `None` if there is no such lesson.
    pub(super) async fn open(
        core: Core,
        media: MediaNodes,
        id: Uuid,
        missed: Missed,
    ) -> StoreResult<Option<(Self, Told, Past)>> {
        let Some(lesson) = core.store.lesson(id).await? else { return Ok(None) };
        let now = core.source.now();
        let outages = evidence::outages(core.store.as_ref(), now).await?;
        let bounds = Subject::from(&lesson).bounds(&outages);
        let talk = core.store.talk_figures(id).await?;
        let facts = media.facts(&lesson, now);
        let first = Frame::new(RoomState::of(&lesson, facts, Counts::default(), talk));
        let (updates, members) = MemberUpdates::new(&first);
        let (frames, staff) = watch::channel(Arc::new(first));
        let mut room = Self {
            rule: evidence::rule(&lesson.rule),
            lesson: Arc::new(lesson),
            outages,
            bounds,
            members: Members::default(),
            heard: (Vec::new(), None),
            taken: (Uuid::nil(), 0),
            presence: Presence::starting(Utc::new(now)),
            talk,
            frames,
            updates,
            told_at: Instant::now(),
            needed_at: Instant::now(),
            news: false,
            missed,
            read_at: HashMap::new(),
            recomputing: Missed::default(),
            keeping: Keeping::new(),
            core,
            media,
        };
        room.tell();
        let past = load(&room.core, id, room.bounds.clone());
        Ok(Some((room, Told { staff, members }, past)))
    }

    /// Takes a part of the past that was read.
    fn take_past(&mut self, chunk: Vec<Loaded>, spans: &mut HashMap<Uuid, IntervalSet<Utc>>) {
        for Loaded { user, past, person } in chunk {
            self.presence.restore(user.as_u128(), &past);
            self.members.load(user, person);
            spans.insert(user, past.spans());
        }
        self.news = true;
    }

    /// Runs until nobody needs the room or the server stops.
    pub(super) async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Ask>,
        mut changes: broadcast::Receiver<Uuid>,
        mut views: watch::Receiver<Arc<MediaView>>,
        mut past: Past,
        loaded: watch::Sender<bool>,
    ) {
        let mut spans = HashMap::new();
        loop {
            tokio::select! {
                // In this order: who asks after a change is answered with the change in it.
                biased;
                () = self.core.stopping.cancelled() => break,
                change = changes.recv() => match change {
                    Ok(id) if id != self.lesson.id => {}
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => self.reload().await,
                    Err(broadcast::error::RecvError::Closed) => break,
                },
                Ok(()) = views.changed() => {
                    self.news = true;
                    self.take_deliveries();
                }
                // The past comes to an end; questions may not.
                chunk = past.recv(), if !*loaded.borrow() => if let Some(chunk) = chunk {
                    self.take_past(chunk, &mut spans);
                } else {
                    self.presence.pass(self.now());
                    self.presence.remember_peak(peak(std::mem::take(&mut spans).values()));
                    self.tell();
                    loaded.send_replace(true);
                },
                ask = inbox.recv() => match ask {
                    Some(ask) => self.answer(ask).await,
                    None => break,
                },
                () = tokio::time::sleep(self.until_next_look()) => {}
            }
            self.catch_up().await;
            if *loaded.borrow() {
                self.keeping.keep_due(&self.core, self.lesson.id, &self.members, &self.bounds);
            }
            if self.look_around() {
                break;
            }
        }
        // Whoever asked after the decision to end finds a closed door and asks for the room anew.
        inbox.close();
        self.keeping.keep_all(&self.core, self.lesson.id, &self.members, &self.bounds).await;
    }

    pub(super) fn now(&self) -> Utc {
        Utc::new(self.core.source.now())
    }

    fn until_next_look(&self) -> Duration {
        let due = if self.news { TELL_EVERY } else { TELL_ANYWAY };
        let tell = (self.told_at + due).saturating_duration_since(Instant::now());
        let leave = self.presence.next_change().map_or(LOOK_EVERY, |at| {
            let left = at.since(self.now());
            Duration::from_millis(u64::try_from(left).unwrap_or(0))
        });
        if self.waits_to_be_read() {
            return Duration::ZERO;
        }
        let members = self.updates.due_in(&self.frames.borrow().state).unwrap_or(LOOK_EVERY);
        tell.min(leave).min(members).min(LOOK_EVERY)
    }

    /// Lets time pass, tells what is due. True: the room is no longer needed.
    fn look_around(&mut self) -> bool {
        let before = self.presence.now();
        self.presence.pass(self.now());
        self.news |= self.presence.now() != before;
        let due = if self.news { TELL_EVERY } else { TELL_ANYWAY };
        if self.told_at.elapsed() >= due {
            self.tell();
        }
        let frame = self.frames.borrow().clone();
        self.updates.tell(&frame);
        // The registry itself listens once.
        let needed = self.frames.receiver_count() > 1
            || self.updates.listeners() > 0
            || self.presence.now() > 0
            || self.lesson.phase == LessonPhase::Live;
        if needed {
            self.needed_at = Instant::now();
        }
        self.needed_at.elapsed() >= IDLE
    }

    fn tell(&mut self) {
        let counts = Counts {
            viewers_now: figure(self.presence.now()),
            people: figure(self.members.people()),
            peak: figure(self.presence.peak()),
        };
        let facts = self.media.facts(&self.lesson, self.core.source.now());
        let state = RoomState::of(&self.lesson, facts, counts, self.talk);
        if self.frames.borrow().state.differs(&state) || self.told_at.elapsed() >= TELL_ANYWAY {
            self.frames.send_replace(Arc::new(Frame::new(state)));
        }
        self.told_at = Instant::now();
        self.news = false;
    }

    async fn answer(&mut self, ask: Ask) {
        // Whoever no longer waits for the answer has left; that is no fault.
        match ask {
            Ask::Kept { lease, beats, contested, reply } => {
                self.take(&lease, &beats, contested).await;
                // Who waits to be read hears how far they are with a later report.
                if self.members.has(lease.user_id) && !self.is_missed(lease.user_id) {
                    self.say_progress(lease.user_id, reply).await;
                }
            }
            Ask::Progress { user, reply } => self.say_progress(user, reply).await,
            Ask::Present { reply } => {
                let _ = reply.send(self.present().await);
            }
            Ask::Contested { user } => self.members.contest(user),
            // They may overtake each other on the way here.
            Ask::Talked(figures) if figures.revision > self.talk.revision => {
                self.talk = figures;
                self.news = true;
            }
            Ask::Talked(_) => {}
            Ask::Out => self.read_outages().await,
        }
    }

    async fn present(&mut self) -> Vec<Present> {
        let users: Vec<Uuid> = self.presence.members().map(Uuid::from_u128).collect();
        let mut present = Vec::with_capacity(users.len());
        let mut reads = READ_FOR_PRESENT;
        for user in users {
            let known = self.members.has(user);
            if !known && reads == 0 {
                present.push(Present { user, counted_ms: 0, last: None });
                continue;
            }
            reads -= usize::from(!known);
            let progress = self.progress(user).await;
            let counted_ms = progress.map_or(0, |progress| progress.counted_ms);
            present.push(Present { user, counted_ms, last: self.members.last_seen(user) });
        }
        present
    }

    /// Reads when the server was out, and what counts by that.
    async fn read_outages(&mut self) {
        match evidence::outages(self.core.store.as_ref(), self.core.source.now()).await {
            Ok(outages) => self.outages = outages,
            Err(error) => {
                tracing::error!(error = source_chain(&error), "the outages could not be read");
                return;
            }
        }
        self.reload().await;
    }

    /// The lesson changed: its phase, or its timeline became longer, or a gap was closed.
    pub(super) async fn reload(&mut self) {
        self.news = true;
        let lesson = match self.core.store.lesson(self.lesson.id).await {
            Ok(Some(lesson)) => lesson,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(error = source_chain(&error), "the lesson could not be read");
                return;
            }
        };
        self.rule = evidence::rule(&lesson.rule);
        let bounds = Subject::from(&lesson).bounds(&self.outages);
        if bounds != self.bounds {
            // What counts may differ now: members are read again, some at a time.
            self.missed.lock().expect("no panic while held").extend(self.members.forget_all());
            self.bounds = bounds;
        }
        self.lesson = Arc::new(lesson);
    }
}

fn figure(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
