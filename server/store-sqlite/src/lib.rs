//! The embedded store: one `SQLite` file in WAL mode, one connection that writes, a few that read.
//!
//! A write begins with `BEGIN IMMEDIATE`, so it waits for its turn instead of failing half way.
//! Every statement is checked against the migrations when this crate is compiled. The statements are in ../store-sql.

mod codes;
mod db;
mod dialect;
#[path = "../../store-sql/error.rs"]
mod error;
#[path = "../../store-sql/sql/mod.rs"]
mod sql;

pub use db::SqliteStore;
