//! The store of a centre that has PostgreSQL: the statements of the embedded one, compiled and checked against its own schema.
//! What only PostgreSQL needs is `db`, `dialect` and its first migration. The statements are in ../store-sql.

mod codes;
mod db;
mod dialect;
#[path = "../../store-sql/error.rs"]
mod error;
mod sockets;
#[path = "../../store-sql/sql/mod.rs"]
mod sql;
#[cfg(feature = "testing")]
pub mod testing;

pub use db::PostgresStore;
