//! All rooms of this process: opened when asked for, one a lesson.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::{OnceCell, mpsc, oneshot, watch};
use uuid::Uuid;
use yunke_store::{BeatRow, LeaseRow, LessonFilter, LessonPhase, Page, StoreError, TalkFigures, UtcMillis};

use super::{
    judged::JudgedAt,
    missed::Missed,
    state::{Counts, Frame},
    task::{Ask, Present, Room, Told},
    turns::Turns,
};
use crate::{
    core::Core,
    evidence::{BeatWriter, EvidenceLimits, Progress, SlowDown},
    media_nodes::MediaNodes,
};

/// Asks that may wait for a room. When it is full whoever asks waits, and with them only the
/// clients of that one lesson; beats are durable before they get here.
const ASKS: usize = 1_024;

/// How long whoever wants a room waits for what it has to know of the past. Then they get it as it is.
const LOADED_WITHIN: Duration = Duration::from_millis(900);

/// How long an acknowledgement waits for the member's progress. Then it goes without.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);

/// Without beats for so long nobody watches: longer than any silence a receipt can stand for.
const QUIET_MS: i64 = 3 * 60_000;

/// After the start of the server whoever watches is heard of within this.
const FIRST_BEATS_MS: i64 = 60_000;

/// Superseded leases remembered for the sockets that may be open with them. When it is full of leases that are not over all
/// are forgotten: an open socket then goes on, which earns nothing.
const SUPERSEDED: usize = 100_000;

/// Live lessons looked for at the start.
const LIVE_LESSONS: i64 = 10_000;

/// Why a room cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RoomError {
    /// There is no such lesson.
    #[error("there is no such lesson")]
    NoLesson,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The member brings more than any player makes.
    #[error(transparent)]
    SlowDown(#[from] SlowDown),
    /// Newer leases took the place of this one.
    #[error("the lease was superseded")]
    Superseded,
    /// Beats could not be kept.
    #[error(transparent)]
    Write(#[from] crate::evidence::WriteError),
    /// The room could not answer; it has logged why.
    #[error("the room could not answer")]
    Silent,
}

/// A room.
#[derive(Debug, Clone)]
pub struct RoomHandle {
    inbox: mpsc::Sender<Ask>,
    told: Told,
    missed: Missed,
    /// What was kept of the past is in it.
    loaded: watch::Receiver<bool>,
}

impl RoomHandle {
    /// The state, now and whenever it changes; a slow reader sees the latest, not all.
    pub fn frames(&self) -> watch::Receiver<Arc<Frame>> {
        self.told.staff.clone()
    }

    /// The state as text for members, who are told of changes the seldomer the more of them listen.
    pub fn member_texts(&self) -> watch::Receiver<Utf8Bytes> {
        self.told.members.clone()
    }

    /// The last state told.
    pub fn frame(&self) -> Arc<Frame> {
        self.told.staff.borrow().clone()
    }

    /// Waits for the past to be read, but not for long.
    async fn loaded(&self) {
        let mut loaded = self.loaded.clone();
        let _ = tokio::time::timeout(LOADED_WITHIN, loaded.wait_for(|loaded| *loaded)).await;
    }

    /// Asks without waiting for a place: none is there, or the room is gone.
    fn try_ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> Ask,
    ) -> Result<oneshot::Receiver<T>, mpsc::error::TrySendError<Ask>> {
        let (reply, answer) = oneshot::channel();
        self.inbox.try_send(question(reply))?;
        Ok(answer)
    }

    async fn ask<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T, RoomError> {
        let (reply, answer) = oneshot::channel();
        self.inbox.send(question(reply)).await.map_err(|_| RoomError::Silent)?;
        answer.await.map_err(|_| RoomError::Silent)
    }

    /// How far a member is; [`RoomError::Silent`] if the room has too much to do to say it soon.
    pub async fn progress(&self, user: Uuid) -> Result<Progress, RoomError> {
        let asked = self.ask(|reply| Ask::Progress { user, reply });
        tokio::time::timeout(ANSWERED_WITHIN, asked).await.unwrap_or(Err(RoomError::Silent))
    }

    /// Who is present.
    pub async fn present(&self) -> Result<Vec<Present>, RoomError> {
        self.ask(|reply| Ask::Present { reply }).await
    }
}

/// All rooms. Cheap to clone.
#[derive(Clone)]
pub struct Rooms(Arc<Inner>);

struct Inner {
    core: Core,
    media: MediaNodes,
    writer: BeatWriter,
    turns: Turns,
    judged_at: JudgedAt,
    limits: EvidenceLimits,
    superseded: std::sync::Mutex<HashMap<Uuid, UtcMillis>>,
    /// When beats were last kept, in uptime.
    heard_at: AtomicI64,
    /// A cell is filled by whoever asks first; the others wait for it.
    open: std::sync::Mutex<HashMap<Uuid, Arc<OnceCell<RoomHandle>>>>,
}

