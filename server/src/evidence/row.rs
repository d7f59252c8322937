//! A record as organizers and members read it.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_domain::{BeatMode, BeatSource, Interval, Position};
use yunke_store::{LeaseDevice, RollEntry};

use super::{
    record::{CreditWord, Record},
    window::Window,
};
use crate::attendance::{Beat, Credit, CreditLevel, Verdict};

/// How it is with somebody and a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AttendanceStanding)]
pub enum Standing {
    /// They played some of it.
    Attended,
    /// They have not, and still can: 待定.
    Pending,
    /// They did not, and the time for it is over: 未参加.
    Absent,
    /// They did not, and are excused: 请假.
    Excused,
}

impl Standing {
    /// Of somebody on a roll.
    pub fn of(attended: bool, excused: bool, window: Window) -> Self {
        match (attended, excused) {
            (true, _) => Self::Attended,
            (false, true) => Self::Excused,
            (false, false) if window.is_open() => Self::Pending,
            (false, false) => Self::Absent,
        }
    }
}

/// One member's attendance of a lesson.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttendanceRow {
    /// The member.
    pub member_id: Uuid,
    /// Their name.
    pub name: String,
    /// 成员编号.
    pub member_no: Option<String>,
    /// They belonged to an invited branch at the lesson's time.
    pub invited: bool,
    /// They played some of it; who only opened it has not.
    pub attended: bool,
    /// How it is with them.
    pub standing: Standing,
    /// Why they are excused, if they are; may be empty. Who is excused and comes all the same has attended.
    pub excuse: Option<String>,
    /// The branch when they first opened the lesson, else when it was.
    pub branch_name: Option<String>,
    /// When they first opened the lesson.
    pub first_in_at: Option<i64>,
    /// When the server last heard of them.
    pub last_out_at: Option<i64>,
    /// 进入次数: visits of at least 30 s, split by half an hour without viewing.
    pub visits: u32,
    /// Milliseconds of the lesson that count.
    pub counted_ms: i64,
    /// Hundredths of a percent, rounded down.
    pub coverage_bp: i64,
    /// How much.
    pub credit: CreditWord,
    /// Credit hours × 1000.
    pub hours_milli: i64,
    /// Why not more: `null` for full credit, else `half`, `below_half`, `nothing`, `pending`, `absent` or `excused`.
    #[schema(value_type = Option<String>, example = "below_half")]
    pub reason: Option<&'static str>,
}

impl AttendanceRow {
    /// The row of a record; `entry`: where they stand on the roll. A guest who only opened the lesson does not.
    pub fn of(record: &Record, entry: Option<&RollEntry>, window: Window) -> Self {
        let Record { evidence, judged, credit, visits } = record;
        let (invited, attended) = entry.map_or((false, false), |entry| (entry.invited, entry.attended));
        let excuse = entry.and_then(|entry| entry.excuse.clone());
        Self {
            standing: Standing::of(attended, excuse.is_some(), window),
            excuse,
            member_id: evidence.user_id,
            name: evidence.name.clone(),
            member_no: evidence.member_no.clone(),
            invited,
            attended,
            branch_name: evidence.branch.as_ref().map(|branch| branch.name.clone()),
            first_in_at: evidence.leases.first().map(|lease| lease.issued_at),
            last_out_at: judged.received.map(|received| received.to.ms()),
            visits: visits.visits,
            counted_ms: credit.counted_ms,
            coverage_bp: credit.coverage_bp(),
            credit: credit.level.into(),
            hours_milli: credit.hours_milli,
            reason: why_not_more(credit),
        }
    }

    /// The row of somebody on a lesson's roll, with the record of what they played, if anything.
    pub fn on_roll(entry: &RollEntry, record: Option<&Record>, window: Window) -> Self {
        if let Some(record) = record {
            return Self::of(record, Some(entry), window);
        }
        let standing = Standing::of(false, entry.excuse.is_some(), window);
        Self {
            standing,
            excuse: entry.excuse.clone(),
            member_id: entry.user_id,
            name: entry.name.clone(),
            member_no: entry.member_no.clone(),
            invited: entry.invited,
            attended: false,
            branch_name: entry.branch.as_ref().map(|branch| branch.name.clone()),
            first_in_at: None,
            last_out_at: None,
            visits: 0,
            counted_ms: 0,
            coverage_bp: 0,
            credit: CreditWord::None,
            hours_milli: 0,
            reason: Some(match standing {
                Standing::Pending => "pending",
                Standing::Excused => "excused",
                Standing::Attended | Standing::Absent => "absent",
            }),
        }
    }
}

/// Why it is not full credit: `half`, `below_half` or `nothing`.
pub fn why_not_more(credit: &Credit) -> Option<&'static str> {
    match credit.level {
        CreditLevel::Full => None,
        CreditLevel::Half => Some("half"),
        CreditLevel::None if credit.counted_ms == 0 => Some("nothing"),
        CreditLevel::None => Some("below_half"),
    }
}

/// A piece of the timeline, `[from_ms, to_ms)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Piece {
    /// First millisecond.
    pub from_ms: i64,
    /// First millisecond after it.
    pub to_ms: i64,
}

impl From<Interval<Position>> for Piece {
    fn from(interval: Interval<Position>) -> Self {
        Self { from_ms: interval.from.ms(), to_ms: interval.to.ms() }
    }
}

/// One beat and what became of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EvidenceInterval {
    /// Under which lease.
    pub lease: Uuid,
    /// What played, as the player said.
    pub device: LeaseDevice,
    /// Live or replay.
    pub source: BeatSource,
    /// Video or audio.
    pub mode: BeatMode,
    /// When the server received it.
    pub received_at: i64,
    /// What the player said.
    pub claimed: Piece,
    /// What counts of it.
    pub pieces: Vec<Piece>,
    /// What of it passed every other check although no media node delivered it: marked, and part of `pieces` if the
    /// credit rule counts it.
    pub uncorroborated: Vec<Piece>,
    /// `accepted`, `clamped` or `refused`.
    #[schema(value_type = String, example = "clamped")]
    pub verdict: &'static str,
    /// Why not all of it, or what it is marked with: codes of docs/ATTENDANCE.md.
    #[schema(value_type = Vec<String>)]
    pub reasons: Vec<&'static str>,
}

impl EvidenceInterval {
    /// All intervals of a record, in order of receipt; beats of no length tell nothing here.
    pub fn of(record: &Record) -> Vec<Self> {
        let device_of = |beat: &Beat| {
            let id = Uuid::from_u128(beat.lease);
            record.evidence.leases.iter().find(|lease| lease.id == id).map(|lease| lease.device)
        };
        record
            .judged
            .beats
            .iter()
            .filter(|(beat, _)| !beat.claim().is_empty())
            .filter_map(|(beat, verdict)| Some(Self::one(beat, verdict, device_of(beat)?)))
            .collect()
    }

    fn one(beat: &Beat, verdict: &Verdict, device: LeaseDevice) -> Self {
        Self {
            lease: Uuid::from_u128(beat.lease),
            device,
            source: beat.source,
            mode: beat.mode,
            received_at: beat.received_at.ms(),
            claimed: beat.claim().into(),
            pieces: verdict.pieces.iter().copied().map(Piece::from).collect(),
            uncorroborated: verdict.uncorroborated.iter().copied().map(Piece::from).collect(),
            verdict: verdict.outcome.code(),
            reasons: verdict.reasons.iter().map(crate::attendance::Reason::code).collect(),
        }
    }
}
