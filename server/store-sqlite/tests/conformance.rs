//! The suite every backend must pass, on `SQLite`.

use tempfile::TempDir;
use yunke_store_sqlite::SqliteStore;

async fn open() -> (SqliteStore, TempDir) {
    let home = tempfile::tempdir().expect("a temporary directory");
    let store = SqliteStore::open(&home.path().join("yunke.db")).await.expect("opened");
    (store, home)
}

yunke_store::conformance_suite!(open);
