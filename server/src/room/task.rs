//! One lesson's room: who is there, how far everyone is, and telling it. It owns its state; everybody
//! else asks. What it knows is computed from the evidence, at its start and after it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::extract::ws::Utf8Bytes;
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    time::Instant,
};
use uuid::Uuid;
use yunke_store::{BeatRow, LeaseRow, Lesson, LessonPhase, StoreResult, TalkFigures};

use super::{
    load::{Loaded, load},
    members::{LastSeen, Member, Members},
    registry::{Missed, RoomParts},
    state::{Counts, Frame, RoomState},
    updates::MemberUpdates,
};
use crate::{
    attendance::{Beat, Bounds, Interval, IntervalSet, Presence, Rule, credit, past_presence, peak},
    evidence::{self, Progress, Records},
    media_nodes::MediaView,
    problem::source_chain,
};

/// A change is told after so long at most, and never more often; members hear of it later the more they are.
pub(super) const TELL_EVERY: Duration = Duration::from_millis(250);

/// Without a change the state is told again, so that a silent socket is a dead one.
pub(super) const TELL_ANYWAY: Duration = Duration::from_secs(10);

/// A room nobody listens to and nobody is in ends after so long, unless the lesson is live.
const IDLE: Duration = Duration::from_mins(1);

/// How often a room looks at the time when nothing else happens.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often a room reads when nodes were heard of, which is written every 10 s.
const LISTEN_EVERY: Duration = Duration::from_secs(2);

/// Members read for one question about who is present; of the others it is not said how far they are.
const READ_FOR_PRESENT: usize = 50;

/// Members read anew between two questions, in one go.
const CATCH_UP: usize = 64;

/// While more than so many wait to be read, who has to be waits with them; else they are read at once.
const FEW: usize = 8;

/// Nobody is read more often because receipts overtook each other: it may be a large record each time.
const READ_EVERY: Duration = Duration::from_secs(3);

/// So many of those who were read are remembered.
const READ_LATELY: usize = 4096;

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
    parts: RoomParts,
    lesson: Arc<Lesson>,
    rule: Rule,
    outages: Vec<Interval>,
    bounds: Bounds,
    members: Members,
    /// When nodes were heard of, and when that was read last.
    heard: (Vec<Interval>, Option<Instant>),
    /// The node's process and the number of its snapshot whose deliveries were taken last.
    taken: (Uuid, u64),
    presence: Presence,
    talk: TalkFigures,
    frames: watch::Sender<Arc<Frame>>,
    updates: MemberUpdates,
    told_at: Instant,
    needed_at: Instant,
    /// Something happened that may have changed the state.
    news: bool,
    missed: Missed,
    /// Who was read anew, and when.
    read_at: HashMap<Uuid, Instant>,
    /// Members whose progress is being recomputed.
    recomputing: Missed,
}

/// A member whose progress is being recomputed, until that ends in whatever way.
struct Recomputing(Missed, Uuid);

impl Drop for Recomputing {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&self.1);
    }
}

