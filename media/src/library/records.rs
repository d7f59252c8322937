//! What the store has of a version: small files of JSON, each written as a whole.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;
use yunke_protocol::{AudioFacts, AudioPlan};

use super::error::LibraryError;

/// Versions a node may have; listing them goes through all of them once at its start.
const VERSIONS: usize = 1_000_000;

/// Why a version cannot be encoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failed {
    /// The page has the words.
    pub(super) code: String,
}

/// Where a file of a version lies.
pub(super) fn path(version: Uuid, name: &str) -> Path {
    Path::from(format!("library/{version}/{name}"))
}

/// What is known of a version.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    pub(super) plan: AudioPlan,
    pub(super) failed: Option<Failed>,
    pub(super) facts: Option<AudioFacts>,
}

/// All records of a version; none if it was never announced.
pub(super) async fn known(store: &dyn ObjectStore, version: Uuid) -> Result<Option<Known>, LibraryError> {
    let Some(plan) = get(store, version, "plan.json").await? else { return Ok(None) };
    let facts = get(store, version, "facts.json").await?;
    let failed = if facts.is_none() { get(store, version, "failed.json").await? } else { None };
    Ok(Some(Known { plan, failed, facts }))
}

/// One record.
pub(super) async fn get<T: DeserializeOwned>(
    store: &dyn ObjectStore,
    version: Uuid,
    name: &str,
) -> Result<Option<T>, LibraryError> {
    match bytes(store, version, name).await? {
        Some(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            tracing::error!(%version, name, %error, "a record of the library cannot be read");
            LibraryError::Damaged
        }),
        None => Ok(None),
    }
}

/// One file, whole: for records and covers, which are small.
pub(super) async fn bytes(
    store: &dyn ObjectStore,
    version: Uuid,
    name: &str,
) -> Result<Option<Bytes>, LibraryError> {
    match store.get(&path(version, name)).await {
        Ok(object) => Ok(Some(object.bytes().await?)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Writes one record.
pub(super) async fn put<T: Serialize>(
    store: &dyn ObjectStore,
    version: Uuid,
    name: &str,
    record: &T,
) -> Result<(), LibraryError> {
    let json = serde_json::to_vec(record).map_err(|_| LibraryError::Damaged)?;
    store.put(&path(version, name), json.into()).await?;
    Ok(())
}

/// Removes one file, if it is there.
pub(super) async fn remove(store: &dyn ObjectStore, version: Uuid, name: &str) -> Result<(), LibraryError> {
    match store.delete(&path(version, name)).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Removes all of a version, the plan first: what is left over when it is killed is nobody's.
pub(super) async fn remove_all(store: &dyn ObjectStore, version: Uuid) -> Result<(), LibraryError> {
    remove(store, version, "plan.json").await?;
    let prefix = Path::from(format!("library/{version}"));
    let files: Vec<Path> = store.list(Some(&prefix)).map_ok(|file| file.location).try_collect().await?;
    for file in files {
        match store.delete(&file).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The ids of all versions.
pub(super) async fn versions(store: &dyn ObjectStore) -> Result<Vec<Uuid>, LibraryError> {
    let listed = store.list_with_delimiter(Some(&Path::from("library"))).await?;
    let ids = listed.common_prefixes.iter().filter_map(|path| path.filename()?.parse::<Uuid>().ok());
    Ok(ids.take(VERSIONS).collect())
}
