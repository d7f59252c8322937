//! The file and its connections.

use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    time::Duration,
};

use sqlx::{
    Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction,
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

pub(crate) use SqliteStore as SqlStore;

pub(crate) type Db = Sqlite;
pub(crate) type Connection = SqliteConnection;
pub(crate) type Pool = SqlitePool;

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
        migrate(&options).await?;
        let write = pool(1).connect_with(options.clone()).await.map_err(failed)?;
        let read = pool(READERS).connect_with(options.read_only(true)).await.map_err(failed)?;
        Ok(Self { write, read })
    }

    /// The connection that writes.
    pub(crate) fn write(&self) -> SqlitePool {
        self.write.clone()
    }

    /// Connections that read.
    pub(crate) fn read(&self) -> SqlitePool {
        self.read.clone()
    }

    /// A transaction that only adds what cannot contradict what others write meanwhile: here one like the others.
    pub(crate) async fn begin_beside(&self) -> StoreResult<Transaction<'static, Sqlite>> {
        self.begin().await
    }

    /// One view of the database.
    pub(crate) async fn begin_snapshot(&self) -> StoreResult<Transaction<'static, Sqlite>> {
        self.read.begin().await.map_err(failed)
    }

    /// A transaction that writes; no other does meanwhile.
    pub(crate) async fn begin(&self) -> StoreResult<Transaction<'static, Sqlite>> {
        self.write.begin_with("BEGIN IMMEDIATE").await.map_err(failed)
    }
}

/// Brings the schema up to date. A migration that makes a table again drops one which others refer to: foreign keys are off
/// meanwhile.
async fn migrate(options: &SqliteConnectOptions) -> StoreResult<()> {
    let options = options.clone().foreign_keys(false);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(failed)?;
    let applied = applied(&mut connection).await;
    MIGRATIONS.run(&mut connection).await.map_err(|error| match error {
        MigrateError::VersionMissing(written) => StoreError::Newer {
            written,
            known: MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0),
        },
        other => StoreError::Failed(Box::new(other)),
    })?;
    if applied != MIGRATIONS.iter().count() {
        for (table, rows) in dangling(&mut connection).await? {
            tracing::warn!(table, rows, "rows refer to what is not there; they stay, and count for nobody");
        }
    }
    connection.close().await.map_err(failed)
}

/// Tables with rows that refer to nothing, from times or hands that did not care, and how many.
async fn dangling(connection: &mut SqliteConnection) -> StoreResult<Vec<(String, i64)>> {
    sqlx::query_as(
        r#"SELECT "table", count(*) FROM pragma_foreign_key_check GROUP BY "table" ORDER BY "table""#,
    )
    .fetch_all(connection)
    .await
    .map_err(failed)
}

/// How many migrations the database has seen; none where there is no database yet.
async fn applied(connection: &mut SqliteConnection) -> usize {
    let count =
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM _sqlx_migrations").fetch_one(connection).await;
    count.ok().and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
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

#[cfg(test)]
mod tests {
    use sqlx::migrate::Migrator;
    use uuid::Uuid;
    use yunke_store::{EvidenceStore as _, Item, LessonStore as _, Page};

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

    /// A database as a version with fewer migrations left it, with one beat of a lesson.
    async fn of_version(file: &Path, version: i64) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(file).create_if_missing(true).foreign_keys(false);
        let mut connection = SqliteConnection::connect_with(&options).await.expect("opened");
        let known = MIGRATIONS.iter().filter(|migration| migration.version <= version).cloned().collect();
        Migrator::with_migrations(known).run(&mut connection).await.expect("migrated");
        for row in [
            "INSERT INTO units (id, kind, name, path, created_at) VALUES (zeroblob(16), 'centre', '中心', '/1/', 0)",
            "INSERT INTO users (id, name, phone, created_at) VALUES (zeroblob(16), '张三', '13800000000', 0)",
            "INSERT INTO lessons (id, title, unit_id, lecturer_id, planned_start_at, planned_end_at, rule_id,
                                  rule_version, created_by, created_at, updated_at)
             SELECT zeroblob(16), '课', zeroblob(16), zeroblob(16), 0, 1, id, version, zeroblob(16), 0, 0
             FROM credit_rules LIMIT 1",
            "INSERT INTO leases (id, lesson_id, user_id, purpose, device, issued_at, expires_at)
             VALUES (zeroblob(16), zeroblob(16), zeroblob(16), 'watch', 'phone', 0, 1)",
            "INSERT INTO beats (lease_id, seq, state, cause, source, mode, from_ms, to_ms, rate_milli, visible, gesture,
                                client_ms, received_at)
             VALUES (zeroblob(16), 1, 'playing', 'tick', 'live', 'audio', 0, 9, 1000, 1, 0, 0, 9)",
        ] {
            sqlx::query(row).execute(&mut connection).await.expect("kept");
        }
        connection
    }

    #[tokio::test]
    async fn leases_of_lessons_become_leases_of_items_and_keep_their_beats() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let file = home.path().join("yunke.db");
        of_version(&file, 18).await.close().await.expect("closed");
        let store = SqliteStore::open(&file).await.expect("opened");
        let lease = store.lease(Uuid::nil()).await.expect("read").expect("there");
        assert_eq!(lease.item, Item::lesson(Uuid::nil()));
        let kept = store.member_evidence(Uuid::nil(), &[Uuid::nil()]).await.expect("read");
        assert_eq!(kept[0].beats.len(), 1);
        let played = store.lessons_of_member(Uuid::nil(), 0, 1, Page { offset: 0, limit: 9 }).await;
        assert_eq!(played.expect("read"), [Uuid::nil()]);
    }

    #[tokio::test]
    async fn rows_that_refer_to_nothing_are_named_and_stop_no_update() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let file = home.path().join("yunke.db");
        let mut old = of_version(&file, 18).await;
        sqlx::query("DELETE FROM leases").execute(&mut old).await.expect("gone");
        assert_eq!(dangling(&mut old).await.expect("read"), [("beats".to_owned(), 1)]);
        old.close().await.expect("closed");
        let store = SqliteStore::open(&file).await.expect("opened");
        assert!(store.lesson(Uuid::nil()).await.expect("read").is_some());
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
