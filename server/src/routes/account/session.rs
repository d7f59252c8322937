//! Signing in and out. A wrong password and an unknown phone number get the same answer and take the same
//! time.

use std::collections::HashSet;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{Credentials, SignInName};

use super::me::Me;
use crate::{
    auth::{
        Admitted, Attempt, PasswordError, Viewer, cookie_token, device_cookie, expired_cookie, hash_token,
        known_device, new_session, parse_phone, session_cookie,
    },
    problem::{ApiResult, Problem},
    routes::{client_ip::ClientIp, extract::Body},
    state::AppState,
    typed,
};

/// Longest password that is checked, in bytes; longer ones are simply wrong.
pub(super) const PASSWORD_BYTES: usize = 512;

/// A phone number or a 成员编号, and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    /// As typed or pasted; spaces, dashes, invisible marks, full-width digits, +86 and 0086 do not matter. Or the 成员编号.
    #[schema(example = "13800001111")]
    phone: String,
    password: String,
    /// Who of those who share the number and, by chance, the password: after `which_person`.
    person_id: Option<Uuid>,
}

/// Longest 成员编号 that is looked up, in characters.
const NUMBER_CHARS: usize = 100;

/// What was typed, as it is stored; `None`: nobody can have such a name.
fn sign_in_name(typed: &str) -> Option<SignInName> {
    let phone = parse_phone(typed);
    let number = typed::number(typed);
    let member_no = Some(number).filter(|number| (1..=NUMBER_CHARS).contains(&number.chars().count()));
    (phone.is_some() || member_no.is_some()).then_some(SignInName { phone, member_no })
}

/// Signs in: sets the session cookie, and the one by which this browser is known when somebody signs in here again.
#[utoipa::path(post, path = "/api/session", tag = "account", request_body = SignIn,
    responses((status = OK, body = Me), (status = UNAUTHORIZED, description = "wrong_credentials"),
              (status = CONFLICT, description =
                "which_person: the password is that of several who share the number; `people` has their ids and names"),
              (status = TOO_MANY_REQUESTS, description = "too_many_attempts")))]
pub(super) async fn sign_in(
    State(app): State<AppState>,
    ClientIp(ip): ClientIp,
    headers: HeaderMap,
    Body(body): Body<SignIn>,
) -> ApiResult<Response> {
    // A typing mistake is counted by itself, so that it keeps nobody waiting.
    let name = sign_in_name(&body.phone).ok_or_else(wrong)?;
    let mut known = app.store.credentials(&name).await?;
    if let Some(id) = body.person_id {
        known.retain(|person| person.user_id == id);
    }
    let phone = name.phone.or(name.member_no).unwrap_or_default();
    let device = known_device(&headers, &app.auth.device_key, &app.source);
    let known_as = device.and_then(|device| {
        let known = known.iter().find(|person| device.knows(person.user_id))?;
        Some((device.id, known.user_id))
    });
    let attempt = Attempt { phone: &phone, line: ip, known: known_as };
    let admitted = app.auth.tries.begin(attempt, app.source.uptime()).map_err(too_many)?;
    if !admitted.hold.is_zero() {
        tokio::time::sleep(admitted.hold).await;
    }
    let password = if body.password.len() <= PASSWORD_BYTES { body.password } else { String::new() };
    let meant = whose(&app, admitted, &password, known).await.inspect_err(|_| {
        app.auth.tries.undo(attempt, admitted);
    })?;
    if meant.is_empty() {
        return Err(wrong());
    }
    app.auth.tries.right(attempt, admitted);
    match &meant[..] {
        [one] => signed_in(&app, &headers, one.user_id).await,
        several => Err(which(several)),
    }
}

/// Those whose password it is. Several people may share a number, and have had the same idea for a password. A number that
/// nobody has takes as long as one that somebody has.
async fn whose(
    app: &AppState,
    admitted: Admitted,
    password: &str,
    known: Vec<Credentials>,
) -> ApiResult<Vec<Credentials>> {
    if known.is_empty() {
        is_password(app, admitted, password.to_owned(), None).await?;
    }
    let mut meant = Vec::new();
    for person in known {
        if is_password(app, admitted, password.to_owned(), person.password_hash.clone()).await? {
            meant.push(person);
        }
    }
    Ok(meant)
}

