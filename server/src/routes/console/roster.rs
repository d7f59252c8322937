//! `GET /api/console/roster`: the people of the organizer's part of the tree.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use yunke_store::{PersonRecord, RoleGrant, RosterFilter};

use crate::{
    auth::{Viewer, mask_phone},
    problem::{ApiResult, Problem},
    routes::{extract::Query, paging},
    state::AppState,
};

/// People of a page.
const PEOPLE: i64 = 50;

/// Which people.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only of this unit and what is inside it.
    unit: Option<Uuid>,
    /// Part of the name, also in pinyin or by initials, the 成员编号, the whole phone number or its last four digits.
    q: Option<String>,
    /// Those who are disabled instead of those who are not.
    disabled: Option<bool>,
    /// 1 is the first; past the end: the last.
    page: Option<u32>,
}

/// A page of people.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RosterAnswer {
    items: Vec<RosterRow>,
    page: u32,
    /// People on all pages.
    total: i64,
    /// There is a next page.
    more: bool,
}

/// A person in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RosterRow {
    id: Uuid,
    name: String,
    /// Such as `138****1111`; null without a number.
    phone_masked: Option<String>,
    member_no: Option<String>,
    branch: Option<UnitRef>,
    roles: Vec<RoleRow>,
    /// The password they were given is not replaced yet: they have not signed in since.
    first_password: bool,
    disabled_at: Option<i64>,
    /// The person who asks answers for all of their units, and may change them.
    may_change: bool,
    /// Counts the changes of the record: what an edit is based on.
    revision: i64,
}

/// A unit by name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UnitRef {
    id: Uuid,
    name: String,
}

/// A role for a unit.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RoleRow {
    role: yunke_store::Role,
    unit_id: Uuid,
    unit_name: String,
    /// When it ends by itself.
    until_at: Option<i64>,
}

impl From<&RoleGrant> for RoleRow {
    fn from(grant: &RoleGrant) -> Self {
        Self {
            role: grant.role,
            unit_id: grant.unit.id,
            unit_name: grant.unit.name.clone(),
            until_at: grant.until_at,
        }
    }
}

impl RosterRow {
    pub(super) fn new(person: &PersonRecord, viewer: &Viewer) -> Self {
        let branch = person.branch.as_ref();
        Self {
            id: person.id,
            name: person.name.clone(),
            phone_masked: person.phone.as_deref().map(mask_phone),
            member_no: person.member_no.clone(),
            branch: branch.map(|branch| UnitRef { id: branch.id, name: branch.name.clone() }),
            roles: person.roles.iter().map(RoleRow::from).collect(),
            first_password: person.first_password,
            disabled_at: person.disabled_at,
            may_change: viewer.answers_for(person),
            revision: person.revision,
        }
    }
}

/// People of the organizer's part of the tree, by branch and name.
#[utoipa::path(get, path = "/api/console/roster", tag = "console", params(Which),
    responses((status = OK, body = RosterAnswer)))]
pub(super) async fn roster(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(which): Query<Which>,
) -> ApiResult<Json<RosterAnswer>> {
    let mut page = which.page.unwrap_or(1).max(1);
    let query = paging::query(which.q)?;
    let unit_path = match which.unit {
        Some(id) => Some(app.store.unit(id).await?.ok_or_else(Problem::not_found)?.path),
        None => None,
    };
    let filter = RosterFilter {
        within: viewer.overseen_paths(),
        unit_path,
        query,
        disabled: which.disabled.unwrap_or(false),
    };
    let mut found = app.store.roster(&filter, paging::page(page, PEOPLE)).await?;
    if found.people.is_empty() && page > 1 {
        page = paging::last_page(found.total, PEOPLE);
        found = app.store.roster(&filter, paging::page(page, PEOPLE)).await?;
    }
    Ok(Json(RosterAnswer {
        items: found.people.iter().map(|person| RosterRow::new(person, &viewer)).collect(),
        page,
        total: found.total,
        more: found.total > i64::from(page) * PEOPLE,
    }))
}
