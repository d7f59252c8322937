//! The first run: the centre and its organizer, created once with the link from the log.

use axum::{Json, extract::State, http::HeaderMap, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yunke_store::{NewUser, Setup, SetupOutcome};

use super::{
    new_password,
    session::{password_problem, signed_in},
};
use crate::{
    auth::parse_phone,
    problem::{ApiResult, Problem},
    routes::{extract::Body, text},
    state::AppState,
    typed,
};

/// Whether this server is empty.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SetupNeeded {
    needed: bool,
}

/// The first centre and its organizer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FirstRun {
    /// From the link in the log.
    token: String,
    #[schema(max_length = 100)]
    centre_name: String,
    #[schema(max_length = 100)]
    organizer_name: String,
    phone: String,
    #[schema(min_length = 8, max_length = 128)]
    password: String,
}

/// Whether this server is empty and waits for its first centre.
#[utoipa::path(get, path = "/api/setup", tag = "account", responses((status = OK, body = SetupNeeded)))]
pub(super) async fn needed(State(app): State<AppState>) -> ApiResult<Json<SetupNeeded>> {
    Ok(Json(SetupNeeded { needed: !app.store.is_set_up().await? }))
}

/// Makes the centre and its organizer, and signs the organizer in.
#[utoipa::path(post, path = "/api/setup", tag = "account", request_body = FirstRun,
    responses((status = OK, body = super::me::Me), (status = FORBIDDEN, description = "setup_token_wrong"),
              (status = CONFLICT, description = "setup_done")))]
pub(super) async fn set_up(
    State(app): State<AppState>,
    headers: HeaderMap,
    Body(body): Body<FirstRun>,
) -> ApiResult<Response> {
    let done = || Problem::conflict("setup_done", "This server has a centre already. Sign in.");
    if app.store.is_set_up().await? {
        return Err(done());
    }
    if !app.setup.is_right(&typed::code(&body.token)) {
        let sentence = "The link is wrong or of an earlier start. Take the newest one from the server's log.";
        return Err(Problem::forbidden("setup_token_wrong", sentence));
    }
    let centre_name = text::name("centre_name", &body.centre_name)?;
    let name = text::name("organizer_name", &body.organizer_name)?;
    let phone = parse_phone(&body.phone).ok_or_else(|| {
        Problem::field(
            "phone",
            "phone_invalid",
            "Give a mobile number of 11 digits, or one with + and its country.",
        )
    })?;
    let password = new_password::check("password", &body.password, &phone)?;
    let hash = app.auth.passwords.hash(password, app.source.bytes()).await.map_err(password_problem)?;
    let organizer = NewUser {
        id: app.source.id(),
        name,
        phone: Some(phone),
        password_hash: Some(hash),
        first_password: false,
        branch_id: None,
        member_no: None,
        roles: Vec::new(),
        at: app.source.now(),
    };
    let id = organizer.id;
    match app.store.set_up(Setup { centre_id: app.source.id(), centre_name, organizer }).await? {
        SetupOutcome::AlreadyDone => Err(done()),
        SetupOutcome::Done => {
            app.setup.close();
            tracing::info!("the centre was set up");
            signed_in(&app, &headers, id).await
        }
    }
}
