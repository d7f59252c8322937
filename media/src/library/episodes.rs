//! What is known of a version that is listened to: read once.

use std::sync::Arc;

use axum::http::HeaderValue;
use uuid::Uuid;

use super::{
    core::Library,
    error::LibraryError,
    kept::{Episode, File},
    map::ByteMap,
    records,
};
use crate::live::problem::Problem;

impl Library {
    /// A version that can be listened to.
    pub(super) async fn episode(&self, version: Uuid) -> Result<Arc<Episode>, Problem> {
        if let Some(episode) = self.0.episodes.get(version) {
            return Ok(episode);
        }
        let read = self.read_episode(version).await.map_err(|error| {
            tracing::error!(%version, %error, "an episode cannot be read");
            Problem::Storage
        })?;
        let episode = Arc::new(read.ok_or(Problem::NotFound)?);
        self.0.episodes.keep(version, &episode);
        Ok(episode)
    }

    async fn read_episode(&self, version: Uuid) -> Result<Option<Episode>, LibraryError> {
        let store = &*self.0.store;
        let Some(known) = records::known(store, version).await? else { return Ok(None) };
        let Some(facts) = known.facts else { return Ok(None) };
        let mut files = Vec::new();
        for rendition in facts.renditions {
            let map = records::bytes(store, version, &format!("{}.map", rendition.name)).await?;
            let kind = rendition.mime.split(';').next().unwrap_or_default();
            files.push(File {
                tag: HeaderValue::try_from(format!("\"{}\"", rendition.sha256))
                    .map_err(|_| LibraryError::Damaged)?,
                kind: HeaderValue::try_from(kind).map_err(|_| LibraryError::Damaged)?,
                map: map.map(|bytes| ByteMap::from_bytes(&bytes)).unwrap_or_default(),
                name: rendition.name,
                bytes: rendition.bytes,
            });
        }
        Ok(Some(Episode { item: known.plan.item, length_ms: facts.length_ms, files }))
    }
}
