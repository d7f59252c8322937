//! `/api/console/rules…`: credit rules. All organizers read them and choose one for what they plan; only those of the whole centre
//! change them, since a rule is everybody's. What is planned or was held keeps its version, whatever is done here.

mod change;
mod preview;
mod read;
mod view;

use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    problem::{ApiResult, Problem},
    state::AppState,
};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(read::list, change::add))
        .routes(routes!(read::rule))
        .routes(routes!(read::lessons))
        .routes(routes!(change::add_version))
        .routes(routes!(change::activate))
        .routes(routes!(change::make_default))
        .routes(routes!(change::retire))
        .routes(routes!(preview::begin))
        .routes(routes!(preview::preview, preview::forget))
        .routes(routes!(preview::people))
}

/// Whether a rule can be chosen, if one is named.
pub(super) async fn check_rule(app: &AppState, id: Option<Uuid>) -> ApiResult<()> {
    let Some(id) = id else { return Ok(()) };
    let standing = app.store.rule_standing(Some(id)).await?;
    standing.and_then(|standing| standing.choosable()).map(drop).ok_or_else(rule_unknown)
}

pub(super) fn rule_unknown() -> Problem {
    Problem::field("rule_id", "rule_unknown", "There is no such rule to choose. Load the page again.")
}
