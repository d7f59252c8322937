//! Evidence: leases and beats. Only ever appended to; nothing here is updated or removed.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_domain::{
    BeatCause, BeatMode, BeatSource, BeatState, Interval, Item, LeaseDevice, LeasePurpose, LessonPhase,
};

use crate::{LessonMillis, Page, StoreResult, Unit, UtcMillis};

/// A lease as it was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseRow {
    /// Names the evidence.
    pub id: Uuid,
    /// What it opens.
    pub item: Item,
    /// Whose.
    pub user_id: Uuid,
    /// The viewer's branch when it was issued.
    pub branch_id: Option<Uuid>,
    /// What it is for.
    pub purpose: LeasePurpose,
    /// What plays.
    pub device: LeaseDevice,
    /// When it was issued.
    pub issued_at: UtcMillis,
    /// When it ends.
    pub expires_at: UtcMillis,
}

impl LeaseRow {
    /// Its time is over; so is that of one from before the clock was put back.
    pub fn is_over(&self, now: UtcMillis) -> bool {
        self.expires_at <= now || self.issued_at > now
    }
}

/// What a player says in a beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BeatBody {
    /// 1, 2, 3 … within the lease.
    pub seq: i64,
    /// What it was doing.
    pub state: BeatState,
    /// What made it send.
    pub cause: BeatCause,
    /// Live or replay.
    pub source: BeatSource,
    /// Video or audio.
    pub mode: BeatMode,
    /// Played from here …
    pub from_ms: LessonMillis,
    /// … up to here.
    pub to_ms: LessonMillis,
    /// Speed × 1000.
    pub rate_milli: i64,
    /// The page was visible.
    pub visible: bool,
    /// Follows the user's own tap on play.
    pub gesture: bool,
    /// The client's monotonic clock; kept, never trusted.
    pub client_ms: i64,
}

/// A beat as it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BeatRow {
    /// Under which lease.
    pub lease_id: Uuid,
    /// When; the server's clock.
    pub received_at: UtcMillis,
    /// What it says.
    pub body: BeatBody,
}

/// What became of a beat that was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// Kept.
    New,
    /// It was there already, word for word.
    Known,
    /// Its number was there already with other words; the attempt was recorded.
    Conflict,
}

/// Who opened a lesson to watch it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendee {
    /// The member.
    pub user_id: Uuid,
    /// Their name.
    pub name: String,
    /// The branch when they first opened the lesson, and its name.
    pub branch: Option<(Uuid, String)>,
}

/// How long a node may be silent so that nothing it delivered is missed: each of its snapshots tells the last 60 s.
pub const DELIVERY_MEMORY_MS: i64 = 45_000;

/// What a node sent to a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseDelivery {
    /// The item it was of.
    pub item_id: Uuid,
    /// The lease.
    pub lease_id: Uuid,
    /// In any order; they may overlap.
    pub stretches: Vec<Interval>,
    /// It came through an edge that the operator named: nothing is seen of what it fetches there.
    pub behind_edge: bool,
}

/// Server time in which a node's deliveries were heard of without a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Of this lesson while it was on the node; none: of every replay.
    pub lesson_id: Option<Uuid>,
    /// The node's process.
    pub boot: Uuid,
    /// From this snapshot …
    pub from_at: UtcMillis,
    /// … up to this one.
    pub to_at: UtcMillis,
}

/// Everything kept about one member and one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberEvidence {
    /// The member.
    pub user_id: Uuid,
    /// Their name.
    pub name: String,
    /// 成员编号.
    pub member_no: Option<String>,
    /// The whole phone number; mask it.
    pub phone: Option<String>,
    /// The branch when they first opened the item.
    pub branch: Option<Unit>,
    /// Leases to watch, in order of issue.
    pub leases: Vec<LeaseRow>,
    /// Beats under these leases, in no order.
    pub beats: Vec<BeatRow>,
    /// What nodes sent to these leases: per lease disjoint, ascending.
    pub delivered: Vec<(Uuid, Interval)>,
    /// One of these leases came through an edge that the operator named.
    pub behind_edge: bool,
    /// When the item's nodes were heard of, `[from, to]`, ascending.
    pub heard: Vec<(UtcMillis, UtcMillis)>,
}

/// A member's beats for one item that are in no digest of a room yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastEvidence {
    /// The member.
    pub user_id: Uuid,
    /// Leases to watch with such beats, in order of issue.
    pub leases: Vec<PastLease>,
    /// These beats, in no order.
    pub beats: Vec<BeatRow>,
}

/// A lease with beats that are in no digest yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastLease {
    /// Which.
    pub id: Uuid,
    /// When it was issued.
    pub issued_at: UtcMillis,
    /// Beats 1 … `through` are in the member's digest.
    pub through: i64,
}

/// What a room keeps of one member's past. Derived from the evidence: with another basis it is of no use, and whoever drops it
/// loses nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomDigest {
    /// The member.
    pub user_id: Uuid,
    /// What it was judged by.
    pub basis: i64,
    /// The room's own text.
    pub body: String,
}

