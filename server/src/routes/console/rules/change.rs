//! Rules, changed: by organizers of the whole centre. Whoever did not see what others did meanwhile is told, and nothing is
//! written.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{ChangeRule, NewRuleVersion, RuleChange, RuleOutcome};

use super::{
    read::answer,
    view::{RuleDetail, RuleSettings},
};
use crate::{
    auth::Viewer,
    problem::{ApiResult, Problem},
    routes::{
        extract::{Body, Path},
        text,
    },
    state::AppState,
};

/// A rule to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleRequest {
    settings: RuleSettings,
    /// What it is for; at most 100 characters.
    #[serde(default)]
    #[schema(max_length = 100)]
    note: String,
}

/// A version to add to a rule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleVersionRequest {
    settings: RuleSettings,
    /// Why; at most 100 characters.
    #[serde(default)]
    #[schema(max_length = 100)]
    note: String,
    /// The revision of the rule the editor began with.
    revision: i64,
}

/// A version to activate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleActiveRequest {
    version: i64,
    /// The revision of the rule that was seen.
    revision: i64,
}

/// A rule to make the default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleDefaultRequest {
    /// The revision of the rule that was seen.
    revision: i64,
}

/// A rule to retire or to bring back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleRetiredRequest {
    retired: bool,
    /// The revision of the rule that was seen.
    revision: i64,
}

/// Adds a rule. Its first version is not active: nothing can be planned with it yet.
#[utoipa::path(post, path = "/api/console/rules", tag = "console", request_body = RuleRequest,
    responses((status = CREATED, body = RuleDetail), (status = CONFLICT, description = "rules_full"),
              (status = UNPROCESSABLE_ENTITY, description =
                  "text_empty, text_too_long, text_characters, figure_outside, half_above_full, hours_descend")))]
pub(super) async fn add(
    State(app): State<AppState>,
    viewer: Viewer,
    Body(body): Body<RuleRequest>,
) -> ApiResult<(StatusCode, Json<RuleDetail>)> {
    let new = NewRuleVersion {
        rule_id: app.source.id(),
        seen: None,
        draft: body.settings.draft()?,
        note: text::reason("note", &body.note)?,
        actor_id: viewer.user.id,
        at: app.source.now(),
    };
    let id = new.rule_id;
    done(app.store.add_rule_version(new).await?)?;
    Ok((StatusCode::CREATED, answer(&app, &viewer, id).await?))
}

/// Adds a version to a rule. It is not active yet, and no version is ever changed.
#[utoipa::path(post, path = "/api/console/rules/{rule_id}/versions", tag = "console", params(("rule_id" = Uuid, Path)),
    request_body = RuleVersionRequest,
    responses((status = CREATED, body = RuleDetail),
              (status = CONFLICT, description = "rule_changed: somebody else changed it meanwhile; rule_same, rules_full"),
              (status = UNPROCESSABLE_ENTITY, description =
                  "text_empty, text_too_long, text_characters, figure_outside, half_above_full, hours_descend")))]
pub(super) async fn add_version(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Body(body): Body<RuleVersionRequest>,
) -> ApiResult<(StatusCode, Json<RuleDetail>)> {
    let new = NewRuleVersion {
        rule_id: id,
        seen: Some(body.revision),
        draft: body.settings.draft()?,
        note: text::reason("note", &body.note)?,
        actor_id: viewer.user.id,
        at: app.source.now(),
    };
    done(app.store.add_rule_version(new).await?)?;
    Ok((StatusCode::CREATED, answer(&app, &viewer, id).await?))
}

/// Activates a version: what is planned from now on takes it. What is planned already or was held keeps its own.
#[utoipa::path(put, path = "/api/console/rules/{rule_id}/active", tag = "console", params(("rule_id" = Uuid, Path)),
    request_body = RuleActiveRequest,
    responses((status = OK, body = RuleDetail), (status = CONFLICT, description = "rule_changed, rule_retired"),
              (status = UNPROCESSABLE_ENTITY, description = "version_unknown")))]
pub(super) async fn activate(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Body(body): Body<RuleActiveRequest>,
) -> ApiResult<Json<RuleDetail>> {
    change(&app, &viewer, id, body.revision, RuleChange::Activate(body.version)).await
}

/// Makes a rule the one of whatever is planned without choosing one.
#[utoipa::path(put, path = "/api/console/rules/{rule_id}/default", tag = "console", params(("rule_id" = Uuid, Path)),
    request_body = RuleDefaultRequest,
    responses((status = OK, body = RuleDetail), (status = CONFLICT, description = "rule_changed, rule_retired, rule_inactive")))]
pub(super) async fn make_default(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Body(body): Body<RuleDefaultRequest>,
) -> ApiResult<Json<RuleDetail>> {
    change(&app, &viewer, id, body.revision, RuleChange::MakeDefault).await
}

/// Retires a rule, or brings it back. What has it keeps it.
#[utoipa::path(put, path = "/api/console/rules/{rule_id}/retired", tag = "console", params(("rule_id" = Uuid, Path)),
    request_body = RuleRetiredRequest,
    responses((status = OK, body = RuleDetail), (status = CONFLICT, description = "rule_changed, rule_is_default")))]
pub(super) async fn retire(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Body(body): Body<RuleRetiredRequest>,
) -> ApiResult<Json<RuleDetail>> {
    change(&app, &viewer, id, body.revision, RuleChange::Retire(body.retired)).await
}

async fn change(
    app: &AppState,
    viewer: &Viewer,
    rule_id: Uuid,
    seen: i64,
    change: RuleChange,
) -> ApiResult<Json<RuleDetail>> {
    let asked = ChangeRule { rule_id, seen, change, actor_id: viewer.user.id, at: app.source.now() };
    done(app.store.change_rule(asked).await?)?;
    answer(app, viewer, rule_id).await
}

fn done(outcome: RuleOutcome) -> ApiResult<()> {
    Err(match outcome {
        RuleOutcome::Done | RuleOutcome::Already => return Ok(()),
        RuleOutcome::NotFound => Problem::not_found(),
        RuleOutcome::NoSuchVersion => {
            Problem::field("version", "version_unknown", "The rule has no such version.")
        }
        RuleOutcome::Changed => Problem::conflict(
            "rule_changed",
            "Somebody else changed this rule meanwhile. Look at what it is now, and try again.",
        ),
        RuleOutcome::Same => Problem::conflict("rule_same", "The figures are those of the version before."),
        RuleOutcome::TooMany => Problem::conflict(
            "rules_full",
            "There are as many rules, or versions of this one, as there can be.",
        ),
        RuleOutcome::IsDefault => Problem::conflict(
            "rule_is_default",
            "This is the default rule. Make another one the default first.",
        ),
        RuleOutcome::Retired => {
            Problem::conflict("rule_retired", "This rule is retired. Bring it back first.")
        }
        RuleOutcome::NeverActivated => {
            Problem::conflict("rule_inactive", "No version of this rule was activated yet.")
        }
    })
}
