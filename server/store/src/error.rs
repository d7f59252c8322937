//! What can go wrong in a store. The source is for the log; it never reaches a client.

/// Result of every store method.
pub type StoreResult<T> = Result<T, StoreError>;

/// Why a store method failed; anything a client can cause is an outcome of the method instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A unique value exists already (a phone number, an id).
    #[error("a unique value exists already")]
    Duplicate,
    /// A row it refers to does not exist.
    #[error("a row that is referred to does not exist")]
    Dangling,
    /// The database is busy or gone; the same call may succeed later.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A newer version of the program wrote the database: this one does not know its schema.
    #[error(
        "it was written by a newer version of Yunke (schema {written}, this version knows {known}): start that version, or \
         restore a backup from before the update"
    )]
    Newer {
        /// The newest migration in it.
        written: i64,
        /// The newest one this version has.
        known: i64,
    },
    /// Anything else: a defect or a broken disk.
    #[error("the database failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}
