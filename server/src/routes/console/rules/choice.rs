//! Whether a rule can be chosen.

use uuid::Uuid;

use crate::{
    problem::{ApiResult, Problem},
    state::AppState,
};

/// Whether a rule can be chosen, if one is named.
pub(in crate::routes::console) async fn check_rule(app: &AppState, id: Option<Uuid>) -> ApiResult<()> {
    let Some(id) = id else { return Ok(()) };
    let standing = app.store.rule_standing(Some(id)).await?;
    standing.and_then(|standing| standing.choosable()).map(drop).ok_or_else(rule_unknown)
}

pub(in crate::routes::console) fn rule_unknown() -> Problem {
    Problem::field("rule_id", "rule_unknown", "There is no such rule to choose. Load the page again.")
}
