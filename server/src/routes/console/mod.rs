//! The organizer's side. Every list and every change must keep to the organizer's part of the tree.

mod attendance;
mod audit;
mod certificate;
mod evidence;
mod excuse;
mod imports;
mod lessons;
mod library;
mod notes;
mod people;
mod person;
mod person_access;
mod person_problems;
mod plan;
mod reports;
mod roster;
mod rules;
mod units;
mod watching;

pub(crate) use attendance::window;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(lessons::lessons, plan::plan))
        .routes(routes!(plan::edit, plan::cancel))
        .routes(routes!(units::units, units::add))
        .routes(routes!(units::edit))
        .routes(routes!(audit::audit))
        .routes(routes!(people::people, person::add))
        .routes(routes!(certificate::certificate))
        .routes(routes!(roster::roster))
        .routes(routes!(person::person, person::edit))
        .routes(routes!(person_access::set_disabled))
        .routes(routes!(person_access::reset_password))
        .routes(routes!(watching::watching))
        .routes(routes!(notes::write))
        .routes(routes!(attendance::attendance))
        .routes(routes!(evidence::member))
        .routes(routes!(excuse::excuse, excuse::take_back))
        .merge(rules::routes())
        .merge(imports::routes())
        .merge(library::routes())
        .merge(reports::routes())
}
