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
use yunke_store::{NewGrant, NewUser, PersonEdit, PersonRecord, Role, UnitKind};

use super::{
    person_access::{FirstPassword, first_password},
    person_problems::{not_yourself, outcome},
    roster::RosterRow,
    units::open_unit,
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
    /// When it ends by itself; without: never.
    until_at: Option<i64>,
}

/// A person to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonRequest {
    #[schema(max_length = 100)]
    name: String,
    /// What they sign in with; others may have the same. Who has none signs in by the 成员编号.
    phone: Option<String>,
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
    /// The `revision` of the record that was changed: if it has changed since, nothing happens.
    revision: Option<i64>,
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    phone: Option<Option<String>>,
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
    /// The whole number, for whoever may change it.
    phone: Option<String>,
}

impl PersonView {
    fn new(person: &PersonRecord, viewer: &Viewer) -> Self {
        let phone = person.phone.clone().filter(|_| viewer.answers_for(person));
        Self { row: RosterRow::new(person, viewer), phone }
    }
}

/// Adds a person and gives back the first password, once.
#[utoipa::path(post, path = "/api/console/people", tag = "console", request_body = PersonRequest,
    responses((status = CREATED, body = FirstPassword), (status = UNPROCESSABLE_ENTITY, description =
        "text_empty, text_too_long, text_characters, phone_invalid, sign_in_missing, person_known, member_no_taken, \
         unit_unknown, branch_wanted, person_nowhere, role_not_yours, role_ended, role_longer")))]
pub(super) async fn add(
    State(app): State<AppState>,
    viewer: Viewer,
    headers: HeaderMap,
    Body(body): Body<PersonRequest>,
) -> ApiResult<(StatusCode, Json<FirstPassword>)> {
    let name = text::name("name", &body.name)?;
    let phone = phone(body.phone)?;
    let member_no = member_no(body.member_no)?;
    if phone.is_none() && member_no.is_none() {
        return Err(no_sign_in());
    }
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
    Json(PersonView::new(&person, &viewer))
}

/// Changes a person. Another branch counts from now on: what was stays with the old one.
#[utoipa::path(patch, path = "/api/console/people/{person_id}", tag = "console",
    params(("person_id" = Uuid, Path)), request_body = PersonEditRequest,
    responses((status = OK, body = PersonView), (status = UNPROCESSABLE_ENTITY, description =
        "as when adding, and not_yourself: nobody changes their own roles"),
        (status = CONFLICT, description = "changed_meanwhile")))]
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
    let own: HashSet<NewGrant> = person
        .roles
        .iter()
        .map(|grant| NewGrant { role: grant.role, unit_id: grant.unit.id, until_at: grant.until_at })
        .collect();
    let roles = roles.filter(|wanted| wanted.iter().copied().collect::<HashSet<_>>() != own);
    if roles.is_some() && person.id == viewer.user.id {
        return Err(not_yourself("roles"));
    }
    // The branch they are in may be closed meanwhile: it is no reason to refuse another name.
    let here = person.branch.as_ref().map(|branch| branch.id);
    if let Some(Some(branch)) = body.branch_id.filter(|branch| *branch != here) {
        check_branch(&app, &viewer, branch).await?;
    }
    let branch = body.branch_id.unwrap_or(person.branch.as_ref().map(|branch| branch.id));
    if branch.is_none() && roles.as_ref().map_or(own.is_empty(), Vec::is_empty) {
        return Err(nowhere());
    }
    let edit = PersonEdit {
        name: body.name.map(|name| text::name("name", &name)).transpose()?,
        phone: body.phone.map(phone).transpose()?,
        base: body.revision,
        member_no: body.member_no.map(member_no).transpose()?,
        branch_id: body.branch_id,
        roles,
    };
    let phone = edit.phone.as_ref().unwrap_or(&person.phone);
    if phone.is_none() && edit.member_no.as_ref().unwrap_or(&person.member_no).is_none() {
        return Err(no_sign_in());
    }
    outcome(app.store.edit_person(person.id, edit, viewer.user.id, app.source.now()).await)?;
    let changed = app.store.person(person.id).await?.ok_or_else(Problem::not_found)?;
    if changed.phone != person.phone {
        // The store has ended the sessions.
        app.sockets.sign_out_person(person.id);
        app.media.orders_changed();
    }
    Ok(Json(PersonView::new(&changed, &viewer)))
}

fn nowhere() -> Problem {
    Problem::field("branch_id", "person_nowhere", "Give the person a branch, or a role for a unit.")
}

fn no_sign_in() -> Problem {
    let sentence = "Give a phone number, or a member number to sign in with.";
    Problem::field("phone", "sign_in_missing", sentence)
}

/// What was typed as a number; nothing is none.
fn phone(typed: Option<String>) -> ApiResult<Option<String>> {
    let Some(typed) = typed.filter(|typed| !typed::trimmed(typed).is_empty()) else { return Ok(None) };
    let sentence = "Give a mobile number of 11 digits, or one with + and its country.";
    parse_phone(&typed).map(Some).ok_or_else(|| Problem::field("phone", "phone_invalid", sentence))
}

fn member_no(typed: Option<String>) -> ApiResult<Option<String>> {
    let number = typed.map(|typed| typed::number(&typed)).filter(|number| !number.is_empty());
    number.map(|number| text::name("member_no", &number)).transpose()
}

/// Roles to give. Only an owner makes owners, of the whole centre; and nobody gives a role that outlasts their own.
async fn roles(app: &AppState, viewer: &Viewer, wanted: Vec<RoleRequest>) -> ApiResult<Vec<NewGrant>> {
    if wanted.len() > ROLES {
        return Err(Problem::field("roles", "roles_too_many", "Choose a larger unit instead of so many."));
    }
    let now = app.source.now();
    let mut roles: Vec<NewGrant> = Vec::new();
    for RoleRequest { role, unit_id, until_at } in wanted {
        let unit = app.store.unit(unit_id).await?.filter(|unit| viewer.organizes(&unit.path));
        let Some(unit) = unit else { return Err(unit_unknown("roles")) };
        if role == Role::Owner && !(viewer.has(Role::Owner) && unit.kind == UnitKind::Centre) {
            let sentence = "Only an owner names another owner, and only of the whole centre.";
            return Err(Problem::field("roles", "role_not_yours", sentence));
        }
        if until_at.is_some_and(|until| until <= now) {
            return Err(Problem::field("roles", "role_ended", "This end is in the past."));
        }
        if viewer.organizes_until(&unit.path).is_some_and(|own| until_at.is_none_or(|until| until > own)) {
            let sentence = "Your own role ends before this one would. Give it an end that is not later.";
            return Err(Problem::field("roles", "role_longer", sentence));
        }
        if !roles.iter().any(|given| given.role == role && given.unit_id == unit_id) {
            roles.push(NewGrant { role, unit_id, until_at });
        }
    }
    Ok(roles)
}

async fn check_branch(app: &AppState, viewer: &Viewer, id: Uuid) -> ApiResult<()> {
    if open_unit(app, viewer, "branch_id", id).await?.kind == UnitKind::Branch {
        return Ok(());
    }
    Err(Problem::field("branch_id", "branch_wanted", "Members belong to a branch."))
}

fn unit_unknown(field: &str) -> Problem {
    Problem::field(field, "unit_unknown", "This unit is not in your part of the tree.")
}
