//! How much a member may ask, and what settles a question or a note.

use serde_json::json;
use uuid::Uuid;

use super::audit::Action;
use crate::{
    ASK_EVERY_MS, AskOutcome, AuditEntry, NewPrivateNote, NewQuestion, OPEN_QUESTIONS_MAX, QUESTIONS_MAX,
    QuestionState, Settle, TalkOutcome, TextEnum as _, UtcMillis,
};

/// What there is when somebody asks.
#[derive(Debug, Clone, Copy, Default)]
pub struct AskFacts {
    /// Lesson and member of the question with the same id, if there is one.
    pub same_id: Option<(Uuid, Uuid)>,
    /// Open questions of the member in the lesson.
    pub own_open: i64,
    /// When the member last asked in the lesson.
    pub own_last_at: Option<UtcMillis>,
    /// Questions of the lesson.
    pub in_lesson: i64,
}

/// Whether a question may be added.
pub fn ask(facts: &AskFacts, new: &NewQuestion) -> Result<(), AskOutcome> {
    if let Some(same) = facts.same_id {
        let again = same == (new.lesson_id, new.user_id);
        return Err(if again { AskOutcome::Known } else { AskOutcome::Taken });
    }
    if facts.own_open >= OPEN_QUESTIONS_MAX {
        return Err(AskOutcome::TooManyOpen);
    }
    let wait = facts.own_last_at.map_or(0, |last| last + ASK_EVERY_MS - new.at);
    if wait > 0 {
        // A clock that was set back makes nobody wait longer than that.
        return Err(AskOutcome::TooSoon(wait.min(ASK_EVERY_MS)));
    }
    if facts.in_lesson >= QUESTIONS_MAX {
        return Err(AskOutcome::Full);
    }
    Ok(())
}

/// A question in its new state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The state.
    pub state: QuestionState,
    /// When it was answered or hidden.
    pub decided_at: Option<UtcMillis>,
    /// Who did that.
    pub decided_by: Option<Uuid>,
    /// Its line of the audit log.
    pub audit: AuditEntry,
}

/// Settles a question, or opens it again. `before`: the state of the lesson's question with this id, if it has one.
pub fn settle(before: Option<QuestionState>, settle: &Settle) -> Result<Settled, TalkOutcome> {
    let Settle { lesson_id, id, state, actor_id, at } = *settle;
    match before {
        None => return Err(TalkOutcome::NotFound),
        Some(before) if before == state => return Err(TalkOutcome::Already),
        Some(_) => {}
    }
    let (decided_at, decided_by) = (state != QuestionState::Open).then_some((at, actor_id)).unzip();
    let detail = json!({ "id": id, "state": state.as_str() });
    let audit = Action::of(actor_id, "question.settle", at).on_lesson(lesson_id, &detail);
    Ok(Settled { state, decided_at, decided_by, audit })
}

/// The line about a new note: that there is one, not what it says.
pub fn write_note(new: &NewPrivateNote) -> AuditEntry {
    let detail = json!({ "id": new.id });
    Action::of(new.actor_id, "private_note.write", new.at).on_lesson(new.lesson_id, &detail)
}

/// What is known of a note that somebody reads.
#[derive(Debug, Clone, Copy)]
pub struct NoteFacts {
    /// When it was read first.
    pub read_at: Option<UtcMillis>,
}

