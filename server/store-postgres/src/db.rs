//! The pool of connections, and what PostgreSQL needs besides statements.

use std::{
    collections::BTreeSet,
    fmt,
    net::SocketAddr,
    os::fd::OwnedFd,
    str::FromStr as _,
    sync::{Arc, Mutex, PoisonError, RwLock, Weak},
    time::Duration,
};

use sqlx::{
    Connection as _, PgConnection, PgPool, Postgres, Transaction,
    migrate::MigrateError,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::timeout;
use yunke_store::{StoreError, StoreResult};

use crate::{
    error::failed,
    sockets::{leading_to, shut_down},
};

pub(crate) use PostgresStore as SqlStore;

pub(crate) type Db = Postgres;
pub(crate) type Connection = PgConnection;
pub(crate) type Pool = PgPool;

/// Connections of one process.
const CONNECTIONS: u32 = 20;

/// How long a request waits for a connection before it is answered as busy.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the server works on a statement, and how long it lets an idle transaction hold its locks.
const STATEMENT_TIMEOUT: &str = "30s";

/// How often it is looked whether the server answers, and how long that may take.
const LOOK_EVERY: Duration = Duration::from_secs(4);
const ANSWER_LIMIT: Duration = Duration::from_secs(4);

/// How long what runs on connections that are replaced may go on.
const GRACE: Duration = Duration::from_secs(5);

/// Looks in a row that the pool had no connection to give while the server answered: it holds dead ones.
const STUCK_LOOKS: u32 = 3;

/// Looks in a row without an answer until the server counts as away.
const MISSED_LOOKS: u32 = 2;

/// Addresses of the server that are remembered.
const PEERS_KEPT: usize = 16;

/// Names the lock that makes writes one after the other.
const WRITES: i64 = 0x59_75_6e_6b_65;

pub(crate) static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/postgres");

/// The store.
#[derive(Debug, Clone)]
pub struct PostgresStore(Arc<Shared>);

struct Shared {
    options: PgConnectOptions,
    pool: RwLock<PgPool>,
    /// Where the server was found, at each look: a name may lead elsewhere by the time its old address is of interest.
    peers: Mutex<BTreeSet<SocketAddr>>,
}

impl fmt::Debug for Shared {
    /// Without the options: they hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

/// What a connection of its own says of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// It does not answer, or only reads.
    Away,
    /// It answers; with the schema of this migration.
    Well(i64),
}

impl PostgresStore {
    /// Connects to the database of `url` (`postgres://user:password@host/database`) and brings its schema up to date. Must be called
    /// within a tokio runtime: a task looks after the connections as long as the store is there.
    pub async fn open(url: &str) -> StoreResult<Self> {
        let options = connected(url).await?;
        let options = options.options([
            ("statement_timeout", STATEMENT_TIMEOUT),
            ("idle_in_transaction_session_timeout", STATEMENT_TIMEOUT),
        ]);
        let store = Self::of(options);
        #[expect(clippy::disallowed_methods, reason = "it ends by itself when the store is gone or closed")]
        tokio::spawn(look_after(Arc::downgrade(&store.0)));
        Ok(store)
    }

    /// The same to copy all of it: nothing is limited in time, and no connection is replaced.
    pub async fn open_to_copy(url: &str) -> StoreResult<Self> {
        Ok(Self::of(connected(url).await?))
    }

    fn of(options: PgConnectOptions) -> Self {
        let pool = RwLock::new(pool(&options));
        Self(Arc::new(Shared { options, pool, peers: Mutex::default() }))
    }

    /// Connections.
    pub(crate) fn write(&self) -> PgPool {
        self.0.pool()
    }

    /// Connections.
    pub(crate) fn read(&self) -> PgPool {
        self.0.pool()
    }

    /// A transaction that writes; no other does meanwhile, of whichever process, as in the embedded store: what it reads stays so until
    /// it is committed.
    pub(crate) async fn begin(&self) -> StoreResult<Transaction<'static, Postgres>> {
        let mut tx = self.write().begin().await.map_err(failed)?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(WRITES)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        Ok(tx)
    }
}

impl PostgresStore {
    /// One view of the database.
    pub(crate) async fn begin_snapshot(&self) -> StoreResult<Transaction<'static, Postgres>> {
        self.read().begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await.map_err(failed)
    }

    /// A transaction that only adds what cannot contradict what others write meanwhile.
    pub(crate) async fn begin_beside(&self) -> StoreResult<Transaction<'static, Postgres>> {
        self.write().begin().await.map_err(failed)
    }
}

