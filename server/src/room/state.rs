//! What a room says. Made once per change and shared by all who listen.

use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use utoipa::ToSchema;
use yunke_protocol::{Publisher, RefusedPublisher, Tracks, WaitingFor};
use yunke_store::{Lesson, LessonPhase, TalkFigures, UtcMillis};

use crate::media_nodes::{LessonFacts, OnAir};

/// The counts of a lesson, by the one definition (docs/ATTENDANCE.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Counts {
    /// 在线: distinct members present.
    pub viewers_now: u32,
    /// 人数: distinct members who viewed at least 60 s.
    pub people: u32,
    /// 峰值: the most present at one moment.
    pub peak: u32,
}

/// An interruption by the lecturer, `[from_ms, to_ms)` on the lesson's timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct RoomGap {
    /// First millisecond without media.
    pub from_ms: i64,
    /// First millisecond with media again.
    pub to_ms: i64,
}

/// A lesson as everyone in the room sees it. The last six are for staff only.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RoomState {
    /// Where the lesson is in its life.
    pub phase: LessonPhase,
    /// Whether members hear and see something.
    pub on_air: OnAir,
    /// UTC of position 0 of the timeline.
    pub zero_at: Option<UtcMillis>,
    /// Position up to which media exists; `null` before the start.
    pub edge_ms: Option<i64>,
    /// Interruptions so far.
    pub gaps: Vec<RoomGap>,
    /// Which tracks of it arrive now; `null`: nothing does. A missing one is a still, or silence.
    pub tracks: Option<Tracks>,
    /// The counts.
    #[serde(flatten)]
    pub counts: Counts,
    /// The replay stands.
    pub replay_ready: bool,
    /// Questions asked so far.
    pub questions: i64,
    /// How many of them are answered; when it changes, who waits for an answer looks at their own.
    pub questions_answered: i64,
    /// Who sends, for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<Option<Publisher>>,
    /// Who was refused a moment ago, for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Option<RefusedPublisher>>,
    /// What keeps a lesson that was started from going on air, for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<Option<WaitingFor>>,
    /// Since when nothing arrives, for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outage_since: Option<Option<UtcMillis>>,
    /// Questions that wait for an answer, for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub questions_open: Option<i64>,
    /// Grows with every change of questions and private notes, for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talk_revision: Option<i64>,
}

impl RoomState {
    /// For staff.
    pub fn of(lesson: &Lesson, facts: LessonFacts, counts: Counts, talk: TalkFigures) -> Self {
        Self {
            phase: lesson.phase,
            on_air: facts.on_air,
            zero_at: facts.zero_at,
            edge_ms: facts.zero_at.map(|_| facts.edge_ms),
            gaps: facts.gaps.iter().map(|gap| RoomGap { from_ms: gap.from_ms, to_ms: gap.to_ms }).collect(),
            tracks: facts.tracks,
            counts,
            replay_ready: facts.replay_ready,
            questions: talk.asked,
            questions_answered: talk.answered,
            publisher: Some(facts.publisher),
            refused: Some(facts.refused),
            waiting_for: Some(facts.waiting_for),
            outage_since: Some(facts.outage_since),
            questions_open: Some(talk.open),
            talk_revision: Some(talk.revision),
        }
    }

    /// Without what is for staff.
    #[must_use]
    pub fn for_members(&self) -> Self {
        Self {
            publisher: None,
            refused: None,
            waiting_for: None,
            outage_since: None,
            questions_open: None,
            talk_revision: None,
            ..self.clone()
        }
    }

    /// Whether somebody should hear of the difference; the edge moves by itself, and who is refused tries again.
    pub fn differs(&self, other: &Self) -> bool {
        let still = |state: &Self| {
            let mut state = state.clone();
            state.edge_ms = None;
            if let Some(Some(publisher)) = &mut state.publisher {
                publisher.last_media_at = 0;
            }
            if let Some(Some(refused)) = &mut state.refused {
                refused.at = 0;
            }
            state
        };
        still(self) != still(other)
    }
}

/// One state, ready to be sent to any number of sockets.
#[derive(Debug, Clone)]
pub struct Frame {
    /// For staff.
    pub state: RoomState,
    /// `{"type":"state",…}` for members.
    pub for_members: Utf8Bytes,
    /// The same for staff.
    pub for_staff: Utf8Bytes,
}

impl Frame {
    /// Of a state as staff see it.
    pub fn new(state: RoomState) -> Self {
        let for_members = text(&state.for_members());
        let for_staff = text(&state);
        Self { state, for_members, for_staff }
    }
}

#[derive(Serialize)]
struct Said<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    state: &'a RoomState,
}

fn text(state: &RoomState) -> Utf8Bytes {
    let said = Said { r#type: "state", state };
    serde_json::to_string(&said).expect("a state is made of plain figures and words").into()
}