/// 409: asks who. Only to somebody who knows the password of all of them.
fn which(people: &[Credentials]) -> Problem {
    let people: Vec<_> = people.iter().map(|one| json!({ "id": one.user_id, "name": one.name })).collect();
    Problem::conflict("which_person", "Several people share this number. Say which of them you are.")
        .with("people", people)
}

fn wrong() -> Problem {
    tracing::info!("wrong password or unknown phone");
    Problem::new(StatusCode::UNAUTHORIZED, "wrong_credentials", "The phone number or the password is wrong.")
}

/// Checks it as it was typed; failing that, without spaces and invisible marks around it, which come along
/// when copying. Inside nothing is changed. An unknown phone number takes as many checks, so the time reveals
/// nothing.
async fn is_password(
    app: &AppState,
    admitted: Admitted,
    typed: String,
    hash: Option<String>,
) -> ApiResult<bool> {
    let meant = typed::trimmed(&typed);
    let meant = (meant.len() < typed.len()).then(|| meant.to_owned());
    let verify = |password, hash| app.auth.passwords.verify_in(admitted.lane, admitted.slow, password, hash);
    if verify(typed, hash.clone()).await.map_err(password_problem)? {
        return Ok(true);
    }
    match meant {
        Some(meant) => verify(meant, hash).await.map_err(password_problem),
        None => Ok(false),
    }
}

/// 429: too many attempts.
pub(super) fn too_many(wait_ms: i64) -> Problem {
    let seconds = u64::try_from(wait_ms.div_euclid(1000) + 1).unwrap_or(1);
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_attempts",
        format!(
            "Too many wrong passwords for this number. Try again in {seconds} seconds; a browser that was signed in here \
             before does not have to wait."
        ),
    )
    .retry_after(seconds)
}

/// A password that could not be checked.
pub(in crate::routes) fn password_problem(error: PasswordError) -> Problem {
    match error {
        PasswordError::Busy => {
            Problem::unavailable("busy", "Many people are signing in. Try again in a moment.", 2)
        }
        other => Problem::internal(other),
    }
}

/// Opens a session for a person and answers with who they are.
pub(super) async fn signed_in(app: &AppState, headers: &HeaderMap, user_id: Uuid) -> ApiResult<Response> {
    // A browser has one session: a new one ends the old.
    if let Some(old) = cookie_token(headers) {
        app.store.close_session(&hash_token(old)).await?;
    }
    let user = app.store.user(user_id, app.source.now()).await?.ok_or_else(Problem::sign_in_required)?;
    let (session, token) = new_session(&app.source, &app.config, user_id);
    app.store.open_session(session).await?;
    let cookies = [
        session_cookie(&token, headers, &app.config),
        device_cookie(user_id, headers, &app.auth.device_key, &app.source, &app.config),
    ];
    let cookies = AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok((cookies, Json(Me::from(&user))).into_response())
}

/// Signs out this browser; without a session nothing happens.
#[utoipa::path(delete, path = "/api/session", tag = "account", responses((status = NO_CONTENT)))]
pub(super) async fn sign_out(
    State(app): State<AppState>,
    viewer: Option<Viewer>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    if let Some(viewer) = viewer {
        app.store.close_session(&viewer.token_hash).await?;
        app.sockets.sign_out(&HashSet::from([viewer.token_hash]));
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, expired_cookie(&headers, &app.config))])
        .into_response())
}

/// Signs out all browsers of this person.
#[utoipa::path(delete, path = "/api/sessions", tag = "account", responses((status = NO_CONTENT)))]
pub(super) async fn sign_out_everywhere(
    State(app): State<AppState>,
    viewer: Viewer,
    headers: HeaderMap,
) -> ApiResult<Response> {
    app.store.close_sessions(viewer.user.id, app.source.now()).await?;
    app.media.orders_changed();
    app.sockets.sign_out_person(viewer.user.id);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, expired_cookie(&headers, &app.config))])
        .into_response())
}
