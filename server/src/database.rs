//! Opens the database the configuration names: the embedded one, or PostgreSQL.

use std::sync::Arc;

use yunke_store::Store;
use yunke_store_postgres::PostgresStore;
use yunke_store_sqlite::SqliteStore;

use crate::{config::Config, problem::source_chain};

/// Opens it and brings its schema up to date. An error says which database it was, without a password.
pub(crate) async fn open(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    let Some(url) = &config.database_url else {
        let file = config.database();
        let store = SqliteStore::open(&file)
            .await
            .map_err(|error| anyhow::anyhow!("the database {}: {}", file.display(), source_chain(&error)))?;
        return Ok(Arc::new(store));
    };
    let store = PostgresStore::open(url.reveal())
        .await
        .map_err(|error| anyhow::anyhow!("the database {url}: {}", source_chain(&error)))?;
    Ok(Arc::new(store))
}
