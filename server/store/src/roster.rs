//! Imports of a roster: the file, what it would change, what it changed, and taking that back. People and units are read as one
//! set of facts, and an import is written only if they are still those that its preview was made of.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use yunke_domain::text_enum;

use crate::{StoreResult, Unit, UtcMillis};

/// Imports of one person that are kept and not applied; older ones give way.
pub const OPEN_IMPORTS: i64 = 5;

/// Files of all imports together, in bytes.
pub const IMPORT_FILES_BYTES: i64 = 1 << 30;

/// How long an import can be applied after it was uploaded, and taken back after it was applied.
pub const IMPORT_KEPT_MS: i64 = 24 * 3_600_000;

text_enum! {
    /// How far an import is.
    ImportState {
        /// The file is there; what it would change is not known yet.
        Reading = "reading",
        /// The file is not taken.
        Refused = "refused",
        /// What it would change is known.
        Previewed = "previewed",
        /// It is done.
        Applied = "applied",
        /// It is taken back, as far as nobody had gone on from there.
        Undone = "undone",
    }
}

text_enum! {
    /// What an import does with a person.
    ImportKind {
        /// Adds them.
        Add = "add",
        /// Changes what is kept of them.
        Change = "change",
        /// They belong to another branch now.
        Move = "move",
        /// They had left and are back.
        Return = "return",
        /// They leave.
        Leave = "leave",
        /// Nothing: all is as it was.
        Same = "same",
        /// Nothing, because something is wrong with the row.
        Bad = "bad",
    }
}

/// What the roster keeps of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonColumns {
    /// The name.
    pub name: String,
    /// The phone number, if there is one.
    pub phone: Option<String>,
    /// 成员编号.
    pub member_no: Option<String>,
    /// The branch; of who left, the last one.
    pub branch_id: Option<Uuid>,
    /// Since when they have left.
    pub disabled_at: Option<UtcMillis>,
}

/// A person as an import sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterPerson {
    /// Their id.
    pub id: Uuid,
    /// What is kept of them.
    pub columns: PersonColumns,
    /// They have a role, and are never proposed to leave.
    pub has_roles: bool,
    /// All they have to do with lies within the part that was asked for.
    pub within: bool,
}

/// All an import is compared with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RosterFacts {
    /// People of the part of the tree, also those who left it, in order of their ids.
    pub people: Vec<RosterPerson>,
    /// Its units.
    pub units: Vec<Unit>,
}

/// A file to import.
#[derive(Debug, Clone)]
pub struct NewImport {
    /// Its id.
    pub id: Uuid,
    /// Who brings it.
    pub owner_id: Uuid,
    /// What it is called.
    pub file_name: String,
    /// Its bytes.
    pub file: Vec<u8>,
    /// How it is to be read, as JSON.
    pub options: String,
    /// Now.
    pub at: UtcMillis,
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterImport {
    /// Its id.
    pub id: Uuid,
    /// Who brought it.
    pub owner_id: Uuid,
    /// What the file is called.
    pub file_name: String,
    /// Its length in bytes.
    pub file_bytes: i64,
    /// How it is to be read, as JSON.
    pub options: String,
    /// How far it is.
    pub state: ImportState,
    /// What was found, as JSON; `{}` before.
    pub summary: String,
    /// Identifies the preview that was shown last.
    pub fingerprint: Option<String>,
    /// When it was uploaded.
    pub created_at: UtcMillis,
    /// When it was applied.
    pub applied_at: Option<UtcMillis>,
    /// When it was taken back.
    pub undone_at: Option<UtcMillis>,
}

/// Lines of a preview, as one piece of JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPiece {
    /// What its lines do.
    pub kind: ImportKind,
    /// The lines, as a JSON list.
    pub body: String,
}

/// What a file would change.
#[derive(Debug, Clone)]
pub struct ImportPreview {
    /// Of which import.
    pub id: Uuid,
    /// How the file was read, as JSON.
    pub options: String,
    /// What was found, as JSON.
    pub summary: String,
    /// Identifies it; none: the file is refused.
    pub fingerprint: Option<String>,
    /// All lines, in their order.
    pub pieces: Vec<ImportPiece>,
}

