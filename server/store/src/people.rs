//! People as their organizers keep them: the roster of a part of the tree, and its changes. Evidence never hangs on it: who is
//! disabled or moved keeps what was earned, and a phone number is what one signs in with, never who one is: two may have the
//! same, some have none.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{NewGrant, NewUser, Page, RoleGrant, StoreResult, Unit, UtcMillis};

/// A person in the roster, also one who is disabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// Their id.
    pub id: Uuid,
    /// Their name.
    pub name: String,
    /// The whole phone number; mask it.
    pub phone: Option<String>,
    /// 成员编号.
    pub member_no: Option<String>,
    /// The branch they belong to.
    pub branch: Option<Unit>,
    /// Roles besides being a member.
    pub roles: Vec<RoleGrant>,
    /// Their password was given to them and not yet replaced.
    pub first_password: bool,
    /// Since when they may not sign in.
    pub disabled_at: Option<UtcMillis>,
    /// Counts the changes of the record.
    pub revision: i64,
}

impl PersonRecord {
    /// The units they have to do with: the branch, and those of their roles.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.branch.iter().chain(self.roles.iter().map(|grant| &grant.unit))
    }
}

/// Which people.
#[derive(Debug, Clone, Default)]
pub struct RosterFilter {
    /// Only people with a branch or a role inside one of these paths …
    pub within: Vec<String>,
    /// … and, if given, inside this one, too.
    pub unit_path: Option<String>,
    /// Part of the name, also in pinyin or by initials, the 成员编号, the whole phone number or its last four digits; empty:
    /// everybody.
    pub query: String,
    /// Those who are disabled instead of those who are not.
    pub disabled: bool,
}

/// A page of the roster, ordered by branch, by the pinyin of the name (the surname by its own reading), and by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterPage {
    /// The people.
    pub people: Vec<PersonRecord>,
    /// How many there are on all pages.
    pub total: i64,
}

/// What to change of a person; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct PersonEdit {
    /// The name.
    pub name: Option<String>,
    /// The record the change was made on, by its revision; `None`: whatever it is now.
    pub base: Option<i64>,
    /// Another phone number: whoever is signed in by the old one is signed out. `Some(None)`: none.
    pub phone: Option<Option<String>>,
    /// 成员编号; `Some(None)` takes it away.
    pub member_no: Option<Option<String>>,
    /// Another branch, from now on; `Some(None)`: none.
    pub branch_id: Option<Option<Uuid>>,
    /// All roles, in place of those there are.
    pub roles: Option<Vec<NewGrant>>,
}

/// What became of a change to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonOutcome {
    /// It is done, or was so already.
    Done,
    /// There is no such person.
    NotFound,
    /// Whoever asked for it is no organizer any more: disabled, or without the role.
    ActorGone,
    /// Somebody changed the record since it was read.
    Changed,
    /// Somebody else has this 成员编号.
    NumberTaken,
    /// There is somebody of this name with this phone number already.
    Known,
}

/// A new password.
#[derive(Debug, Clone)]
pub struct NewPassword {
    /// Whose.
    pub user_id: Uuid,
    /// argon2id in PHC form.
    pub hash: String,
    /// It was made for them, and they have to replace it at the first sign-in.
    pub first: bool,
    /// The session that goes on; all others of the person end.
    pub keep_session: Option<[u8; 32]>,
    /// Who set it.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

/// Use cases of the roster, by the rules of [`crate::decide::people`]. A change locks the rows of whoever asks for it and of the
/// person, in order of their ids: of two organizers who disable each other, one is none any more. Each change writes its line of the audit log, which names fields and never their values.
#[async_trait]
pub trait PeopleStore: Send + Sync {
    /// People of a part of the tree.
    async fn roster(&self, filter: &RosterFilter, page: Page) -> StoreResult<RosterPage>;

    /// One person, also if disabled.
    async fn person(&self, id: Uuid) -> StoreResult<Option<PersonRecord>>;

    /// Adds a person whose password is a first one.
    async fn add_person(&self, person: NewUser, actor_id: Uuid) -> StoreResult<PersonOutcome>;

    /// Changes a person.
    async fn edit_person(
        &self,
        id: Uuid,
        edit: PersonEdit,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<PersonOutcome>;

    /// Ends all sessions of a person, who may not sign in and is invited to nothing until enabled again.
    async fn set_disabled(
        &self,
        id: Uuid,
        disabled: bool,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<PersonOutcome>;

    /// Makes what is kept of names for those where it is missing, `limit` at most; how many there were.
    async fn complete_names(&self, limit: i64) -> StoreResult<u64>;

    /// Replaces a password and ends the person's sessions, but for one.
    async fn replace_password(&self, password: NewPassword) -> StoreResult<PersonOutcome>;
}