impl Shared {
    fn pool(&self) -> PgPool {
        self.pool.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets all connections go and begins with new ones: those there are may be dead, read-only, or know statements of an older schema.
    /// What still runs on them may end; what hangs is told after [`GRACE`] that its connection is gone.
    fn begin_anew(&self) {
        let held = self.sockets();
        let old = std::mem::replace(
            &mut *self.pool.write().unwrap_or_else(PoisonError::into_inner),
            pool(&self.options),
        );
        #[expect(clippy::disallowed_methods, reason = "it ends after the grace")]
        tokio::spawn(async move {
            if timeout(GRACE, old.close()).await.is_err() {
                shut_down(&held);
            }
        });
    }

    /// Remembers where the server is found now.
    async fn note_peers(&self) {
        let (host, port) = (self.options.get_host(), self.options.get_port());
        if let Ok(Ok(found)) = timeout(ANSWER_LIMIT, tokio::net::lookup_host((host, port))).await {
            let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
            peers.extend(found);
            // A name that leads to hundreds of addresses is none of a database.
            while peers.len() > PEERS_KEPT {
                peers.pop_first();
            }
        }
    }

    /// The sockets of the connections there are.
    fn sockets(&self) -> Vec<OwnedFd> {
        let peers: Vec<_> =
            self.peers.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        leading_to(&peers).unwrap_or_else(|error| {
            tracing::warn!(%error, "old connections to the database end only when the system gives them up");
            Vec::new()
        })
    }

    async fn look(&self) -> Seen {
        let look = async {
            let mut connection = PgConnection::connect_with(&self.options).await?;
            let recovers: bool = sqlx::query_scalar(
                "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'",
            )
            .fetch_one(&mut connection)
            .await?;
            let version: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
                .fetch_one(&mut connection)
                .await?;
            connection.close().await?;
            Ok::<_, sqlx::Error>(if recovers { Seen::Away } else { Seen::Well(version.unwrap_or(0)) })
        };
        timeout(ANSWER_LIMIT, look).await.map_or(Seen::Away, |seen| seen.unwrap_or(Seen::Away))
    }
}

fn pool(options: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options.clone())
}

/// Begins with new connections once the server is back, has another schema, or the pool is stuck. sqlx gives up no connection by
/// itself whose network swallows bytes.
async fn look_after(shared: Weak<Shared>) {
    let (mut before, mut missed, mut stuck) = (None, 0, 0);
    loop {
        let Some(store) = shared.upgrade() else { return };
        store.note_peers().await;
        drop(store);
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(shared) = shared.upgrade() else { return };
        let pool = shared.pool();
        if pool.is_closed() {
            return;
        }
        let now = shared.look().await;
        missed = if now == Seen::Away { missed + 1 } else { 0 };
        if now == Seen::Away && missed < MISSED_LOOKS {
            // One alone may be our own hurry.
            continue;
        }
        let pool_gives =
            timeout(ANSWER_LIMIT, pool.acquire()).await.is_ok_and(|connection| connection.is_ok());
        stuck = if pool_gives || now == Seen::Away { 0 } else { stuck + 1 };
        let is_back = now != Seen::Away && before.is_some_and(|before| before != now);
        if now == Seen::Away && before != Some(now) {
            tracing::error!(
                "the database does not answer, or only reads; what needs it is answered with 503 until it is back"
            );
        }
        if is_back || stuck >= STUCK_LOOKS {
            tracing::warn!("new connections to the database");
            stuck = 0;
            shared.begin_anew();
        }
        before = Some(now);
    }
}

/// Options that lead to a database whose schema is up to date now.
async fn connected(url: &str) -> StoreResult<PgConnectOptions> {
    let options = PgConnectOptions::from_str(url).map_err(failed)?.application_name("yunke");
    // A migration may take its time: no limits here.
    let mut connection = timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(&options))
        .await
        .map_err(|_| StoreError::Unavailable("the server does not answer".into()))?
        .map_err(failed)?;
    is_utf8(&mut connection).await?;
    MIGRATIONS.run(&mut connection).await.map_err(|error| match error {
        MigrateError::VersionMissing(written) => StoreError::Newer {
            written,
            known: MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0),
        },
        other => StoreError::Failed(Box::new(other)),
    })?;
    connection.close().await.map_err(failed)?;
    Ok(options)
}

/// Refuses a database that does not know characters: it would count bytes, and fail at the first Chinese name.
async fn is_utf8(connection: &mut PgConnection) -> StoreResult<()> {
    let encoding: String =
        sqlx::query_scalar("SHOW server_encoding").fetch_one(connection).await.map_err(failed)?;
    if encoding == "UTF8" {
        return Ok(());
    }
    let sentence = format!(
        "it has the encoding {encoding} and must have UTF8: create it with CREATE DATABASE yunke ENCODING 'UTF8' TEMPLATE template0"
    );
    Err(StoreError::Failed(sentence.into()))
}