impl std::fmt::Debug for Rooms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rooms")
    }
}

impl Rooms {
    /// No room yet.
    pub fn new(core: Core, media: MediaNodes) -> Self {
        let writer = BeatWriter::start(&core);
        // Who watched before this run began may be about to be heard of.
        let heard_at = AtomicI64::new(core.source.uptime() - QUIET_MS + FIRST_BEATS_MS);
        let open = std::sync::Mutex::default();
        let (turns, limits, superseded) =
            (Turns::default(), EvidenceLimits::default(), std::sync::Mutex::default());
        let judged_at = JudgedAt::default();
        Self(Arc::new(Inner { core, media, writer, turns, judged_at, limits, superseded, heard_at, open }))
    }

    /// Opens the rooms of live lessons, so that the counts are right before the first question.
    pub async fn resume(&self) -> Result<(), RoomError> {
        let live = LessonFilter { phases: vec![LessonPhase::Live], ..LessonFilter::default() };
        let page = Page { offset: 0, limit: LIVE_LESSONS };
        for lesson in self.0.core.store.lessons(&live, page).await? {
            self.room(lesson.id).await?;
        }
        Ok(())
    }

    /// Whether nobody has sent beats for a while.
    pub fn is_quiet(&self) -> bool {
        self.0.core.source.uptime() - self.0.heard_at.load(Ordering::Relaxed) > QUIET_MS
    }

    /// How much one member may bring.
    pub fn limits(&self) -> &EvidenceLimits {
        &self.0.limits
    }

    /// These leases gave way to one that was just issued, which ends at `until`: sockets that were opened with them take no
    /// more beats. (Whoever comes with one later is refused by the store's word.)
    pub fn supersede(&self, leases: &[Uuid], until: UtcMillis) {
        if leases.is_empty() {
            return;
        }
        let now = self.0.core.source.now();
        let mut superseded = self.0.superseded.lock().expect("no panic while held");
        if superseded.len() >= SUPERSEDED {
            superseded.retain(|_, until| *until > now);
        }
        if superseded.len() >= SUPERSEDED {
            superseded.clear();
        }
        superseded.extend(leases.iter().map(|lease| (*lease, until)));
    }

    /// The lease gave way since the server runs.
    pub(super) fn is_superseded(&self, lease: Uuid) -> bool {
        self.0.superseded.lock().expect("no panic while held").contains_key(&lease)
    }

    /// The writer of beats.
    pub(super) fn writer(&self) -> &BeatWriter {
        &self.0.writer
    }

    /// The room of a lesson. It is open at once; its counts may still lack a part of the past if that is large.
    pub async fn room(&self, lesson: Uuid) -> Result<RoomHandle, RoomError> {
        let room = self.open_at_once(lesson).await?;
        room.loaded().await;
        Ok(room)
    }

    /// The room of a lesson, without waiting for its past.
    pub async fn open_at_once(&self, lesson: Uuid) -> Result<RoomHandle, RoomError> {
        let cell = {
            let mut open = self.0.open.lock().expect("no panic while the rooms are held");
            let cell = open.entry(lesson).or_default();
            if cell.get().is_some_and(|handle| handle.inbox.is_closed()) {
                *cell = Arc::default();
            }
            cell.clone()
        };
        let opened = cell.get_or_try_init(|| self.start(lesson)).await.cloned();
        if opened.is_err() {
            self.forget(lesson);
        }
        opened
    }

    async fn start(&self, lesson: Uuid) -> Result<RoomHandle, RoomError> {
        let Inner { core, media, .. } = &*self.0;
        // Listen first, read then: what changes in between is not missed.
        let changes = core.lesson_changes.subscribe();
        let views = media.subscribe();
        let missed = Missed::default();
        let opened = Room::open(core.clone(), media.clone(), lesson, missed.clone()).await?;
        let (room, told, past) = opened.ok_or(RoomError::NoLesson)?;
        let (inbox, asks) = mpsc::channel(ASKS);
        let (loading, loaded) = watch::channel(false);
        let rooms = Arc::downgrade(&self.0);
        core.tasks.spawn(async move {
            room.run(asks, changes, views, past, loading).await;
            if let Some(inner) = rooms.upgrade() {
                Self(inner).forget(lesson);
            }
        });
        Ok(RoomHandle { inbox, told, missed, loaded })
    }

    /// Forgets a room that is closed or could not be opened.
    fn forget(&self, lesson: Uuid) {
        let mut open = self.0.open.lock().expect("no panic while the rooms are held");
        if open.get(&lesson).is_some_and(|cell| cell.get().is_none_or(|handle| handle.inbox.is_closed())) {
            open.remove(&lesson);
        }
    }

    fn all_open(&self) -> Vec<RoomHandle> {
        let open = self.0.open.lock().expect("no panic while the rooms are held");
        open.values().filter_map(|cell| cell.get()).filter(|room| !room.inbox.is_closed()).cloned().collect()
    }