/// Whether a note becomes read now: the first reader counts.
pub fn read_note(note: Option<NoteFacts>) -> Result<(), TalkOutcome> {
    match note {
        None => Err(TalkOutcome::NotFound),
        Some(NoteFacts { read_at: Some(_) }) => Err(TalkOutcome::Already),
        Some(NoteFacts { read_at: None }) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LESSON: Uuid = Uuid::from_u128(1);
    const MEMBER: Uuid = Uuid::from_u128(2);
    const NOW: UtcMillis = 1_000_000;

    fn asks(facts: AskFacts) -> Result<(), AskOutcome> {
        let (id, text) = (Uuid::from_u128(3), "问".to_owned());
        ask(&facts, &NewQuestion { id, lesson_id: LESSON, user_id: MEMBER, text, at: NOW, at_ms: None })
    }

    #[test]
    fn a_question_that_is_sent_again_is_known_whatever_the_bounds_say() {
        let full = AskFacts {
            own_open: OPEN_QUESTIONS_MAX,
            own_last_at: Some(NOW),
            in_lesson: QUESTIONS_MAX,
            ..AskFacts::default()
        };
        let same = |lesson, user| asks(AskFacts { same_id: Some((lesson, user)), ..full });
        assert_eq!(same(LESSON, MEMBER), Err(AskOutcome::Known));
        assert_eq!(same(Uuid::from_u128(9), MEMBER), Err(AskOutcome::Taken), "of another lesson");
        assert_eq!(same(LESSON, Uuid::from_u128(9)), Err(AskOutcome::Taken), "of another member");
    }

    #[test]
    fn a_member_has_three_open_questions_and_a_lesson_five_hundred() {
        let open = |own_open| asks(AskFacts { own_open, ..AskFacts::default() });
        assert_eq!(open(OPEN_QUESTIONS_MAX - 1), Ok(()));
        assert_eq!(open(OPEN_QUESTIONS_MAX), Err(AskOutcome::TooManyOpen));
        let all = |in_lesson| asks(AskFacts { in_lesson, ..AskFacts::default() });
        assert_eq!(all(QUESTIONS_MAX - 1), Ok(()));
        assert_eq!(all(QUESTIONS_MAX), Err(AskOutcome::Full));
    }

    #[test]
    fn who_asks_too_soon_waits_for_the_rest_and_never_longer_than_the_whole() {
        let last = |at| asks(AskFacts { own_last_at: Some(at), ..AskFacts::default() });
        assert_eq!(last(NOW - ASK_EVERY_MS), Ok(()));
        assert_eq!(last(NOW - ASK_EVERY_MS + 1), Err(AskOutcome::TooSoon(1)));
        assert_eq!(last(NOW + 3_600_000), Err(AskOutcome::TooSoon(ASK_EVERY_MS)), "the clock was set back");
    }

    #[test]
    fn a_question_that_is_opened_again_forgets_who_settled_it() {
        let to = |before, state| {
            let new = Settle { lesson_id: LESSON, id: MEMBER, state, actor_id: Uuid::from_u128(7), at: NOW };
            settle(before, &new)
        };
        assert_eq!(to(None, QuestionState::Hidden), Err(TalkOutcome::NotFound));
        assert_eq!(to(Some(QuestionState::Open), QuestionState::Open), Err(TalkOutcome::Already));
        let answered = to(Some(QuestionState::Open), QuestionState::Answered).expect("settled");
        assert_eq!((answered.decided_at, answered.decided_by), (Some(NOW), Some(Uuid::from_u128(7))));
        let opened = to(Some(QuestionState::Hidden), QuestionState::Open).expect("opened");
        assert_eq!((opened.decided_at, opened.decided_by), (None, None));
        assert_eq!(opened.audit.action, "question.settle");
        assert!(opened.audit.detail.contains(r#""state":"open""#), "{}", opened.audit.detail);
    }

    #[test]
    fn the_log_has_that_there_is_a_note_and_the_first_reader_counts() {
        let text = "请停一下".to_owned();
        let line =
            write_note(&NewPrivateNote { id: MEMBER, lesson_id: LESSON, text, actor_id: MEMBER, at: NOW });
        assert_eq!(line.subject_id, LESSON);
        assert!(!line.detail.contains("请停一下"), "{}", line.detail);
        assert_eq!(read_note(None), Err(TalkOutcome::NotFound));
        assert_eq!(read_note(Some(NoteFacts { read_at: Some(NOW) })), Err(TalkOutcome::Already));
        assert_eq!(read_note(Some(NoteFacts { read_at: None })), Ok(()));
    }
}
