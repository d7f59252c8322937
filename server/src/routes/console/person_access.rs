//! Whether a person may sign in, and a new first password for those who lost theirs. A password leaves the
//! server once, to be printed on a slip; with the slip's code the phone fills in the form by itself. The code
//! has the password behind the `#` of an address: browsers send that part to nobody, so that no log and no
//! chat preview sees it.

use axum::{Json, extract::State, http::HeaderMap};
use qrcode::EcLevel;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yunke_store::{NewPassword, PersonRecord};

use super::{
    person_problems::{not_yourself, outcome},
    roster::RosterRow,
};
use crate::{
    auth::{self, PersonScope, Viewer},
    percent::percent,
    problem::{ApiResult, Problem},
    qr::{self, QrDrawing},
    routes::{account::password_problem, extract::Body, origin::shared_origin},
    state::AppState,
};

/// A slip to hand over: how a person signs in for the first time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FirstPassword {
    person: RosterRow,
    /// The whole number, for the slip; null without one.
    phone: Option<String>,
    /// Shown now and never again.
    password: String,
    /// Where one signs in.
    sign_in_url: String,
    /// The same with number and password filled in; a secret like the password.
    link: String,
    /// `link` as a QR code.
    code: Option<QrDrawing>,
    /// Only this machine can open the addresses: the server does not know by which name others reach it.
    here_only: bool,
}

/// A generated password and its hash.
pub(super) struct Made {
    pub(super) hash: String,
    password: String,
}

/// Generates a first password.
pub(super) async fn first_password(app: &AppState) -> ApiResult<Made> {
    let password = auth::first_password(app.source.bytes());
    let hash =
        app.auth.passwords.hash(password.clone(), app.source.bytes()).await.map_err(password_problem)?;
    Ok(Made { hash, password })
}

impl Made {
    pub(super) fn slip(
        self,
        app: &AppState,
        headers: &HeaderMap,
        viewer: &Viewer,
        person: &PersonRecord,
    ) -> FirstPassword {
        let (origin, here_only) = shared_origin(headers, &app.config);
        let sign_in_url = format!("{origin}/sign-in");
        // By the number, or by the 成员编号 of who has none. An unescaped plus would be read as a space.
        let by = person.phone.as_deref().or(person.member_no.as_deref()).unwrap_or_default();
        let link = format!("{sign_in_url}#phone={}&first={}", percent(by), self.password);
        FirstPassword {
            person: RosterRow::new(person, viewer),
            phone: person.phone.clone(),
            password: self.password,
            code: qr::draw(&link, EcLevel::M),
            sign_in_url,
            link,
            here_only,
        }
    }
}

/// Whether.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Disabled {
    disabled: bool,
}

/// Disables a person, who is signed out everywhere at once, or enables one again. What they learned stays.
#[utoipa::path(put, path = "/api/console/people/{person_id}/disabled", tag = "console",
    params(("person_id" = Uuid, Path)), request_body = Disabled,
    responses((status = OK, body = RosterRow), (status = UNPROCESSABLE_ENTITY, description = "not_yourself")))]
pub(super) async fn set_disabled(
    State(app): State<AppState>,
    viewer: Viewer,
    PersonScope(person): PersonScope,
    Body(body): Body<Disabled>,
) -> ApiResult<Json<RosterRow>> {
    if person.id == viewer.user.id {
        return Err(not_yourself("disabled"));
    }
    let now = app.source.now();
    outcome(app.store.set_disabled(person.id, body.disabled, viewer.user.id, now).await)?;
    if body.disabled {
        app.sockets.sign_out_person(person.id);
        app.media.orders_changed();
    }
    let person = app.store.person(person.id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(RosterRow::new(&person, &viewer)))
}

/// Replaces a person's password by a first one; they are signed out everywhere.
#[utoipa::path(post, path = "/api/console/people/{person_id}/password", tag = "console",
    params(("person_id" = Uuid, Path)),
    responses((status = OK, body = FirstPassword), (status = UNPROCESSABLE_ENTITY, description = "not_yourself")))]
pub(super) async fn reset_password(
    State(app): State<AppState>,
    viewer: Viewer,
    PersonScope(person): PersonScope,
    headers: HeaderMap,
) -> ApiResult<Json<FirstPassword>> {
    if person.id == viewer.user.id {
        return Err(not_yourself("password"));
    }
    let made = first_password(&app).await?;
    let password = NewPassword {
        user_id: person.id,
        hash: made.hash.clone(),
        first: true,
        keep_session: None,
        actor_id: viewer.user.id,
        at: app.source.now(),
    };
    outcome(app.store.replace_password(password).await)?;
    app.sockets.sign_out_person(person.id);
    app.media.orders_changed();
    let person = app.store.person(person.id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(made.slip(&app, &headers, &viewer, &person)))
}