/// A person who is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportWrite {
    /// Whom.
    pub id: Uuid,
    /// What is done.
    pub kind: ImportKind,
    /// How they were; none: they are new.
    pub before: Option<PersonColumns>,
    /// How they become.
    pub after: PersonColumns,
}

/// An import to apply.
#[derive(Debug, Clone)]
pub struct ImportApply {
    /// Which.
    pub id: Uuid,
    /// Who applies it.
    pub actor_id: Uuid,
    /// The part of the tree it is of.
    pub within: Vec<String>,
    /// What the writes were made of.
    pub facts: RosterFacts,
    /// The writes.
    pub writes: Vec<ImportWrite>,
    /// What was found and done, as JSON.
    pub summary: String,
    /// Now.
    pub at: UtcMillis,
}

/// What became of applying an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplyOutcome {
    /// It is done, or was so already.
    Done,
    /// There is no such import, or it can no longer be applied.
    NotFound,
    /// Whoever applies it is no organizer any more.
    ActorGone,
    /// People or units are not what the writes were made of.
    Stale,
}

/// Somebody who stays as they are now when an import is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPerson {
    /// Who.
    pub id: Uuid,
    /// Their name now.
    pub name: String,
    /// What the import did with them.
    pub kind: ImportKind,
}

/// What became of taking an import back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoOutcome {
    /// It is taken back.
    Done {
        /// How many people are as they were.
        taken_back: usize,
        /// Who had been changed since, signed in, or got a password: they stay.
        kept: Vec<KeptPerson>,
        /// Whose sessions ended.
        signed_out: Vec<Uuid>,
    },
    /// There is no such import, or it is not applied.
    NotFound,
    /// It was applied more than a day ago.
    TooLate,
    /// Whoever asks for it is no organizer any more.
    ActorGone,
}

/// Use cases of roster imports, by the rules of [`crate::decide::roster`]. Applying and taking back lock everything that writes: what
/// they read stays so until they are done.
#[async_trait]
pub trait RosterStore: Send + Sync {
    /// Keeps a file. Of one person's imports that were not applied the oldest give way. `false`: there is no room for it.
    async fn add_import(&self, import: NewImport) -> StoreResult<bool>;

    /// Imports of a person, the newest first.
    async fn imports_of(&self, owner_id: Uuid) -> StoreResult<Vec<RosterImport>>;

    /// One import.
    async fn import(&self, id: Uuid) -> StoreResult<Option<RosterImport>>;

    /// Its file.
    async fn import_file(&self, id: Uuid) -> StoreResult<Option<Vec<u8>>>;

    /// Keeps how a file is to be read: what it would change is not known then.
    async fn reread_import(&self, id: Uuid, options: &str) -> StoreResult<()>;

    /// Keeps what a file would change, or that it is refused; of one that is applied nothing changes.
    async fn preview_import(&self, preview: ImportPreview) -> StoreResult<()>;

    /// Lines of a preview, piece by piece in their order.
    async fn import_pieces(&self, id: Uuid, kind: ImportKind) -> StoreResult<Vec<String>>;

    /// What it wrote.
    async fn import_written(&self, id: Uuid) -> StoreResult<Vec<ImportWrite>>;

    /// Removes an import that was not applied.
    async fn remove_import(&self, id: Uuid) -> StoreResult<()>;

    /// Removes imports whose day is over.
    async fn sweep_imports(&self, at: UtcMillis) -> StoreResult<()>;

    /// People and units of a part of the tree.
    async fn roster_facts(&self, within: &[String]) -> StoreResult<RosterFacts>;

    /// 成员编号 of people who have nothing to do with a part of the tree.
    async fn numbers_elsewhere(&self, within: &[String]) -> StoreResult<Vec<String>>;

    /// Writes all of it or nothing, with a line of the audit log for each person and one for the import.
    async fn apply_import(&self, apply: ImportApply) -> StoreResult<ApplyOutcome>;

    /// Takes back what it did with people whom nobody has touched since.
    async fn undo_import(&self, id: Uuid, actor_id: Uuid, at: UtcMillis) -> StoreResult<UndoOutcome>;

    /// Which column meant what to a person, as JSON.
    async fn known_columns(&self, user_id: Uuid) -> StoreResult<Option<String>>;

    /// Keeps that.
    async fn keep_columns(&self, user_id: Uuid, columns: &str) -> StoreResult<()>;
}
