//! One person of the roster: added, seen and changed by whoever answers for them.

use std::collections::HashSet;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{NewUser, PersonEdit, Role, UnitKind};

use super::{
    person_access::{FirstPassword, first_password},
    person_problems::{not_yourself, outcome},
    roster::RosterRow,
};
use crate::{
    auth::{PersonScope, Viewer, parse_phone},
    problem::{ApiResult, Problem},
    routes::{
        extract::{Body, given},
        text,
    },
    state::AppState,
    typed,
};

/// Roles a person can have at most; the tree is deeper than this nowhere.
const ROLES: usize = 20;

/// A role to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleRequest {
    role: Role,
    /// For this unit and everything inside it.
    unit_id: Uuid,
}

/// A person to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonRequest {
    #[schema(max_length = 100)]
    name: String,
    /// What they sign in with.
    phone: String,
    /// The branch they are a member of.
    branch_id: Option<Uuid>,
    /// 成员编号.
    #[schema(max_length = 100)]
    member_no: Option<String>,
    #[serde(default)]
    roles: Vec<RoleRequest>,
}

/// What to change; what is missing stays, what is null goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "missing and null differ (RFC 7396)")]
pub(super) struct PersonEditRequest {
    name: Option<String>,
    phone: Option<String>,
    #[serde(default, deserialize_with = "given")]
    branch_id: Option<Option<Uuid>>,
    #[serde(default, deserialize_with = "given")]
    member_no: Option<Option<String>>,
    /// All roles, in place of those there are.
    roles: Option<Vec<RoleRequest>>,
}

/// A person with everything their organizer keeps of them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonView {
    #[serde(flatten)]
    row: RosterRow,
    /// The whole number.
    phone: String,
}

/// Adds a person and gives back the first password, once.
#[utoipa::path(post, path = "/api/console/people", tag = "console", request_body = PersonRequest,
    responses((status = CREATED, body = FirstPassword), (status = UNPROCESSABLE_ENTITY, description =
        "text_empty, text_too_long, text_characters, phone_invalid, phone_taken, unit_unknown, branch_wanted, \
         person_nowhere")))]
pub(super) async fn add(
    State(app): State<AppState>,
    viewer: Viewer,
    headers: HeaderMap,
    Body(body): Body<PersonRequest>,
) -> ApiResult<(StatusCode, Json<FirstPassword>)> {
    let name = text::name("name", &body.name)?;
    let phone = phone("phone", &body.phone)?;
    let member_no = member_no(body.member_no)?;
    let roles = roles(&app, &viewer, body.roles).await?;
    if let Some(branch) = body.branch_id {
        check_branch(&app, &viewer, branch).await?;
    }
    if body.branch_id.is_none() && roles.is_empty() {
        return Err(nowhere());
    }
    let made = first_password(&app).await?;
    let id = app.source.id();
    let person = NewUser {
        id,
        name,
        phone,
        password_hash: Some(made.hash.clone()),
        first_password: true,
        branch_id: body.branch_id,
        member_no,
        roles,
        at: app.source.now(),
    };
    outcome(app.store.add_person(person, viewer.user.id).await)?;
    let person = app.store.person(id).await?.ok_or_else(Problem::not_found)?;
    Ok((StatusCode::CREATED, Json(made.slip(&app, &headers, &viewer, &person))))
}

/// One person.
#[utoipa::path(get, path = "/api/console/people/{person_id}", tag = "console", params(("person_id" = Uuid, Path)),
    responses((status = OK, body = PersonView)))]
pub(super) async fn person(viewer: Viewer, PersonScope(person): PersonScope) -> Json<PersonView> {
    Json(PersonView { row: RosterRow::new(&person, &viewer), phone: person.phone.clone() })
}

/// Changes a person. Another branch counts from now on: what was stays with the old one.
#[utoipa::path(patch, path = "/api/console/people/{person_id}", tag = "console",
    params(("person_id" = Uuid, Path)), request_body = PersonEditRequest,
    responses((status = OK, body = PersonView), (status = UNPROCESSABLE_ENTITY, description =
        "as when adding, and not_yourself: nobody changes their own roles")))]
