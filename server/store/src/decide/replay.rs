//! Versions of a replay's edit, and what is attached to a replay: chapters, captions, the poster.

use serde_json::json;
use uuid::Uuid;

use super::audit::Action;
use crate::{
    AuditEntry, CHAPTERS_MAX, CaptionLanguage, Chapter, ChapterChange, ChapterOutcome, LessonMillis,
    NewCaptions, NewChapter, Poster, REPLAY_EDITS_MAX, ReplayChange, ReplayEdit, ReplayOutcome,
    SLIDE_TURNED_MS, TextEnum as _, Trim, UtcMillis,
};

/// A version to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The version.
    pub edit: ReplayEdit,
    /// Its line of the audit log.
    pub audit: AuditEntry,
}

/// The version after `last`, which is the newest one, if there is any.
pub fn edit(last: Option<&ReplayEdit>, change: &ReplayChange) -> Result<Edited, ReplayOutcome> {
    let before = last.map_or((Trim::default(), false), |last| (last.trim, last.hidden));
    let (trim, hidden) = (change.trim.unwrap_or(before.0), change.hidden.unwrap_or(before.1));
    if (trim, hidden) == before {
        return Err(ReplayOutcome::Already);
    }
    let version = last.map_or(0, |last| last.version) + 1;
    if version > REPLAY_EDITS_MAX {
        return Err(ReplayOutcome::Full);
    }
    let detail = json!({ "version": version, "in_ms": trim.in_ms, "out_ms": trim.out_ms, "hidden": hidden });
    let audit = Action::of(change.actor_id, "replay.edit", change.at).on_lesson(change.lesson_id, &detail);
    Ok(Edited { edit: ReplayEdit { version, trim, hidden, changed_at: change.at }, audit })
}

/// A chapter to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChapterAdded {
    /// Chapters to remove before.
    pub replaces: Vec<Uuid>,
    /// Its line of the audit log.
    pub audit: AuditEntry,
}

/// Adds a chapter to those that the lesson has.
pub fn add_chapter(existing: &[Chapter], new: &NewChapter) -> Result<ChapterAdded, ChapterOutcome> {
    let NewChapter { lesson_id, chapter, actor_id, at } = new;
    let (replaces, stay): (Vec<&Chapter>, Vec<&Chapter>) =
        existing.iter().partition(|old| turns_page(old, chapter));
    if stay.iter().any(|old| old.at_ms == chapter.at_ms && old.id != chapter.id) {
        return Err(ChapterOutcome::Taken);
    }
    if i64::try_from(stay.len()).unwrap_or(i64::MAX) >= CHAPTERS_MAX {
        return Err(ChapterOutcome::Full);
    }
    let detail = json!({
        "id": chapter.id, "at_ms": chapter.at_ms, "title": chapter.title, "from_slides": chapter.from_slides,
    });
    let audit = Action::of(*actor_id, "chapter.add", *at).on_lesson(*lesson_id, &detail);
    Ok(ChapterAdded { replaces: replaces.into_iter().map(|old| old.id).collect(), audit })
}

/// Both are made from slides, and the old one was left within [`SLIDE_TURNED_MS`].
fn turns_page(old: &Chapter, new: &Chapter) -> bool {
    let shown_ms = new.at_ms - old.at_ms;
    old.from_slides && new.from_slides && (0..SLIDE_TURNED_MS).contains(&shown_ms)
}

/// A chapter in its new form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChapterChanged {
    /// Where it begins.
    pub at_ms: LessonMillis,
    /// Its title.
    pub title: String,
    /// Its line of the audit log.
    pub audit: AuditEntry,
}

/// Changes one of the chapters that the lesson has.
pub fn change_chapter(existing: &[Chapter], change: ChapterChange) -> Result<ChapterChanged, ChapterOutcome> {
    let ChapterChange { lesson_id, id, at_ms, title, actor_id, at } = change;
    if at_ms.is_some_and(|at_ms| existing.iter().any(|old| old.at_ms == at_ms && old.id != id)) {
        return Err(ChapterOutcome::Taken);
    }
    let before = existing.iter().find(|old| old.id == id).ok_or(ChapterOutcome::NotFound)?;
    let detail = json!({ "id": id, "at_ms": at_ms, "title": title });
    let audit = Action::of(actor_id, "chapter.change", at).on_lesson(lesson_id, &detail);
    let title = title.unwrap_or_else(|| before.title.clone());
    Ok(ChapterChanged { at_ms: at_ms.unwrap_or(before.at_ms), title, audit })
}

/// The line about a chapter that was removed.
pub fn remove_chapter(lesson_id: Uuid, id: Uuid, actor_id: Uuid, at: UtcMillis) -> AuditEntry {
    Action::of(actor_id, "chapter.remove", at).on_lesson(lesson_id, &json!({ "id": id }))
}

/// The line about captions that are kept.
pub fn set_captions(new: &NewCaptions) -> AuditEntry {
    let detail = json!({ "language": new.language.as_str(), "cues": new.cues });
    Action::of(new.actor_id, "captions.set", new.at).on_lesson(new.lesson_id, &detail)
}

/// The line about captions that were removed.
pub fn remove_captions(
    lesson_id: Uuid,
    language: CaptionLanguage,
    actor_id: Uuid,
    at: UtcMillis,
) -> AuditEntry {
    let detail = json!({ "language": language.as_str() });
    Action::of(actor_id, "captions.remove", at).on_lesson(lesson_id, &detail)
}

