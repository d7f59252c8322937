//! The person or the unit in a path, once the gate has established that the viewer answers for it.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use uuid::Uuid;
use yunke_store::{PersonRecord, Role, Store, Unit};

use super::{Viewer, access::Reads};
use crate::problem::{ApiResult, Problem};

/// A person whom the viewer answers for.
#[derive(Debug, Clone)]
pub struct PersonScope(pub Arc<PersonRecord>);

/// A unit that the viewer organizes.
#[derive(Debug, Clone)]
pub struct UnitScope(pub Arc<Unit>);

impl PersonScope {
    /// The person `{person_id}`, for whoever answers for them.
    pub(super) async fn admit(
        store: &dyn Store,
        viewer: &Viewer,
        reads: Reads,
        params: &RawPathParams,
    ) -> ApiResult<Self> {
        staff_only(viewer, reads)?;
        let id = parameter(params, "person_id")?;
        let person = store.person(id).await?.ok_or_else(Problem::not_found)?;
        let may = viewer.answers_for(&person) || (reads == Reads::Only && viewer.oversees_person(&person));
        if may { Ok(Self(Arc::new(person))) } else { Err(not_yours()) }
    }
}

impl UnitScope {
    /// The unit `{unit_id}`, for its organizer.
    pub(super) async fn admit(
        store: &dyn Store,
        viewer: &Viewer,
        reads: Reads,
        params: &RawPathParams,
    ) -> ApiResult<Self> {
        staff_only(viewer, reads)?;
        let id = parameter(params, "unit_id")?;
        let unit = store.unit(id).await?.ok_or_else(Problem::not_found)?;
        let may = viewer.organizes(&unit.path) || (reads == Reads::Only && viewer.oversees(&unit.path));
        if may { Ok(Self(Arc::new(unit))) } else { Err(not_yours()) }
    }
}

impl Viewer {
    /// Whether the viewer organizes every unit that somebody has to do with. An organizer of a station must not take over
    /// the account of the centre's organizer who is a member of a branch of that station, nor an organizer that of an owner.
    pub fn answers_for(&self, person: &PersonRecord) -> bool {
        let mut units = person.units().peekable();
        let owner = person.roles.iter().any(|grant| grant.role == Role::Owner);
        (!owner || self.has(Role::Owner))
            && units.peek().is_some()
            && units.all(|unit| self.organizes(&unit.path))
    }

    /// Whether the viewer may see the record of somebody: all their units are in the viewer's part of the tree.
    pub fn oversees_person(&self, person: &PersonRecord) -> bool {
        let mut units = person.units().peekable();
        units.peek().is_some() && units.all(|unit| self.oversees(&unit.path))
    }
}

fn staff_only(viewer: &Viewer, reads: Reads) -> ApiResult<()> {
    let may = viewer.is_organizer() || (reads == Reads::Only && viewer.is_overseer());
    if may { Ok(()) } else { Err(not_yours()) }
}

fn not_yours() -> Problem {
    Problem::forbidden("not_allowed", "This needs a role you do not have.")
}

fn parameter(params: &RawPathParams, name: &str) -> ApiResult<Uuid> {
    let value = params.iter().find(|(found, _)| *found == name).map(|(_, value)| value);
    value.and_then(|value| Uuid::try_parse(value).ok()).ok_or_else(Problem::not_found)
}

impl<S: Sync> FromRequestParts<S> for PersonScope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let scope = parts.extensions.get::<Self>().cloned();
        scope.ok_or_else(|| Problem::internal("a handler wants a person, but its access entry names none"))
    }
}

impl<S: Sync> FromRequestParts<S> for UnitScope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let scope = parts.extensions.get::<Self>().cloned();
        scope.ok_or_else(|| Problem::internal("a handler wants a unit, but its access entry names none"))
    }
}
