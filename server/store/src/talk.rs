//! What is said beside a lesson: questions of members, and private notes of organizers to the lecturer.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_domain::text_enum;

use crate::{LessonMillis, StoreResult, UtcMillis};

/// Longest question, in characters.
pub const QUESTION_CHARS: usize = 200;

/// Questions of a lesson at most; further ones are refused.
pub const QUESTIONS_MAX: i64 = 500;

/// Open questions of one member in a lesson at most; further ones are refused until one is settled.
pub const OPEN_QUESTIONS_MAX: i64 = 3;

/// A member asks at most once in so long; who asks sooner is refused.
pub const ASK_EVERY_MS: i64 = 10_000;

/// Longest private note, in characters.
pub const NOTE_CHARS: usize = 500;

/// Private notes kept of a lesson; with a further one the oldest is forgotten.
pub const NOTES_KEPT: i64 = 20;

text_enum! {
    /// What became of a question.
    QuestionState {
        /// Nobody has settled it.
        Open = "open",
        /// The lecturer has answered it.
        Answered = "answered",
        /// Staff have put it away.
        Hidden = "hidden",
    }
}

/// A question of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its id.
    pub id: Uuid,
    /// Who asks.
    pub user_id: Uuid,
    /// Their name.
    pub user_name: String,
    /// What they ask.
    pub text: String,
    /// When.
    pub asked_at: UtcMillis,
    /// Where the lesson was; `None` before its start.
    pub at_ms: Option<LessonMillis>,
    /// What became of it.
    pub state: QuestionState,
    /// When it was answered or hidden.
    pub decided_at: Option<UtcMillis>,
    /// The name of who did that.
    pub decided_by: Option<String>,
}

/// A question to ask.
#[derive(Debug, Clone)]
pub struct NewQuestion {
    /// Its id, made by whoever asks.
    pub id: Uuid,
    /// The lesson.
    pub lesson_id: Uuid,
    /// Who asks.
    pub user_id: Uuid,
    /// At most [`QUESTION_CHARS`].
    pub text: String,
    /// Now.
    pub at: UtcMillis,
    /// Where the lesson is.
    pub at_ms: Option<LessonMillis>,
}

/// How much is said; told to everybody in the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TalkFigures {
    /// Grows with every change of a question or a note.
    pub revision: i64,
    /// Questions that are not hidden.
    pub asked: i64,
    /// Questions that are open.
    pub open: i64,
    /// Questions that were answered.
    pub answered: i64,
}

/// What became of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskOutcome {
    /// It is asked.
    Done(TalkFigures),
    /// It was asked before, by the same member in the same lesson.
    Known,
    /// Another question has this id.
    Taken,
    /// The member has [`OPEN_QUESTIONS_MAX`] open questions.
    TooManyOpen,
    /// The member asked less than [`ASK_EVERY_MS`] ago; how long to wait.
    TooSoon(i64),
    /// The lesson has [`QUESTIONS_MAX`] questions.
    Full,
}

/// A question to settle, or to open again.
#[derive(Debug, Clone, Copy)]
pub struct Settle {
    /// The lesson.
    pub lesson_id: Uuid,
    /// The question.
    pub id: Uuid,
    /// What becomes of it.
    pub state: QuestionState,
    /// Who.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

/// What became of a change of a question or a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TalkOutcome {
    /// It is changed.
    Done(TalkFigures),
    /// It was so already.
    Already,
    /// The lesson has none with this id.
    NotFound,
}

/// A private note to the lecturer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateNote {
    /// Its id.
    pub id: Uuid,
    /// What it says.
    pub text: String,
    /// Who wrote it.
    pub written_by: Uuid,
    /// Their name.
    pub writer_name: String,
    /// When.
    pub written_at: UtcMillis,
    /// When it was read.
    pub read_at: Option<UtcMillis>,
    /// The name of who read it.
    pub read_by: Option<String>,
}

/// A note to write.
#[derive(Debug, Clone)]
pub struct NewPrivateNote {
    /// Its id.
    pub id: Uuid,
    /// The lesson.
    pub lesson_id: Uuid,
    /// At most [`NOTE_CHARS`].
    pub text: String,
    /// Who writes.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

/// Questions and private notes, by the rules of [`crate::decide::talk`]. A change locks the lesson's row: the bounds are those of
/// the lesson, and so is the revision.
#[async_trait]
pub trait TalkStore: Send + Sync {
    /// How much is said in a lesson.
    async fn talk_figures(&self, lesson_id: Uuid) -> StoreResult<TalkFigures>;

    /// Questions of a lesson, the oldest first; of one member, or of all.
    async fn questions(&self, lesson_id: Uuid, of: Option<Uuid>) -> StoreResult<Vec<Question>>;

    /// Asks, within the bounds.
    async fn ask_question(&self, new: NewQuestion) -> StoreResult<AskOutcome>;

    /// Settles a question or opens it again, and notes that in the audit log.
    async fn settle_question(&self, settle: Settle) -> StoreResult<TalkOutcome>;

    /// Private notes of a lesson, the newest first.
    async fn private_notes(&self, lesson_id: Uuid) -> StoreResult<Vec<PrivateNote>>;

    /// Writes a note and forgets the oldest ones; the audit log says that there was one, not what it says.
    async fn write_private_note(&self, new: NewPrivateNote) -> StoreResult<TalkFigures>;

    /// Marks a note as read; the first reader counts.
    async fn read_private_note(
        &self,
        lesson_id: Uuid,
        id: Uuid,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<TalkOutcome>;
}