/// The line about a poster that is set or taken away.
pub fn set_poster(lesson_id: Uuid, poster: Option<&Poster>, actor_id: Uuid, at: UtcMillis) -> AuditEntry {
    let detail = json!({ "bytes": poster.map(|poster| poster.bytes.len()) });
    Action::of(actor_id, "poster.set", at).on_lesson(lesson_id, &detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LESSON: Uuid = Uuid::from_u128(1);
    const ACTOR: Uuid = Uuid::from_u128(2);

    fn change(trim: Option<Trim>, hidden: Option<bool>) -> ReplayChange {
        ReplayChange { lesson_id: LESSON, trim, hidden, actor_id: ACTOR, at: 70 }
    }

    fn chapter(number: u128, at_ms: LessonMillis, from_slides: bool) -> Chapter {
        Chapter { id: Uuid::from_u128(number), at_ms, title: format!("第 {number} 节"), from_slides }
    }

    fn add(existing: &[Chapter], chapter: Chapter) -> Result<Vec<Uuid>, ChapterOutcome> {
        let new = NewChapter { lesson_id: LESSON, chapter, actor_id: ACTOR, at: 70 };
        add_chapter(existing, &new).map(|added| added.replaces)
    }

    #[test]
    fn an_edit_is_the_next_version_and_keeps_what_it_does_not_name() {
        let trim = Trim { in_ms: 5, out_ms: Some(90) };
        let first = edit(None, &change(Some(trim), None)).expect("an edit").edit;
        assert_eq!(first, ReplayEdit { version: 1, trim, hidden: false, changed_at: 70 });
        let second = edit(Some(&first), &change(None, Some(true))).expect("an edit");
        assert_eq!(second.edit, ReplayEdit { version: 2, hidden: true, ..first });
        assert_eq!(second.audit.detail, r#"{"hidden":true,"in_ms":5,"out_ms":90,"version":2}"#);
    }

    #[test]
    fn an_edit_that_changes_nothing_is_none_also_when_there_are_too_many() {
        let hidden = change(None, Some(true));
        assert_eq!(edit(None, &change(Some(Trim::default()), Some(false))), Err(ReplayOutcome::Already));
        let last = |version, hidden| ReplayEdit { version, trim: Trim::default(), hidden, changed_at: 0 };
        assert!(edit(Some(&last(REPLAY_EDITS_MAX - 1, false)), &hidden).is_ok());
        assert_eq!(edit(Some(&last(REPLAY_EDITS_MAX, false)), &hidden), Err(ReplayOutcome::Full));
        assert_eq!(edit(Some(&last(REPLAY_EDITS_MAX, true)), &hidden), Err(ReplayOutcome::Already));
    }

    #[test]
    fn a_page_that_is_turned_at_once_leaves_no_chapter() {
        let there = [chapter(1, 0, true), chapter(2, 7_001, true), chapter(3, 9_000, false)];
        let turned = |at_ms, from_slides| add(&there, chapter(9, at_ms, from_slides));
        assert_eq!(turned(10_000, true), Ok(vec![Uuid::from_u128(2)]));
        assert_eq!(turned(10_001, true), Ok(vec![]), "it was shown for long enough");
        assert_eq!(turned(7_001, true), Ok(vec![Uuid::from_u128(2)]), "at the same moment");
        assert_eq!(turned(7_000, true), Ok(vec![]), "the other one comes after it");
        assert_eq!(turned(10_000, false), Ok(vec![]), "by hand");
        assert_eq!(turned(9_000, true), Err(ChapterOutcome::Taken), "by one that was made by hand");
    }

    #[test]
    fn chapters_are_bounded_and_one_that_replaces_another_needs_no_room() {
        let numbered = (0_u128..).zip(0..CHAPTERS_MAX);
        let mut many: Vec<Chapter> = numbered.map(|(n, at)| chapter(n, at * 5_000, false)).collect();
        let end = CHAPTERS_MAX * 5_000;
        assert_eq!(add(&many, chapter(900, end, false)), Err(ChapterOutcome::Full));
        assert_eq!(add(&many, chapter(900, 5_000, false)), Err(ChapterOutcome::Taken), "whatever the room");
        many[299].from_slides = true;
        assert_eq!(add(&many, chapter(900, end - 4_000, true)), Ok(vec![Uuid::from_u128(299)]));
    }

    #[test]
    fn a_chapter_moves_to_where_no_other_begins() {
        let there = [chapter(1, 0, false), chapter(2, 5_000, false)];
        let put = |number, at_ms, title: Option<&str>| {
            let (id, title) = (Uuid::from_u128(number), title.map(str::to_owned));
            change_chapter(
                &there,
                ChapterChange { lesson_id: LESSON, id, at_ms, title, actor_id: ACTOR, at: 70 },
            )
        };
        assert_eq!(put(1, Some(5_000), None), Err(ChapterOutcome::Taken));
        assert_eq!(put(3, None, Some("无")), Err(ChapterOutcome::NotFound));
        let same = put(2, Some(5_000), Some("新")).expect("where it is");
        assert_eq!((same.at_ms, same.title.as_str()), (5_000, "新"));
        let moved = put(1, Some(6_000), None).expect("moved");
        assert_eq!((moved.at_ms, moved.title.as_str()), (6_000, "第 1 节"));
        assert_eq!(moved.audit.action, "chapter.change");
    }

    #[test]
    fn the_log_has_the_size_of_a_poster_and_not_the_picture() {
        let poster = Poster { kind: crate::PosterKind::Png, bytes: vec![7; 3] };
        assert_eq!(set_poster(LESSON, Some(&poster), ACTOR, 70).detail, r#"{"bytes":3}"#);
        assert_eq!(set_poster(LESSON, None, ACTOR, 70).detail, r#"{"bytes":null}"#);
    }
}
