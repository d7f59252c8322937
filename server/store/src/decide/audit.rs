//! Lines of the audit log. Details name what was changed, never a secret.

use serde_json::Value;
use uuid::Uuid;

use crate::{AuditEntry, UtcMillis};

/// What was done, by whom and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Action {
    /// Such as `lesson.start`.
    pub(super) name: &'static str,
    /// `None`: the program itself.
    pub(super) actor_id: Option<Uuid>,
    /// Now.
    pub(super) at: UtcMillis,
}

impl Action {
    /// Something a person did.
    pub(super) fn of(actor_id: Uuid, name: &'static str, at: UtcMillis) -> Self {
        Self { name, actor_id: Some(actor_id), at }
    }

    /// Its line, as something done to a lesson.
    pub(super) fn on_lesson(self, id: Uuid, detail: &Value) -> AuditEntry {
        self.line("lesson", id, detail)
    }

    /// Its line, as something done to a person.
    pub(super) fn on_person(self, id: Uuid, detail: &Value) -> AuditEntry {
        self.line("person", id, detail)
    }

    /// Its line, as something done to a unit.
    pub(super) fn on_unit(self, id: Uuid, detail: &Value) -> AuditEntry {
        self.line("unit", id, detail)
    }

    /// Its line, as something done to another kind of thing.
    pub(super) fn on(self, kind: &'static str, id: Uuid, detail: &Value) -> AuditEntry {
        self.line(kind, id, detail)
    }

    fn line(self, kind: &str, subject_id: Uuid, detail: &Value) -> AuditEntry {
        AuditEntry {
            at: self.at,
            actor_id: self.actor_id,
            action: self.name.to_owned(),
            subject_kind: kind.to_owned(),
            subject_id,
            detail: detail.to_string(),
        }
    }
}
