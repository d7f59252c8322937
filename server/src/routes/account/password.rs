//! `PUT /api/me/password`: changes one's own password, given the old one. Other sessions of the person end.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{NewPassword, PersonOutcome};

use super::{
    me::Me,
    new_password,
    session::{PASSWORD_BYTES, password_problem, too_many},
};
use crate::{
    auth::{Lane, Viewer},
    problem::{ApiResult, Problem},
    routes::extract::Body,
    state::AppState,
    typed,
};

/// The password there is, and the one there shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordChange {
    old: String,
    #[schema(min_length = 8, max_length = 128)]
    new: String,
}

/// Changes one's own password.
#[utoipa::path(put, path = "/api/me/password", tag = "account", request_body = PasswordChange,
    responses((status = OK, body = Me),
        (status = UNPROCESSABLE_ENTITY, description =
            "password_wrong, password_length, password_common, password_phone, password_same"),
        (status = TOO_MANY_REQUESTS, description = "too_many_attempts")))]
pub(super) async fn change(
    State(app): State<AppState>,
    viewer: Viewer,
    Body(body): Body<PasswordChange>,
) -> ApiResult<Json<Me>> {
    let user = &viewer.user;
    let new = new_password::check("new", &body.new, user.phone.as_deref().unwrap_or_default())?;
    app.auth.own_password.take(user.id, app.source.uptime()).map_err(too_many)?;
    let known = app.store.credentials_of(user.id).await?;
    let hash = known.and_then(|known| known.password_hash);
    if !is_right(&app, user.id, body.old, hash.clone()).await? {
        return Err(Problem::field("old", "password_wrong", "This is not your password."));
    }
    if is_right(&app, user.id, new.clone(), hash).await? {
        return Err(Problem::field("new", "password_same", "This is the password you have already."));
    }
    let hash = app.auth.passwords.hash(new, app.source.bytes()).await.map_err(password_problem)?;
    let password = NewPassword {
        user_id: user.id,
        hash,
        first: false,
        keep_session: Some(viewer.token_hash),
        actor_id: user.id,
        at: app.source.now(),
    };
    match app.store.replace_password(password).await? {
        PersonOutcome::Done => app.media.orders_changed(),
        _ => return Err(Problem::sign_in_required()),
    }
    let user = app.store.user(user.id, app.source.now()).await?.ok_or_else(Problem::sign_in_required)?;
    Ok(Json(Me::from(&user)))
}

/// Checks it as it was typed, and without what surrounds it. People who change their password do not queue
/// with strangers.
async fn is_right(app: &AppState, user: Uuid, typed: String, hash: Option<String>) -> ApiResult<bool> {
    let meant = typed::trimmed(&typed).to_owned();
    let tries = if meant == typed { vec![typed] } else { vec![typed, meant] };
    for password in tries {
        if password.len() > PASSWORD_BYTES {
            continue;
        }
        let verified = app.auth.passwords.verify_in(Lane::Device(user), false, password, hash.clone());
        if verified.await.map_err(password_problem)? {
            return Ok(true);
        }
    }
    Ok(false)
}
