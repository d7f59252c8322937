//! Whether a job is taken, and its line of the audit log.

use serde_json::{Value, json};

use super::audit::Action;
use crate::{AuditEntry, EXPORTS_WAITING, ExportOutcome, NewExport};

/// Whether a job is added, when so many of the person's are not done yet. The line names what it is of and the part of the tree.
pub fn add(waiting: i64, new: &NewExport) -> Result<AuditEntry, ExportOutcome> {
    if waiting >= EXPORTS_WAITING {
        return Err(ExportOutcome::TooMany);
    }
    let parameters: Value = serde_json::from_str(&new.parameters).unwrap_or_default();
    let detail =
        json!({ "kind": new.kind, "format": new.format, "parameters": parameters, "paths": new.paths });
    Ok(Action::of(new.user_id, "export.create", new.at).on("export", new.id, &detail))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{ExportFormat, ExportKind};

    #[test]
    fn a_person_has_so_many_jobs_at_a_time_and_each_has_its_line() {
        let [id, user_id] = [1, 2].map(Uuid::from_u128);
        let new = NewExport {
            id,
            kind: ExportKind::Year,
            format: ExportFormat::Csv,
            parameters: r#"{"year":2027}"#.to_owned(),
            user_id,
            paths: vec!["/1/".to_owned()],
            at: 50,
        };
        assert_eq!(add(EXPORTS_WAITING, &new), Err(ExportOutcome::TooMany));
        let line = add(EXPORTS_WAITING - 1, &new).expect("taken");
        assert_eq!(
            (line.action.as_str(), line.subject_id, line.actor_id),
            ("export.create", id, Some(user_id))
        );
        let detail: Value = serde_json::from_str(&line.detail).expect("JSON");
        let expected =
            json!({ "kind": "year", "format": "csv", "parameters": { "year": 2027 }, "paths": ["/1/"] });
        assert_eq!(detail, expected);
    }
}