impl Room {
    /// Makes the room; what was kept of the past comes from the channel. `None` if there is no such lesson.
    pub(super) async fn open(
        parts: RoomParts,
        id: Uuid,
        missed: Missed,
    ) -> StoreResult<Option<(Self, Told, Past)>> {
        let Some(lesson) = parts.store.lesson(id).await? else { return Ok(None) };
        let now = parts.source.now();
        let outages = evidence::outages(parts.store.as_ref(), now).await?;
        let bounds = evidence::bounds(&lesson, &outages);
        let talk = parts.store.talk_figures(id).await?;
        let facts = parts.media.facts(&lesson, now);
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
            presence: Presence::starting(now),
            talk,
            frames,
            updates,
            told_at: Instant::now(),
            needed_at: Instant::now(),
            news: false,
            missed,
            read_at: HashMap::new(),
            recomputing: Missed::default(),
            parts,
        };
        room.tell();
        let past = load(&room.parts, room.lesson.clone(), room.bounds.clone());
        Ok(Some((room, Told { staff, members }, past)))
    }

    /// Takes a part of the past that was read.
    fn take_past(&mut self, chunk: Vec<Loaded>, spans: &mut Vec<IntervalSet>) {
        for Loaded { user, past, person } in chunk {
            self.presence.restore(user.as_u128(), &past);
            self.members.load(user, person);
            spans.push(past.spans);
        }
        self.news = true;
    }

    async fn is_contested(&self, evidence: &yunke_store::MemberEvidence) -> StoreResult<bool> {
        let first = evidence.leases.iter().map(|lease| lease.issued_at).min();
        let last = evidence.beats.iter().map(|beat| beat.received_at).max();
        let (Some(first), Some(last)) = (first, last) else { return Ok(false) };
        let rivals = self.parts.store.rival_lessons(evidence.user_id, self.lesson.id, first, last).await?;
        Ok(!rivals.is_empty())
    }

    /// Runs until nobody needs the room or the server stops.
    pub(super) async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Ask>,
        mut changes: broadcast::Receiver<Uuid>,
        mut media: watch::Receiver<Arc<MediaView>>,
        mut past: Past,
        loaded: watch::Sender<bool>,
    ) {
        let mut spans = Vec::new();
        loop {
            tokio::select! {
                // In this order: who asks after a change is answered with the change in it.
                biased;
                () = self.parts.stopping.cancelled() => break,
                change = changes.recv() => match change {
                    Ok(id) if id != self.lesson.id => {}
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => self.reload().await,
                    Err(broadcast::error::RecvError::Closed) => break,
                },
                Ok(()) = media.changed() => {
                    self.news = true;
                    self.take_deliveries();
                }
                // The past comes to an end; questions may not.
                chunk = past.recv(), if !*loaded.borrow() => if let Some(chunk) = chunk {
                    self.take_past(chunk, &mut spans);
                } else {
                    self.presence.pass(self.parts.source.now());
                    self.presence.remember_peak(peak(&std::mem::take(&mut spans)));
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
            if self.look_around() {
                break;
            }
        }
        // Whoever asked after the decision to end finds a closed door and asks for the room anew.
        inbox.close();
    }

    fn until_next_look(&self) -> Duration {
        let due = if self.news { TELL_EVERY } else { TELL_ANYWAY };
        let tell = (self.told_at + due).saturating_duration_since(Instant::now());
        let leave = self.presence.next_change().map_or(LOOK_EVERY, |at| {
            let left = at.saturating_sub(self.parts.source.now());
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
        self.presence.pass(self.parts.source.now());
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
        let facts = self.parts.media.facts(&self.lesson, self.parts.source.now());
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

    /// Reads members anew of whom something was missed, a few at a time.
    async fn catch_up(&mut self) {
        let next: Vec<Uuid> = {
            let mut missed = self.missed.lock().expect("no panic while held");
            let due = missed.iter().filter(|user| self.may_be_read(**user)).take(CATCH_UP);
            let next: Vec<Uuid> = due.copied().collect();
            missed.retain(|user| !next.contains(user));
            next
        };
        if next.is_empty() {
            return;
        }
        for user in &next {
            self.members.forget(*user);
        }
        self.read(&next).await;
        self.news = true;
    }

    fn is_missed(&self, user: Uuid) -> bool {
        self.missed.lock().expect("no panic while held").contains(&user)
    }

    fn may_be_read(&self, user: Uuid) -> bool {
        self.read_at.get(&user).is_none_or(|at| at.elapsed() >= READ_EVERY)
    }

    fn waits_to_be_read(&self) -> bool {
        self.missed.lock().expect("no panic while held").iter().any(|user| self.may_be_read(*user))
    }

    async fn take(&mut self, lease: &LeaseRow, rows: &[BeatRow], contested: bool) {
        let Some(first) = rows.first() else { return };
        if self.lesson.zero_at.is_none() {
            self.reload().await;
        }
        if self.members.continues(lease, first.received_at) {
            self.members.receive(lease, rows, &self.bounds);
        } else {
            // New here, or receipts overtook each other on the way: the store knows the order.
            let user = lease.user_id;
            let many = self.missed.lock().expect("no panic while held").len() > FEW;
            if many || !self.may_be_read(user) {
                self.missed.lock().expect("no panic while held").insert(user);
            } else {
                if self.members.has(user) {
                    if self.read_at.len() >= READ_LATELY {
                        self.read_at.retain(|_, at| at.elapsed() < READ_EVERY);
                    }
                    self.read_at.insert(user, Instant::now());
                }
                self.members.forget(user);
                self.read(&[user]).await;
            }
        }
        if contested {
            self.members.contest(lease.user_id);
        }
        for row in rows {
            let member = lease.user_id.as_u128();
            self.presence.receive(member, &evidence::beat(row), self.lesson.zero_at, &self.rule);
        }
        self.news = true;
    }

    /// Reads members anew. A failure leaves them unread: the next question tries again.
    async fn read(&mut self, users: &[Uuid]) {
        let read = async {
            for evidence in self.parts.store.member_evidence(self.lesson.id, users).await? {
                let user = evidence.user_id;
                let contested = self.is_contested(&evidence).await?;
                let (bounds, rule, zero_at) = (self.bounds.clone(), self.rule.clone(), self.lesson.zero_at);
                let (member, past) = evidence::off_the_workers(move || {
                    let beats: Vec<Beat> = evidence.beats.iter().map(evidence::beat).collect();
                    let past = past_presence(&beats, zero_at, &rule);
                    (Member::new(&evidence, &beats, &bounds, contested), past)
                })
                .await;
                self.presence.restore(user.as_u128(), &past);
                self.members.replace(user, member);
            }
            StoreResult::Ok(())
        };
        if let Err(error) = read.await {
            tracing::error!(error = source_chain(&error), "a member's evidence could not be read");
        }
    }

    /// Answers how far a member is. Where only the whole recomputation knows, it is made beside the room, one of a member at a
    /// time: others do not wait for it, and who asks meanwhile hears nothing this time.
    async fn say_progress(&mut self, user: Uuid, reply: oneshot::Sender<Progress>) {
        // Of whom something was missed the room does not know it.
        if !self.is_missed(user)
            && let Some(progress) = self.own_progress(user).await
        {
            let _ = reply.send(progress);
            return;
        }
        let recomputing = self.recomputing.clone();
        if !recomputing.lock().expect("no panic while held").insert(user) {
            return;
        }
        let whole = self.recomputed(user);
        self.parts.tasks.spawn(async move {
            let _over = Recomputing(recomputing, user);
            if let Some(progress) = whole.await {
                let _ = reply.send(progress);
            }
        });
    }

    async fn progress(&mut self, user: Uuid) -> Option<Progress> {
        match self.own_progress(user).await {
            Some(progress) => Some(progress),
            None => self.recomputed(user).await,
        }
    }

    /// How far a member is, if the room knows it by itself.
    async fn own_progress(&mut self, user: Uuid) -> Option<Progress> {
        if !self.members.has(user) {
            self.read(&[user]).await;
        }
        if !self.rule.uncorroborated_counts {
            self.listen().await;
        }
        let now = self.parts.source.now();
        let covered = self.members.covered(user, &self.heard.0, &self.bounds, now)?;
        Some(credit(&covered, &evidence::timeline(&self.lesson), &self.rule, now).into())
    }

    /// How far a member is, by all there is in the store.
    fn recomputed(&self, user: Uuid) -> impl Future<Output = Option<Progress>> + Send + use<> {
        let (store, lesson, now) = (self.parts.store.clone(), self.lesson.clone(), self.parts.source.now());
        async move {
            let whole = async { Records::new(store, lesson, now).await?.progress(user).await };
            whole
                .await
                .inspect_err(|error: &yunke_store::StoreError| {
                    tracing::error!(error = source_chain(error), "no progress could be computed");
                })
                .ok()
        }
    }

    /// Takes what the node told of the last minute, if that is new.
    fn take_deliveries(&mut self) {
        if self.rule.uncorroborated_counts {
            return;
        }
        let view = self.parts.media.view();
        if self.taken == (view.boot, view.version) {
            return;
        }
        self.taken = (view.boot, view.version);
        if let Some(told) = view.lessons.get(&self.lesson.id) {
            self.members.sent(&told.deliveries);
        }
        if let Some(told) = view.replays.get(&self.lesson.id) {
            self.members.sent(told);
        }
    }

    /// Reads now and then when nodes were heard of. What they told by then is taken first: silence is testimony only of what
    /// was listened to.
    async fn listen(&mut self) {
        if self.heard.1.is_some_and(|at| at.elapsed() < LISTEN_EVERY) {
            return;
        }
        let read = self.parts.store.media_heard(self.lesson.id).await;
        self.take_deliveries();
        match read {
            Ok(heard) => {
                let heard = heard.into_iter().map(|(from, to)| Interval::new(from, to)).collect();
                self.heard = (heard, Some(Instant::now()));
            }
            // What was known is still true; the next question tries again.
            Err(error) => {
                tracing::error!(error = source_chain(&error), "when nodes were heard of could not be read");
            }
        }
    }

    /// The lesson changed: its phase, or its timeline became longer, or a gap was closed.
    async fn reload(&mut self) {
        self.news = true;
        let lesson = match self.parts.store.lesson(self.lesson.id).await {
            Ok(Some(lesson)) => lesson,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(error = source_chain(&error), "the lesson could not be read");
                return;
            }
        };
        self.rule = evidence::rule(&lesson.rule);
        let bounds = evidence::bounds(&lesson, &self.outages);
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
