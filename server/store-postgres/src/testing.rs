//! Databases for tests, each a copy of one that has the schema, in a server that all tests share.

use std::process::Command;

use sqlx::{Connection as _, PgConnection};

use crate::PostgresStore;

/// Names the lock under which the copied database is created, once.
const TEMPLATE_LOCK: i64 = 1;

/// A database of its own; it is dropped with its server.
#[derive(Debug)]
pub struct Scratch {
    /// Where it is.
    pub url: String,
}

/// The address of the shared server: `YUNKE_TEST_POSTGRES`, or the one that scripts/postgres.sh starts.
fn server() -> String {
    if let Ok(url) = std::env::var("YUNKE_TEST_POSTGRES") {
        return url;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/postgres.sh");
    let output = Command::new(script).output().expect("scripts/postgres.sh runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("an address").trim().to_owned()
}

fn of(server: &str, database: &str) -> String {
    let (host, _) = server.rsplit_once('/').expect("an address with a database");
    format!("{host}/{database}")
}

/// The schema's own name: what other checkouts or versions left in the same server is another one.
fn template() -> String {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    crate::db::MIGRATIONS.iter().for_each(|migration| migration.checksum.hash(&mut hasher));
    format!("schema_{:016x}", hasher.finish())
}

/// An empty database that has the schema.
pub async fn scratch() -> Scratch {
    let (server, template) = (server(), template());
    let mut connection = PgConnection::connect(&server).await.expect("the server of the tests answers");
    let run = async |connection: &mut PgConnection, sql: String| {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(connection).await.expect("done");
    };
    run(&mut connection, format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await;
    let there: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate)")
            .bind(&template)
            .fetch_one(&mut connection)
            .await
            .expect("read");
    if !there {
        run(&mut connection, format!("DROP DATABASE IF EXISTS {template}")).await;
        run(&mut connection, format!("CREATE DATABASE {template}")).await;
        let store = PostgresStore::open(&of(&server, &template)).await.expect("migrated");
        yunke_store::OperationStore::close(&store).await;
        run(&mut connection, format!("ALTER DATABASE {template} IS_TEMPLATE true")).await;
    }
    let name = format!("test_{}", uuid::Uuid::new_v4().simple());
    run(&mut connection, format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    run(&mut connection, format!("SELECT pg_advisory_unlock({TEMPLATE_LOCK})")).await;
    connection.close().await.expect("closed");
    Scratch { url: of(&server, &name) }
}

/// A store in a database of its own.
pub async fn store() -> (PostgresStore, Scratch) {
    let scratch = scratch().await;
    (PostgresStore::open(&scratch.url).await.expect("opened"), scratch)
}
