//! Reads a recording's index back: after a restart, and for the replay.

use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use futures_util::TryStreamExt as _;

use super::{
    fill::{FillRecord, FillState, Retired, fills_prefix, retired_prefix},
    index::{self, Index},
};

/// Where a lesson's recording goes on after a restart, or starts.
#[derive(Debug, Clone)]
pub struct Beginning {
    /// What is recorded already; empty for a new recording.
    pub index: Index,
    /// Pages in the store.
    pub pages: u32,
}

/// What the store has of a lesson.
#[derive(Debug, Clone)]
pub enum Loaded {
    /// Nothing.
    Nothing,
    /// A recording under way, or one whose end was never written.
    Open(Beginning),
    /// A complete recording.
    Complete(Index),
}

/// Loads what the store has of a lesson. An object that cannot be read is an error: going on from half an index would
/// overwrite the other half.
pub async fn load(store: &dyn ObjectStore, lesson: Uuid) -> Result<Loaded, object_store::Error> {
    if let Some(whole) = get(store, &index::index_path(lesson)).await? {
        return Ok(Loaded::Complete(whole));
    }
    let prefix = index::pages_prefix(lesson);
    let mut paths: Vec<Path> =
        store.list(Some(&prefix)).map_ok(|object| object.location).try_collect().await?;
    paths.sort();
    let mut pages = 0;
    let mut sum: Option<Index> = None;
    for path in &paths {
        let Some(page) = get(store, path).await? else { continue };
        pages += 1;
        match &mut sum {
            None => sum = Some(page),
            Some(sum) => sum.append(page),
        }
    }
    Ok(sum.map_or(Loaded::Nothing, |index| Loaded::Open(Beginning { index, pages })))
}

/// The whole recording of a lesson that has ended, if it is complete, with the fills that are ready.
pub async fn whole(store: &dyn ObjectStore, lesson: Uuid) -> Result<Option<Index>, object_store::Error> {
    let Some(mut index) = get::<Index>(store, &index::index_path(lesson)).await? else { return Ok(None) };
    for record in fills(store, lesson).await? {
        if let FillState::Ready(filled) = &record.state {
            index.apply(filled);
        }
    }
    Ok(Some(index))
}

/// The fills of a lesson, in order of their making.
pub async fn fills(store: &dyn ObjectStore, lesson: Uuid) -> Result<Vec<FillRecord>, object_store::Error> {
    let mut records: Vec<FillRecord> = all(store, &fills_prefix(lesson)).await?;
    records.sort_by_key(|record| (record.created_at, record.fill));
    Ok(records)
}

/// What the fills of a lesson had before they were moved or withdrawn, as long as it is kept.
pub async fn retired(store: &dyn ObjectStore, lesson: Uuid) -> Result<Vec<Retired>, object_store::Error> {
    all(store, &retired_prefix(Some(lesson))).await
}

async fn all<T: DeserializeOwned>(store: &dyn ObjectStore, prefix: &Path) -> object_store::Result<Vec<T>> {
    let paths: Vec<Path> = store.list(Some(prefix)).map_ok(|object| object.location).try_collect().await?;
    let mut found = Vec::new();
    for path in &paths {
        found.extend(get(store, path).await?);
    }
    Ok(found)
}

async fn get<T: DeserializeOwned>(
    store: &dyn ObjectStore,
    path: &Path,
) -> Result<Option<T>, object_store::Error> {
    let object = match store.get(path).await {
        Ok(object) => object,
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let bytes = object.bytes().await?;
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|source| object_store::Error::Generic { store: "index", source: source.into() })
}
