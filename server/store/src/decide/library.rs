//! Lines about the library. They name what was changed, and a series or an episode by its id.

use serde_json::{Value, json};
use uuid::Uuid;

use super::audit::Action;
use crate::{AuditEntry, EpisodeEdit, NewVersion, SeriesEdit, UtcMillis, VersionOf};

/// Something done to a series.
pub fn on_series(
    id: Uuid,
    action: &'static str,
    actor_id: Uuid,
    at: UtcMillis,
    detail: &Value,
) -> AuditEntry {
    Action::of(actor_id, action, at).on("series", id, detail)
}

/// Something done to an episode.
pub fn on_episode(
    id: Uuid,
    action: &'static str,
    actor_id: Uuid,
    at: UtcMillis,
    detail: &Value,
) -> AuditEntry {
    Action::of(actor_id, action, at).on("episode", id, detail)
}

/// Something done to a speaker.
pub fn on_speaker(id: Uuid, action: &'static str, actor_id: Uuid, at: UtcMillis) -> AuditEntry {
    Action::of(actor_id, action, at).on("speaker", id, &json!({}))
}

/// A series is changed.
pub fn edit_series(id: Uuid, edit: &SeriesEdit, actor_id: Uuid, at: UtcMillis) -> AuditEntry {
    let fields = [
        ("title", edit.title.is_some()),
        ("about", edit.about.is_some()),
        ("category", edit.category.is_some()),
        ("public", edit.public.is_some()),
        ("credit", edit.credit.is_some()),
        ("rule", edit.rule_id.is_some()),
    ];
    on_series(id, "series.edit", actor_id, at, &json!({ "fields": named(&fields) }))
}

/// A file is going to be sent.
pub fn add_version(new: &NewVersion) -> AuditEntry {
    let action = match new.of {
        VersionOf::New { .. } => "episode.add",
        VersionOf::Known => "episode.replace",
    };
    on_episode(new.episode_id, action, new.actor_id, new.at, &json!({ "version": new.id }))
}

/// An episode is changed.
pub fn edit_episode(id: Uuid, edit: &EpisodeEdit, actor_id: Uuid, at: UtcMillis) -> AuditEntry {
    let fields = [
        ("title", edit.title.is_some()),
        ("about", edit.about.is_some()),
        ("number", edit.number.is_some()),
        ("speaker", edit.speaker_id.is_some()),
        ("publish_at", edit.publish_at.is_some()),
        ("series", edit.series_id.is_some()),
        ("withdrawn", edit.withdrawn.is_some()),
    ];
    let mut detail = json!({ "fields": named(&fields) });
    if let Some(publish_at) = edit.publish_at {
        detail["publish_at"] = json!(publish_at);
    }
    if let Some(withdrawn) = edit.withdrawn {
        detail["withdrawn"] = json!(withdrawn);
    }
    on_episode(id, "episode.edit", actor_id, at, &detail)
}

fn named(fields: &[(&'static str, bool)]) -> Vec<&'static str> {
    fields.iter().filter(|(_, changed)| *changed).map(|(name, _)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_what_was_changed_and_since_when_it_is_published() {
        let [episode, actor] = [1, 2].map(Uuid::from_u128);
        let edit =
            EpisodeEdit { title: Some("开篇".to_owned()), publish_at: Some(Some(9)), ..Default::default() };
        let line = edit_episode(episode, &edit, actor, 50);
        assert_eq!((line.subject_kind.as_str(), line.subject_id), ("episode", episode));
        assert_eq!(line.detail, r#"{"fields":["title","publish_at"],"publish_at":9}"#);
    }
}