pub(super) async fn edit(
    State(app): State<AppState>,
    viewer: Viewer,
    PersonScope(person): PersonScope,
    Body(body): Body<PersonEditRequest>,
) -> ApiResult<Json<PersonView>> {
    let roles = match body.roles {
        Some(wanted) => Some(roles(&app, &viewer, wanted).await?),
        None => None,
    };
    let own: HashSet<(Role, Uuid)> = person.roles.iter().map(|grant| (grant.role, grant.unit.id)).collect();
    let roles = roles.filter(|wanted| wanted.iter().copied().collect::<HashSet<_>>() != own);
    if roles.is_some() && person.id == viewer.user.id {
        return Err(not_yourself("roles"));
    }
    if let Some(Some(branch)) = body.branch_id {
        check_branch(&app, &viewer, branch).await?;
    }
    let branch = body.branch_id.unwrap_or(person.branch.as_ref().map(|branch| branch.id));
    if branch.is_none() && roles.as_ref().map_or(own.is_empty(), Vec::is_empty) {
        return Err(nowhere());
    }
    let edit = PersonEdit {
        name: body.name.map(|name| text::name("name", &name)).transpose()?,
        phone: body.phone.map(|typed| phone("phone", &typed)).transpose()?,
        member_no: body.member_no.map(member_no).transpose()?,
        branch_id: body.branch_id,
        roles,
    };
    outcome(app.store.edit_person(person.id, edit, viewer.user.id, app.source.now()).await)?;
    let changed = app.store.person(person.id).await?.ok_or_else(Problem::not_found)?;
    if changed.phone != person.phone {
        // The store has ended the sessions.
        app.sockets.sign_out_person(person.id);
        app.media.orders_changed();
    }
    Ok(Json(PersonView { row: RosterRow::new(&changed, &viewer), phone: changed.phone }))
}

fn nowhere() -> Problem {
    Problem::field("branch_id", "person_nowhere", "Give the person a branch, or a role for a unit.")
}

fn phone(field: &str, typed: &str) -> ApiResult<String> {
    let sentence = "Give a mobile number of 11 digits, or one with + and its country.";
    parse_phone(typed).ok_or_else(|| Problem::field(field, "phone_invalid", sentence))
}

fn member_no(typed: Option<String>) -> ApiResult<Option<String>> {
    let number = typed.map(|typed| typed::number(&typed)).filter(|number| !number.is_empty());
    number.map(|number| text::name("member_no", &number)).transpose()
}

async fn roles(app: &AppState, viewer: &Viewer, wanted: Vec<RoleRequest>) -> ApiResult<Vec<(Role, Uuid)>> {
    if wanted.len() > ROLES {
        return Err(Problem::field("roles", "roles_too_many", "Choose a larger unit instead of so many."));
    }
    let mut roles: Vec<(Role, Uuid)> = Vec::new();
    for RoleRequest { role, unit_id } in wanted {
        let unit = app.store.unit(unit_id).await?.filter(|unit| viewer.organizes(&unit.path));
        if unit.is_none() {
            return Err(unit_unknown("roles"));
        }
        if !roles.contains(&(role, unit_id)) {
            roles.push((role, unit_id));
        }
    }
    Ok(roles)
}

async fn check_branch(app: &AppState, viewer: &Viewer, id: Uuid) -> ApiResult<()> {
    match app.store.unit(id).await?.filter(|unit| viewer.organizes(&unit.path)) {
        None => Err(unit_unknown("branch_id")),
        Some(unit) if unit.kind != UnitKind::Branch => {
            Err(Problem::field("branch_id", "branch_wanted", "Members belong to a branch."))
        }
        Some(_) => Ok(()),
    }
}

fn unit_unknown(field: &str) -> Problem {
    Problem::field(field, "unit_unknown", "This unit is not in your part of the tree.")
}
