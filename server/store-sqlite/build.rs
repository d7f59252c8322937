//! Makes a scratch database from the migrations, which the query macros check every statement against.
//! Nothing generated is kept in the repository, so nothing can go stale (docs/adr/0001).

use std::{error::Error, path::Path};

use sqlx::{Connection as _, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};

const MIGRATIONS: &str = "../../migrations/sqlite";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={MIGRATIONS}");
    println!("cargo:rerun-if-changed=sqlx.toml");
    let database = Path::new(&std::env::var("OUT_DIR")?).join("schema.db");
    for suffix in ["", "-wal", "-shm"] {
        let mut file = database.clone().into_os_string();
        file.push(suffix);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(migrate(&database))?;
    println!("cargo:rustc-env=YUNKE_SQLITE_SCHEMA_URL=sqlite://{}", database.display());
    Ok(())
}

async fn migrate(database: &Path) -> Result<(), Box<dyn Error>> {
    let options = SqliteConnectOptions::new().filename(database).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    Migrator::new(Path::new(MIGRATIONS)).await?.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
