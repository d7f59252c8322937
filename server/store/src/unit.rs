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

/// What became of a rename.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitOutcome {
    /// It has the name.
    Done,
    /// There is no such unit.
    NotFound,
}

/// Use cases of the tree, by the rules of [`crate::decide::unit`]. A unit that is added locks the row of its parent, since it is
/// numbered among its siblings; a rename locks its own.
#[async_trait]
pub trait UnitStore: Send + Sync {
    /// Adds a unit as the last child of its parent, with its line of the audit log. A missing parent is [`crate::StoreError::Dangling`].
    async fn add_unit(&self, unit: NewUnit) -> StoreResult<Unit>;

    /// Another name for a unit, everywhere it is shown, also beside what was before.
    async fn rename_unit(
        &self,
        id: Uuid,
        name: &str,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<UnitOutcome>;

    /// One unit.
    async fn unit(&self, id: Uuid) -> StoreResult<Option<Unit>>;

    /// All units inside any of `paths` (themselves included), ordered as a tree.
    async fn units_within(&self, paths: &[String]) -> StoreResult<Vec<Unit>>;
}
