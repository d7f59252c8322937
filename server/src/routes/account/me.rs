//! `GET /api/me`: who is signed in.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{Role, User};

use crate::auth::{Viewer, mask_phone};

/// The person who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    id: Uuid,
    name: String,
    /// Such as `138****1111`; null without a number.
    phone_masked: Option<String>,
    member_no: Option<String>,
    branch: Option<Branch>,
    roles: Vec<MyRole>,
    /// `zh-CN` or `en`.
    locale: String,
    /// Signed in by a password from a slip: nothing else opens before it is replaced.
    first_password: bool,
}

/// A branch.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Branch {
    id: Uuid,
    name: String,
}

/// A role for a part of the tree.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MyRole {
    role: RoleName,
    unit_id: Uuid,
    unit_name: String,
    /// The unit is the centre.
    whole_centre: bool,
}

/// The roles.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RoleName {
    /// Belongs to the unit, a branch.
    Member,
    /// Gives lessons.
    Lecturer,
    /// Plans lessons and answers for attendance.
    Organizer,
    /// Decides how the centre works.
    Owner,
    /// Sees what organizers see.
    Auditor,
}

impl From<&User> for Me {
    fn from(user: &User) -> Self {
        let membership = user.branch.iter().map(|branch| (RoleName::Member, branch));
        let grants = user.roles.iter().map(|grant| {
            let role = match grant.role {
                Role::Lecturer => RoleName::Lecturer,
                Role::Organizer => RoleName::Organizer,
                Role::Owner => RoleName::Owner,
                Role::Auditor => RoleName::Auditor,
            };
            (role, &grant.unit)
        });
        Self {
            id: user.id,
            name: user.name.clone(),
            phone_masked: user.phone.as_deref().map(mask_phone),
            member_no: user.member_no.clone(),
            branch: user.branch.as_ref().map(|branch| Branch { id: branch.id, name: branch.name.clone() }),
            roles: membership
                .chain(grants)
                .map(|(role, unit)| MyRole {
                    role,
                    unit_id: unit.id,
                    unit_name: unit.name.clone(),
                    whole_centre: unit.parent_id.is_none(),
                })
                .collect(),
            locale: user.locale.clone(),
            first_password: user.first_password,
        }
    }
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/me", tag = "account", responses((status = OK, body = Me)))]
pub(super) async fn me(viewer: Viewer) -> Json<Me> {
    Json(Me::from(&*viewer.user))
}
