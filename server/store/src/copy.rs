//! A whole store as rows, to move a centre from one database to another. Knows tables and nothing of what they mean.

mod tables;

use async_trait::async_trait;
use uuid::Uuid;

pub use self::tables::TABLES;
use crate::StoreResult;

/// What a column holds, in whichever database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An id.
    Uuid,
    /// A whole number.
    Int,
    /// Yes or no.
    Bool,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
}

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns; the first `key` of them name a row.
    pub columns: &'static [(&'static str, Kind)],
    /// How many columns the key has.
    pub key: usize,
    /// Its key is counted up by the database.
    pub counted: bool,
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
