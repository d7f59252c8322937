//! From database errors to the store's.

use sqlx::error::ErrorKind;
use yunke_store::{StoreError, TextEnum};

/// By kind, never by constraint name: `SQLite` has none.
pub(crate) fn failed(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(database) => match database.kind() {
            ErrorKind::UniqueViolation => StoreError::Duplicate,
            ErrorKind::ForeignKeyViolation => StoreError::Dangling,
            _ if is_busy(database.code().as_deref()) => StoreError::Unavailable(Box::new(error)),
            _ => StoreError::Failed(Box::new(error)),
        },
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
            StoreError::Unavailable(Box::new(error))
        }
        _ => StoreError::Failed(Box::new(error)),
    }
}

/// `SQLITE_BUSY` and `SQLITE_LOCKED`, with their extended codes.
fn is_busy(code: Option<&str>) -> bool {
    code.and_then(|c| c.parse::<u32>().ok()).is_some_and(|c| matches!(c & 0xff, 5 | 6))
}

/// A word of the schema as its enum; another word means a foreign hand in the database.
pub(crate) fn word<T: TextEnum>(text: &str) -> Result<T, StoreError> {
    T::parse(text).ok_or_else(|| StoreError::Failed(format!("unknown word {text:?} in the database").into()))
}

/// A SHA-256 as it is stored.
pub(crate) fn hash(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Failed("a hash of a wrong length in the database".into()))
}
