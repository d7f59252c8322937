//! A whole store as rows, to move a centre from one database to another. Knows tables and nothing of what they mean.

mod desk;
mod table;
mod tables;

use async_trait::async_trait;
use uuid::Uuid;

pub use self::table::{Kind, Table};
use crate::StoreResult;

/// Every table with rows of a centre, each after those it refers to.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    tables::TABLES.iter().chain(desk::DESK)
}

/// What stands in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// An id.
    Uuid(Uuid),
    /// A whole number.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A row: one value a column.
pub type Row = Vec<Value>;

/// One view of a store, read table after table.
#[async_trait]
pub trait CopySource: Send {
    /// Rows of a table whose key is after `after`, in the order of the key, at most `limit`.
    async fn rows(&mut self, table: &Table, after: Option<&[Value]>, limit: i64) -> StoreResult<Vec<Row>>;
}

/// A transaction that fills an empty store. Dropped, it leaves nothing.
#[async_trait]
pub trait CopyTarget: CopySource {
    /// Removes what a new database has of its own.
    async fn clear(&mut self, table: &Table) -> StoreResult<()>;

    /// Adds rows.
    async fn insert(&mut self, table: &Table, rows: &[Row]) -> StoreResult<()>;

    /// Keeps all of it.
    async fn commit(self: Box<Self>) -> StoreResult<()>;
}

/// A store that can be moved.
#[async_trait]
pub trait CopyStore: Send + Sync {
    /// Begins to read: what others write meanwhile is not seen.
    async fn copy_source(&self) -> StoreResult<Box<dyn CopySource>>;

    /// Begins to fill.
    async fn copy_target(&self) -> StoreResult<Box<dyn CopyTarget>>;
}