/// What a member's credit for an item is computed from, as figures of which at least one differs once anything was added:
/// evidence only grows. Pairs are a number of rows and the sum of their lengths.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EvidenceMark {
    /// Of what.
    pub item: Item,
    /// Where it is in its life; of an episode: ended.
    pub phase: LessonPhase,
    /// Planned start; of an episode: when the member first opened it.
    pub planned_start_at: UtcMillis,
    /// When it was ended; of an episode: since when it can be heard.
    pub ended_at: Option<UtcMillis>,
    /// UTC of position 0; of an episode: since when it is withdrawn.
    pub zero_at: Option<UtcMillis>,
    /// Its length, once known.
    pub length_ms: Option<LessonMillis>,
    /// The rule and its version.
    pub rule: (Uuid, i64),
    /// Outages.
    pub gaps: (i64, i64),
    /// When the member first opened it.
    pub first_at: UtcMillis,
    /// When the last beat came.
    pub last_at: Option<UtcMillis>,
    /// Leases to watch.
    pub leases: i64,
    /// Beats under them.
    pub beats: i64,
    /// What was delivered under them.
    pub delivered_ms: i64,
    /// Those of them that came through an edge.
    pub edge_leases: i64,
    /// When nodes were heard of.
    pub heard: (i64, i64),
    /// Versions of what is shown of the replay, or of an episode's sound, and whether it earns nothing.
    pub edits: i64,
}

/// Leases to watch one item that a member may have at once. One more supersedes the one that was heard of least
/// lately: more devices than that nobody uses, and each is judged, present and in memory by itself.
pub const ALIVE_LEASES: i64 = 8;

/// Use cases of evidence.
#[async_trait]
pub trait EvidenceStore: Send + Sync {
    /// Keeps a lease before its token is given out. Gives the leases to watch that it supersedes, so that no more than
    /// [`ALIVE_LEASES`] of the member and the item are alive.
    async fn issue_lease(&self, lease: LeaseRow) -> StoreResult<Vec<Uuid>>;

    /// One lease.
    async fn lease(&self, id: Uuid) -> StoreResult<Option<LeaseRow>>;

    /// Newer leases took this one's place: nothing more is taken under it. What was, stays.
    async fn lease_is_superseded(&self, id: Uuid) -> StoreResult<bool>;

    /// Keeps beats, of any leases, in one transaction, together with the server's sign of life `at` (its
    /// time is never claimed as an outage once a beat of it is kept). One outcome a beat, in order.
    async fn append_beats(
        &self,
        run_id: Uuid,
        at: UtcMillis,
        beats: &[BeatRow],
    ) -> StoreResult<Vec<Appended>>;

    /// Adds what nodes delivered, in one transaction: a union, so repeating it or another order changes nothing. Leases that
    /// are unknown, of another item or not to watch are passed over, and so are stretches that are none.
    /// `heard` goes on with what was heard of the same boot up to [`DELIVERY_MEMORY_MS`] before.
    async fn keep_deliveries(&self, delivered: &[LeaseDelivery], heard: &[Heard]) -> StoreResult<()>;

    /// When a lesson's nodes were heard of, of it or of every replay, `[from, to]`, ascending.
    async fn media_heard(&self, lesson_id: Uuid) -> StoreResult<Vec<(UtcMillis, UtcMillis)>>;

    /// Who opened the lesson to watch it, ordered by branch, name and id. With `paths`: only those whose
    /// branch lay inside one of them when they first opened it; who had no branch belongs to the lesson's
    /// own unit.
    async fn attendees(&self, lesson_id: Uuid, paths: Option<&[String]>) -> StoreResult<Vec<Attendee>>;

    /// The evidence of these members for the item, in the order asked for; who has none is left out.
    async fn member_evidence(&self, item_id: Uuid, users: &[Uuid]) -> StoreResult<Vec<MemberEvidence>>;

    /// Beats of a lesson that are in no digest, member after member in the order of their ids from after `after` on: whole
    /// members, of about `leases` leases. Empty: there are no more. Made for reading all of a large lesson.
    async fn past_evidence(
        &self,
        lesson_id: Uuid,
        after: Option<Uuid>,
        leases: i64,
    ) -> StoreResult<Vec<PastEvidence>>;

    /// Keeps digests in place of older ones of the same members, in one transaction. `through`: of each of these leases the beats
    /// from 1 up to the number are in them, and no others.
    async fn keep_room_digests(
        &self,
        lesson_id: Uuid,
        digests: &[RoomDigest],
        through: &[(Uuid, i64)],
    ) -> StoreResult<()>;

    /// Digests of a lesson in the order of their members' ids, from after `after` up to `up_to`, at most `limit`.
    async fn room_digests(
        &self,
        lesson_id: Uuid,
        after: Option<Uuid>,
        up_to: Option<Uuid>,
        limit: i64,
    ) -> StoreResult<Vec<RoomDigest>>;

    /// Drops digests: the beats of these members are in none then.
    async fn drop_room_digests(&self, lesson_id: Uuid, users: &[Uuid]) -> StoreResult<()>;

    /// The marks of all items the member opened to watch or to hear, in the order of their ids.
    async fn evidence_marks(&self, user_id: Uuid) -> StoreResult<Vec<EvidenceMark>>;

    /// Other items of which the server received beats of this member in `[from, until]`.
    async fn rival_items(
        &self,
        user_id: Uuid,
        item_id: Uuid,
        from: UtcMillis,
        until: UtcMillis,
    ) -> StoreResult<Vec<Item>>;

    /// Lessons of which the member played some that were planned to start in `[from, until)`, the latest first.
    async fn lessons_of_member(
        &self,
        user_id: Uuid,
        from: UtcMillis,
        until: UtcMillis,
        page: Page,
    ) -> StoreResult<Vec<Uuid>>;
}
