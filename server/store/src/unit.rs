//! The tree of places and branches.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_domain::UnitKind;

use crate::{StoreResult, UtcMillis};

/// A node of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its id.
    pub id: Uuid,
    /// What it is part of; `None` for the centre.
    pub parent_id: Option<Uuid>,
    /// Its level.
    pub kind: UnitKind,
    /// Its name.
    pub name: String,
    /// Sibling numbers from the root, such as `/1/3/2/`; a prefix of the paths of all that is inside.
    pub path: String,
}

impl Unit {
    /// Whether `other` is this unit or inside it.
    pub fn contains(&self, other_path: &str) -> bool {
        other_path.starts_with(&self.path)
    }
}

/// A unit to add under `parent_id`.
#[derive(Debug, Clone)]
pub struct NewUnit {
    /// Its id.
    pub id: Uuid,
    /// What it becomes part of.
    pub parent_id: Uuid,
    /// Its level.
    pub kind: UnitKind,
    /// Its name.
    pub name: String,
    /// Who adds it; `None`: the program itself, or its command line.
    pub actor_id: Option<Uuid>,
    /// Now.
    pub at: UtcMillis,
}

/// What became of a change to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitOutcome {
    /// It is done, or was so already.
    Done,
    /// There is no such unit, or no such place to move to.
    NotFound,
    /// It cannot be part of that unit: by its level, because that lies inside it, or because it is the centre.
    DoesNotFit,
    /// The unit it would be part of is closed.
    ParentClosed,
    /// It still has so many members, or units below it that are open, and is not closed.
    InUse {
        /// Members now.
        members: i64,
        /// Open units directly below.
        units: i64,
    },
}

/// Use cases of the tree, by the rules of [`crate::decide::unit`]. Where a unit stood when is kept: what was before a move is told
/// by the old place. A unit that is added or moved locks the row of its parent, since it is numbered among its siblings.
#[async_trait]
pub trait UnitStore: Send + Sync {
    /// Adds a unit as the last child of its parent, with its line of the audit log. A missing parent is [`crate::StoreError::Dangling`];
    /// whether it is open is the caller's to know.
    async fn add_unit(&self, unit: NewUnit) -> StoreResult<Unit>;

    /// Another name for a unit, everywhere it is shown, also beside what was before.
    async fn rename_unit(
        &self,
        id: Uuid,
        name: &str,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<UnitOutcome>;

    /// Makes a unit, with all that is inside it, part of another one, from `at` on.
    async fn move_unit(
        &self,
        id: Uuid,
        parent_id: Uuid,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<UnitOutcome>;

    /// Closes a unit that nobody belongs to any more: it is offered for nothing. Or opens it again.
    async fn close_unit(
        &self,
        id: Uuid,
        closed: bool,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<UnitOutcome>;

    /// The units that are closed, and since when.
    async fn closed_units(&self) -> StoreResult<Vec<(Uuid, UtcMillis)>>;

    /// Every unit with every path it ever had, once for each.
    async fn units_ever(&self) -> StoreResult<Vec<Unit>>;

    /// One unit.
    async fn unit(&self, id: Uuid) -> StoreResult<Option<Unit>>;

    /// All units inside any of `paths` (themselves included), ordered as a tree.
    async fn units_within(&self, paths: &[String]) -> StoreResult<Vec<Unit>>;
}
