//! Lines about excuses. A reason is never in them: it may be about somebody's health.

use serde_json::json;
use uuid::Uuid;

use super::audit::Action;
use crate::{AuditEntry, NewExcuse, UtcMillis};

/// Somebody is excused, or for another reason.
pub fn give(new: &NewExcuse) -> AuditEntry {
    let detail = json!({ "person": new.user_id });
    Action::of(new.actor_id, "lesson.excuse", new.at).on_lesson(new.lesson_id, &detail)
}

/// An excuse was taken back.
pub fn take_back(lesson_id: Uuid, user_id: Uuid, actor_id: Uuid, at: UtcMillis) -> AuditEntry {
    let detail = json!({ "person": user_id });
    Action::of(actor_id, "lesson.excuse_taken_back", at).on_lesson(lesson_id, &detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_has_who_is_excused_and_not_why() {
        let [lesson_id, user_id, actor_id] = [1, 2, 3].map(Uuid::from_u128);
        let line = give(&NewExcuse { lesson_id, user_id, reason: "病了".to_owned(), actor_id, at: 50 });
        assert_eq!((line.subject_id, line.actor_id), (lesson_id, Some(actor_id)));
        assert_eq!(line.detail, format!(r#"{{"person":"{user_id}"}}"#));
    }
}
