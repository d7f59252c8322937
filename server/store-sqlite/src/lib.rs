//! The embedded store: one `SQLite` file in WAL mode, one connection that writes, a few that read.
//!
//! A write begins with `BEGIN IMMEDIATE`, so it waits for its turn instead of failing half way.
//! Every statement is checked against the migrations when this crate is compiled.

mod account;
mod attachment;
mod beats;
mod deliveries;
mod digests;
mod error;
mod evidence;
mod leases;
mod lesson;
mod lesson_change;
mod marks;
mod media;
mod operation;
mod past;
mod people;
mod replay;
mod roll;
mod session;
mod share;
mod talk;
mod unit;

use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    time::Duration,
};

use sqlx::{
    Connection as _, Sqlite, SqlitePool, Transaction,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use yunke_store::{StoreError, StoreResult};

use crate::error::failed;

/// Connections that only read. A reader beyond them waits for one.
const READERS: u32 = 4;

/// How long a statement waits for another process (a backup, `sqlite3`) before it fails as busy.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a request waits for a connection before it is answered as busy.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/sqlite");

/// The store.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    write: SqlitePool,
    read: SqlitePool,
}

impl SqliteStore {
    /// Opens or creates the database and brings its schema up to date.
    pub async fn open(file: &Path) -> StoreResult<Self> {
        for_the_owner(file).map_err(|error| StoreError::Failed(Box::new(error)))?;
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: a commit is on the disk before a beat is acknowledged, also when the power fails.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let write = pool(1).connect_with(options.clone()).await.map_err(failed)?;
        MIGRATIONS.run(&write).await.map_err(|error| match error {
            MigrateError::VersionMissing(written) => StoreError::Newer {
                written,
                known: MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0),
            },
            other => StoreError::Failed(Box::new(other)),
        })?;
        let read = pool(READERS).connect_with(options.read_only(true)).await.map_err(failed)?;
        Ok(Self { write, read })
    }

    async fn begin(&self) -> StoreResult<Transaction<'static, Sqlite>> {
        self.write.begin_with("BEGIN IMMEDIATE").await.map_err(failed)
    }
}

/// The database is read by nobody else on the machine: it is made so, and what an older version made is changed. `SQLite` gives
/// its other files the mode of this one.
fn for_the_owner(file: &Path) -> io::Result<()> {
    File::options().append(true).create(true).mode(0o600).open(file)?;
    for suffix in ["", "-wal", "-shm"] {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        match fs::set_permissions(&path, Permissions::from_mode(0o600)) {
            // A file system without modes keeps its own.
            Err(error)
                if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) =>
            {
                return Err(error);
            }
            _ => {}
        }
    }
    Ok(())
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(connections.min(1))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A full disk makes SQLite end a transaction by itself; sqlx goes on counting it, and could begin no other.
        .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
        .idle_timeout(None)
        .max_lifetime(None)
}

/// A list as the JSON text that `json_each` takes.
fn json(list: &[impl AsRef<str>]) -> String {
    let words: Vec<&str> = list.iter().map(AsRef::as_ref).collect();
    serde_json::Value::from(words).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_owner_reads_the_database_also_one_that_is_older() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let file = home.path().join("yunke.db");
        let modes = || {
            let files = fs::read_dir(home.path()).expect("read").map(|entry| entry.expect("an entry"));
            files.map(|file| file.metadata().expect("there").permissions().mode() & 0o777).collect::<Vec<_>>()
        };
        let store = SqliteStore::open(&file).await.expect("opened");
        assert_eq!(modes(), [0o600; 3], "with the log and its index");
        store.write.close().await;
        store.read.close().await;
        fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("changed");
        let _store = SqliteStore::open(&file).await.expect("opened");
        assert_eq!(modes(), [0o600; 3]);
    }

    #[tokio::test]
    async fn a_database_of_a_newer_version_is_refused_and_stays_as_it_is() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let file = home.path().join("yunke.db");
        let store = SqliteStore::open(&file).await.expect("opened");
        sqlx::query("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1")
            .execute(&store.write)
            .await
            .expect("set");
        let known = MIGRATIONS.iter().map(|migration| migration.version).max().expect("some");
        let refused = SqliteStore::open(&file).await.expect_err("refused");
        assert!(
            matches!(refused, StoreError::Newer { written: 9999, known: here } if here == known),
            "{refused}"
        );
    }

    #[tokio::test]
    async fn a_disk_that_was_full_does_not_cost_the_connection_that_writes() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let store = SqliteStore::open(&home.path().join("yunke.db")).await.expect("opened");
        // As many as there are.
        sqlx::query("PRAGMA max_page_count = 1").execute(&store.write).await.expect("set");
        for _ in 0..2 {
            let mut transaction = store.begin().await.expect("one can be begun");
            let large = sqlx::query("CREATE TABLE large AS SELECT zeroblob(1000000) AS filler");
            let refused = large.execute(&mut *transaction).await.expect_err("no room");
            assert!(refused.to_string().contains("disk is full"), "{refused}");
            drop(transaction);
            sqlx::query("PRAGMA max_page_count = 1").execute(&store.write).await.expect("set");
        }
        sqlx::query("PRAGMA max_page_count = 1000000").execute(&store.write).await.expect("set");
        let mut transaction = store.begin().await.expect("one can be begun");
        sqlx::query("CREATE TABLE small (filler)").execute(&mut *transaction).await.expect("there is room");
        transaction.commit().await.expect("kept");
    }
}
