//! From database errors to the store's.

use sqlx::error::ErrorKind;
use yunke_store::{StoreError, TextEnum};

use crate::codes::may_succeed_later;

/// By kind, never by constraint name: `SQLite` has none.
pub(crate) fn failed(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(database) => match database.kind() {
            ErrorKind::UniqueViolation => StoreError::Duplicate,
            ErrorKind::ForeignKeyViolation => StoreError::Dangling,
            _ if may_succeed_later(database.code().as_deref()) => StoreError::Unavailable(Box::new(error)),
            _ => StoreError::Failed(Box::new(error)),
        },
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
            StoreError::Unavailable(Box::new(error))
        }
        _ => StoreError::Failed(Box::new(error)),
    }
}

/// A word of the schema as its enum; another word means a foreign hand in the database.
pub(crate) fn word<T: TextEnum>(text: &str) -> Result<T, StoreError> {
    T::parse(text).ok_or_else(|| StoreError::Failed(format!("unknown word {text:?} in the database").into()))
}

/// A SHA-256 as it is stored.
pub(crate) fn hash(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Failed("a hash of a wrong length in the database".into()))
}
