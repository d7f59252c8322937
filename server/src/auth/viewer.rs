//! Who makes a request, and what they may do with a lesson. The gate puts both into the request.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};
use yunke_store::{Lesson, LessonPhase, Role, SeenBy, User};

use crate::problem::Problem;

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// The person.
    pub user: Arc<User>,
    /// Identifies their session.
    pub token_hash: [u8; 32],
}

impl Viewer {
    /// Paths of the units they organize: what they may change.
    pub fn organized_paths(&self) -> Vec<String> {
        self.paths(Role::organizes)
    }

    /// Paths of the units they organize or audit: what they may see.
    pub fn overseen_paths(&self) -> Vec<String> {
        self.paths(Role::oversees)
    }

    /// Names of these units, each once, as one line. An owner organizes what they own.
    pub fn overseen_names(&self) -> String {
        let grants = self.user.roles.iter().filter(|grant| grant.role.oversees());
        let mut units: Vec<_> = grants.map(|grant| (&grant.unit.path, grant.unit.name.as_str())).collect();
        units.sort_unstable();
        units.dedup();
        units.into_iter().map(|(_, name)| name).collect::<Vec<_>>().join("、")
    }

    fn paths(&self, may: fn(Role) -> bool) -> Vec<String> {
        let grants = self.user.roles.iter().filter(|grant| may(grant.role));
        let mut paths: Vec<String> = grants.map(|grant| grant.unit.path.clone()).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    /// Whether they organize the unit with this path.
    pub fn organizes(&self, path: &str) -> bool {
        may(&self.user, Role::organizes, path)
    }

    /// Whether they organize or audit the unit with this path.
    pub fn oversees(&self, path: &str) -> bool {
        may(&self.user, Role::oversees, path)
    }

    /// When their right to organize the unit with this path ends; `None`: never.
    pub fn organizes_until(&self, path: &str) -> Option<i64> {
        let grants = self.user.roles.iter();
        let mut ends = grants.filter(|grant| grant.role.organizes() && grant.unit.contains(path)).peekable();
        ends.peek()?;
        ends.map(|grant| grant.until_at.unwrap_or(i64::MAX)).max().filter(|end| *end < i64::MAX)
    }

    /// Whether they have such a role for the whole centre.
    pub fn of_centre(&self, role: fn(Role) -> bool) -> bool {
        self.user.roles.iter().any(|grant| role(grant.role) && grant.unit.parent_id.is_none())
    }

    /// Whether they organize any unit.
    pub fn is_organizer(&self) -> bool {
        self.user.roles.iter().any(|grant| grant.role.organizes())
    }

    /// Whether they organize or audit any unit.
    pub fn is_overseer(&self) -> bool {
        self.user.roles.iter().any(|grant| grant.role.oversees())
    }

    /// Whether they have this role for any unit.
    pub fn has(&self, role: Role) -> bool {
        self.user.roles.iter().any(|grant| grant.role == role)
    }

    /// The audience of lists of what they may watch.
    pub fn seen_by(&self) -> SeenBy {
        SeenBy {
            user_id: self.user.id,
            branch_path: self.user.branch.as_ref().map(|branch| branch.path.clone()),
            organizes: self.organized_paths(),
        }
    }

    /// What they may do with a lesson.
    pub fn may(&self, lesson: &Lesson) -> May {
        May::of(&self.user, lesson)
    }
}

/// What somebody may do with a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "four independent rights")]
pub struct May {
    /// See and follow it.
    pub watch: bool,
    /// Start and end it, see the incoming picture, take the stream key.
    pub run: bool,
    /// Plan, change and cancel it.
    pub organize: bool,
    /// See attendance and evidence.
    pub oversee: bool,
}

impl May {
    /// What this person may do with this lesson.
    pub fn of(user: &User, lesson: &Lesson) -> Self {
        let organize = may(user, Role::organizes, &lesson.unit.path);
        let oversee = may(user, Role::oversees, &lesson.unit.path);
        let run = organize || lesson.lecturer_id == user.id;
        let invited = user
            .branch
            .as_ref()
            .is_some_and(|branch| lesson.audience.iter().any(|unit| unit.contains(&branch.path)));
        let watch = run || (invited && lesson.phase != LessonPhase::Cancelled);
        Self { watch, run, organize, oversee }
    }
}

fn may(user: &User, role: fn(Role) -> bool, path: &str) -> bool {
    user.roles.iter().any(|grant| role(grant.role) && grant.unit.contains(path))
}

/// The lesson in the path, and what the viewer may do with it.
#[derive(Debug, Clone)]
pub struct LessonScope {
    /// The lesson.
    pub lesson: Arc<Lesson>,
    /// What the viewer may do.
    pub may: May,
}

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::sign_in_required)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

impl<S: Sync> FromRequestParts<S> for LessonScope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let scope = parts.extensions.get::<Self>().cloned();
        scope.ok_or_else(|| Problem::internal("a handler wants a lesson, but its access entry names none"))
    }
}