    /// The server was out for a while, which is in the store now: open rooms count by it. One that is opened later reads it.
    pub async fn was_out(&self) {
        for room in self.all_open() {
            // One that closed meanwhile reads it when it opens again.
            let _ = room.inbox.send(Ask::Out).await;
        }
    }

    /// Shows open rooms and their viewers in the metrics: what is, not what came and went.
    pub fn measure(&self) {
        let open = self.all_open();
        let viewers: u32 = open.iter().map(|room| room.frame().state.counts.viewers_now).sum();
        metrics::gauge!("yunke_viewers").set(f64::from(viewers));
        metrics::gauge!("yunke_rooms").set(f64::from(u32::try_from(open.len()).unwrap_or(u32::MAX)));
    }

    /// The counts as last told, without opening a room: a lesson whose room is closed has nobody in it.
    pub fn counts(&self, lesson: Uuid) -> Counts {
        self.opened(lesson).map_or_else(Counts::default, |room| room.frame().state.counts)
    }

    /// The counts of a lesson, computed if need be.
    pub async fn counts_of(&self, lesson: Uuid) -> Result<Counts, RoomError> {
        Ok(self.room(lesson).await?.frame().state.counts)
    }

    /// Something was played under this lease: rooms of other items the member followed lately judge them anew. Whether there
    /// were any.
    pub(super) fn contest(&self, lease: &LeaseRow) -> bool {
        self.0.heard_at.store(self.0.core.source.uptime(), Ordering::Relaxed);
        let others = self.0.turns.note(lease.user_id, lease.item.id, self.0.core.source.now());
        let contested = !others.is_empty();
        for other in others {
            // A room that is closed reads the store when it opens, and sees it there.
            if let Some(handle) = self.opened(other)
                && handle.inbox.try_send(Ask::Contested { user: lease.user_id }).is_err()
            {
                // Read anew it sees that for itself.
                handle.missed.lock().expect("no panic while held").insert(lease.user_id);
            }
        }
        contested
    }

    /// When records without a room were judged.
    pub(super) fn judged_at(&self) -> &JudgedAt {
        &self.0.judged_at
    }

    /// Hands beats that were just kept to their room and gives the member's progress.
    pub(super) async fn kept(&self, lease: &LeaseRow, beats: Vec<BeatRow>) -> Result<Progress, RoomError> {
        let contested = beats.iter().any(|beat| beat.body.state == yunke_store::BeatState::Playing)
            && self.contest(lease);
        self.0.heard_at.store(self.0.core.source.uptime(), Ordering::Relaxed);
        let room = self.open_at_once(lease.item.id).await?;
        let user = lease.user_id;
        let lease = Box::new(lease.clone());
        match room.try_ask(|reply| Ask::Kept { lease, beats, contested, reply }) {
            Ok(answer) => answered(answer).await,
            Err(error) => {
                if matches!(error, mpsc::error::TrySendError::Full(_)) {
                    room.missed.lock().expect("no panic while held").insert(user);
                }
                Err(RoomError::Silent)
            }
        }
    }

    /// It is not known what was kept of this member last.
    pub(super) fn unsure_of(&self, lease: &LeaseRow) {
        if let Some(room) = self.opened(lease.item.id) {
            room.missed.lock().expect("no panic while held").insert(lease.user_id);
        }
    }

    /// How far a member is whose beats were all known already.
    pub(super) async fn known(&self, lease: &LeaseRow) -> Result<Progress, RoomError> {
        let room = self.open_at_once(lease.item.id).await?;
        let user = lease.user_id;
        let answer = room.try_ask(|reply| Ask::Progress { user, reply }).map_err(|_| RoomError::Silent)?;
        answered(answer).await
    }

    /// Tells a lesson's room that a question or a private note changed. It is kept already: when this fails, who
    /// listens learns of it with the next change.
    pub async fn talked(&self, lesson: Uuid, figures: TalkFigures) {
        let told = async {
            let room = self.room(lesson).await?;
            room.inbox.send(Ask::Talked(figures)).await.map_err(|_| RoomError::Silent)
        };
        if let Err(error) = told.await {
            tracing::warn!(%error, "a room could not be told of a question or a note");
        }
    }

    /// A room that is open.
    pub(super) fn opened(&self, lesson: Uuid) -> Option<RoomHandle> {
        self.0.open.lock().expect("no panic while the rooms are held").get(&lesson)?.get().cloned()
    }

    /// For what is next to a room.
    pub(super) fn core(&self) -> &Core {
        &self.0.core
    }
}

/// An acknowledgement waits for the room's answer, but not for long: the room has a large past to read, or many to answer.
async fn answered(answer: oneshot::Receiver<Progress>) -> Result<Progress, RoomError> {
    match tokio::time::timeout(ANSWERED_WITHIN, answer).await {
        Ok(Ok(progress)) => Ok(progress),
        Ok(Err(_)) | Err(_) => Err(RoomError::Silent),
    }
}
