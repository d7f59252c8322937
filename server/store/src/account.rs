//! People and their roles.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_domain::Role;

use crate::{Page, StoreResult, Unit, UtcMillis};

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: Uuid,
    /// Their name.
    pub name: String,
    /// Digits, `+` first when it is not a mainland number.
    pub phone: String,
    /// The branch they belong to, if any.
    pub branch: Option<Unit>,
    /// 成员编号, if the branch gave one.
    pub member_no: Option<String>,
    /// `zh-CN` or `en`.
    pub locale: String,
    /// The password was given to them on a slip: nothing is open to them before they have one of their own.
    pub first_password: bool,
    /// Roles besides being a member.
    pub roles: Vec<RoleGrant>,
}

/// A role somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleGrant {
    /// Which.
    pub role: Role,
    /// For this unit and everything inside it.
    pub unit: Unit,
}

/// What a sign-in is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Whose.
    pub user_id: Uuid,
    /// argon2id in PHC form; `None`: this person cannot sign in with a password.
    pub password_hash: Option<String>,
}

/// A person to add.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Their id.
    pub id: Uuid,
    /// Their name.
    pub name: String,
    /// Normalized phone number.
    pub phone: String,
    /// argon2id in PHC form.
    pub password_hash: Option<String>,
    /// It was given to them, and has to be replaced by one of their own.
    pub first_password: bool,
    /// Their branch.
    pub branch_id: Option<Uuid>,
    /// 成员编号.
    pub member_no: Option<String>,
    /// Roles and their units.
    pub roles: Vec<(Role, Uuid)>,
    /// Now.
    pub at: UtcMillis,
}

/// The first centre and its first organizer.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Id of the centre.
    pub centre_id: Uuid,
    /// Name of the centre.
    pub centre_name: String,
    /// The organizer; the roles of organizer and lecturer for the centre are added.
    pub organizer: NewUser,
}

/// What became of a setup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupOutcome {
    /// The centre exists now.
    Done,
    /// There was a centre already; nothing was changed.
    AlreadyDone,
}

/// A person in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: Uuid,
    /// Their name.
    pub name: String,
    /// The unit the role is for, or the branch.
    pub unit: Option<Unit>,
}

/// Use cases of accounts.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Whether there is a centre.
    async fn is_set_up(&self) -> StoreResult<bool>;

    /// Creates the centre and its organizer, once, by the rules of [`crate::decide::account`]. There is no row to lock yet: it
    /// locks the table of units.
    async fn set_up(&self, setup: Setup) -> StoreResult<SetupOutcome>;

    /// Adds a person; a phone number in use is [`crate::StoreError::Duplicate`].
    async fn add_user(&self, user: NewUser) -> StoreResult<()>;

    /// A person who is not disabled, with branch and roles.
    async fn user(&self, id: Uuid) -> StoreResult<Option<User>>;

    /// What to check a password against; `None` for an unknown or disabled phone.
    async fn credentials(&self, phone: &str) -> StoreResult<Option<Credentials>>;

    /// People with a role whose name contains `query`; only roles for a unit inside one of `paths`.
    async fn people(&self, role: Role, paths: &[String], query: &str, page: Page)
    -> StoreResult<Vec<Person>>;
}
