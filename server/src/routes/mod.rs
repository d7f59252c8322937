//! All routes of the server. One endpoint per file; who may call it is in [`access`].

pub mod access;
mod account;
mod arrive;
mod client_ip;
mod console;
mod exports;
pub mod extract;
mod home;
pub mod host;
mod internal;
mod layers;
pub mod lessons;
mod library;
mod listened;
mod openapi;
pub mod origin;
mod paging;
mod records;
pub(crate) mod room;
mod studio;
pub mod system;
pub mod text;
mod to_https;
mod web;
mod year;

use std::sync::LazyLock;

use axum::{Json, Router, http::StatusCode, middleware::from_fn_with_state};
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::{Gate, authorize},
    problem::Problem,
    state::AppState,
};
pub(crate) use console::window;
pub use layers::RequestId;

/// The routes of the API, with their documents.
fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(openapi_json))
        .routes(routes!(home::home))
        .routes(routes!(records::records))
        .routes(routes!(listened::listened))
        .routes(routes!(year::my_year))
        .routes(routes!(year::my_data))
        .merge(account::routes())
        .merge(lessons::routes())
        .merge(room::routes())
        .merge(studio::routes())
        .merge(console::routes())
        .merge(library::routes())
        .merge(exports::routes())
}

/// The document of the API.
pub fn document() -> OpenApi {
    openapi::complete(api().into_openapi())
}

static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(document);

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "system", responses((status = OK, description = "OpenAPI 3.1")))]
async fn openapi_json() -> Json<&'static OpenApi> {
    Json(&DOCUMENT)
}

/// The whole router with its middleware.
pub fn router(app: &AppState) -> Router {
    let (api, _) = api().split_for_parts();
    let api = api.route_layer(from_fn_with_state(
        Gate::new(app.core.clone(), app.library.clone(), access::TABLE),
        authorize,
    ));
    let router = Router::new()
        .merge(api)
        .merge(internal::routes(app))
        .merge(system::routes())
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(web::page)
        .with_state(app.clone());
    layers::wrap(router, app)
}

async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This address knows other methods only.",
    )
}
