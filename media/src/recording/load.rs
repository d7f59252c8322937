//! Reads a recording's index back: after a restart, and for the replay.

use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use uuid::Uuid;

use futures_util::TryStreamExt as _;

use super::{
    Beginning,
    index::{self, Index},
};

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

/// The whole recording of a lesson that has ended, if it is complete.
pub async fn whole(store: &dyn ObjectStore, lesson: Uuid) -> Result<Option<Index>, object_store::Error> {
    get(store, &index::index_path(lesson)).await
}

async fn get(store: &dyn ObjectStore, path: &Path) -> Result<Option<Index>, object_store::Error> {
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
