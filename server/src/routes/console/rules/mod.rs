//! `/api/console/rules…`: credit rules. All organizers read them and choose one for what they plan; only those of the whole centre
//! change them, since a rule is everybody's. What is planned or was held keeps its version, whatever is done here.

mod change;
mod choice;
mod preview;
mod read;
mod view;

pub(super) use choice::{check_rule, rule_unknown};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

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
