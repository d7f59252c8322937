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
    /// Digits, `+` first when it is not a mainland number. Others may have the same; some have none.
    pub phone: Option<String>,
    /// The branch they belong to, if any.
    pub branch: Option<Unit>,
    /// 成员编号, if the branch gave one.
    pub member_no: Option<String>,
    /// `zh-CN` or `en`.
    pub locale: String,
    /// The password was given to them on a slip: nothing is open to them before they have one of their own.
    pub first_password: bool,
    /// Roles besides being a member, as far as they last.
    pub roles: Vec<RoleGrant>,
}

/// A role somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleGrant {
    /// Which.
    pub role: Role,
    /// For this unit and everything inside it.
    pub unit: Unit,
    /// When it ends by itself: over from then on.
    pub until_at: Option<UtcMillis>,
}

impl RoleGrant {
    /// Whether it is not over.
    pub fn lasts_at(&self, now: UtcMillis) -> bool {
        self.until_at.is_none_or(|until| now < until)
    }
}

/// A role to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NewGrant {
    /// Which.
    pub role: Role,
    /// For this unit and everything inside it.
    pub unit_id: Uuid,
    /// When it ends by itself.
    pub until_at: Option<UtcMillis>,
}

impl From<(Role, Uuid)> for NewGrant {
    fn from((role, unit_id): (Role, Uuid)) -> Self {
        Self { role, unit_id, until_at: None }
    }
}

/// People of one phone number whose passwords are tried at a sign-in; more of them sign in by their 成员编号.
pub const SHARED_BY: i64 = 6;

/// By what somebody signs in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignInName {
    /// The normalized phone number, if it was one …
    pub phone: Option<String>,
    /// … or the 成员编号.
    pub member_no: Option<String>,
}

/// What a sign-in is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Whose.
    pub user_id: Uuid,
    /// Their name, for those who share a number.
    pub name: String,
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
    /// Normalized phone number, if they have one.
    pub phone: Option<String>,
    /// argon2id in PHC form.
    pub password_hash: Option<String>,
    /// It was given to them, and has to be replaced by one of their own.
    pub first_password: bool,
    /// Their branch.
    pub branch_id: Option<Uuid>,
    /// 成员编号.
    pub member_no: Option<String>,
    /// Roles and their units.
    pub roles: Vec<NewGrant>,
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
    /// The organizer; the roles of owner, organizer and lecturer for the centre are added.
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

    /// Adds a person.
    async fn add_user(&self, user: NewUser) -> StoreResult<()>;

    /// A person who is not disabled, with branch and the roles that last at `now`.
    async fn user(&self, id: Uuid, now: UtcMillis) -> StoreResult<Option<User>>;

    /// Whom a sign-in may mean, and what to check their passwords against: those who are not disabled and have this number,
    /// the longest known first, [`SHARED_BY`] at most.
    async fn credentials(&self, name: &SignInName) -> StoreResult<Vec<Credentials>>;

    /// What to check the password of this person against, unless disabled.
    async fn credentials_of(&self, id: Uuid) -> StoreResult<Option<Credentials>>;

    /// Takes away the roles that ended, with a line of the audit log each; how many there were.
    async fn end_roles(&self, now: UtcMillis) -> StoreResult<u64>;

    /// People with a role whose name contains `query`; only roles for a unit inside one of `paths`.
    async fn people(&self, role: Role, paths: &[String], query: &str, page: Page)
    -> StoreResult<Vec<Person>>;
}
