//! Which code a lesson is shared by.

use serde_json::json;

use super::audit::Action;
use crate::{AuditEntry, NewShareCode};

/// Whether a lesson gets the new code: not while it has a valid one, which is the error and may be printed.
pub fn share(valid: Option<String>, new: &NewShareCode) -> Result<AuditEntry, String> {
    valid.map_or_else(|| Ok(line("lesson.share", new)), Err)
}

/// The line about a new code that takes the place of the valid one, if there is any.
pub fn renew(new: &NewShareCode) -> AuditEntry {
    line("lesson.share_renewed", new)
}

/// A code opens the lesson to whoever reads it: it is no business of the log.
fn line(action: &'static str, new: &NewShareCode) -> AuditEntry {
    Action::of(new.actor_id, action, new.at).on_lesson(new.lesson_id, &json!({}))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_valid_code_stays_and_no_code_is_in_the_log() {
        let code = "abcdefghjk".to_owned();
        let new = NewShareCode { lesson_id: Uuid::from_u128(1), code, actor_id: Uuid::from_u128(2), at: 50 };
        assert_eq!(share(Some("kjhgfedcba".to_owned()), &new), Err("kjhgfedcba".to_owned()));
        let shared = share(None, &new).expect("shared");
        assert_eq!((shared.action.as_str(), shared.detail.as_str()), ("lesson.share", "{}"));
        assert_eq!(
            (renew(&new).action.as_str(), renew(&new).detail.as_str()),
            ("lesson.share_renewed", "{}")
        );
    }
}
