//! A version's beginning and its end: announced, uploaded, tried again, removed.

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::BodyDataStream;
use uuid::Uuid;
use yunke_protocol::{AudioPlan, AudioStatus, MAX_AUDIO_BYTES, MAX_AUDIO_NAME_BYTES, UtcMillis};

use super::{core::Library, error::LibraryError, records};
use crate::upload::{Owner, UploadError, tus::Upload};

impl Library {
    /// Announces a version. The same plan again goes on where the upload stopped.
    pub(super) async fn announce(&self, version: Uuid, plan: AudioPlan) -> Result<AudioStatus, LibraryError> {
        if plan.bytes == 0 || plan.bytes > MAX_AUDIO_BYTES {
            return Err(LibraryError::Size);
        }
        if plan.name.len() > MAX_AUDIO_NAME_BYTES {
            return Err(LibraryError::Request("the name is too long"));
        }
        let _change = self.0.changes.lock().await;
        match records::known(&*self.0.store, version).await? {
            Some(known) if known.plan == plan => return self.describe(version, known).await,
            Some(_) => return Err(LibraryError::Exists),
            None => {}
        }
        self.0.parts.promise_room(version, plan.bytes, (self.0.clock)()).await?;
        if let Err(error) = records::put(&*self.0.store, version, "plan.json", &plan).await {
            self.0.parts.remove(version).await;
            return Err(error);
        }
        Ok(AudioStatus::receiving(version, &plan, 0))
    }

    /// Removes a version and all that was made of it. One that nobody knows is removed already.
    pub(super) async fn remove(&self, version: Uuid) -> Result<(), LibraryError> {
        let _change = self.0.changes.lock().await;
        // A worker that is at it is ended by who started it.
        self.under_way().remove(&version);
        records::remove_all(&*self.0.store, version).await?;
        self.0.episodes.forget(version);
        self.0.parts.remove(version).await;
        Ok(())
    }

    /// Has a version that failed tried again.
    pub(super) async fn retry(&self, version: Uuid) -> Result<AudioStatus, LibraryError> {
        let _change = self.0.changes.lock().await;
        let store = &*self.0.store;
        let (plan, failed) = match records::known(store, version).await {
            Ok(known) => {
                let known = known.ok_or(LibraryError::Unknown)?;
                if known.failed.is_none() {
                    return self.describe(version, known).await;
                }
                (known.plan, "failed.json")
            }
            // What became of it cannot be read: it is found out again, if the plan can.
            Err(LibraryError::Damaged) => {
                let plan = records::get(store, version, "plan.json").await;
                (plan.ok().flatten().ok_or(LibraryError::FileGone)?, "facts.json")
            }
            Err(error) => return Err(error),
        };
        if self.0.parts.received(version).await < plan.bytes {
            return Err(LibraryError::FileGone);
        }
        for name in [failed, "failed.json"] {
            records::remove(store, version, name).await?;
        }
        self.describe(version, records::Known { plan, failed: None, facts: None }).await
    }

    /// The upload of a version, as a page writes to it until its pass is over.
    pub(super) fn upload(&self, version: Uuid, expires_at: UtcMillis) -> Arc<dyn Upload> {
        Arc::new(VersionUpload { library: self.clone(), version, expires_at })
    }
}

struct VersionUpload {
    library: Library,
    version: Uuid,
    expires_at: UtcMillis,
}

#[async_trait]
impl Owner for VersionUpload {
    /// What it is is found out when all of it is here.
    fn fits(&self, _beginning: &[u8]) -> bool {
        true
    }

    async fn wanted(&self) -> Result<(), UploadError> {
        if (self.library.0.clock)() >= self.expires_at {
            return Err(UploadError::Expired);
        }
        self.known().await.map(drop)
    }
}

impl VersionUpload {
    async fn known(&self) -> Result<records::Known, UploadError> {
        match records::known(&*self.library.0.store, self.version).await {
            Ok(known) => known.ok_or(UploadError::Unknown),
            Err(error) => {
                tracing::error!(version = %self.version, %error, "an upload cannot be looked up");
                Err(UploadError::Disk)
            }
        }
    }

    async fn received(&self, known: &records::Known) -> u64 {
        if known.facts.is_some() || known.failed.is_some() {
            return known.plan.bytes;
        }
        self.library.0.parts.received(self.version).await
    }
}

#[async_trait]
impl Upload for VersionUpload {
    async fn so_far(&self) -> Result<(u64, u64), UploadError> {
        let known = self.known().await?;
        Ok((self.received(&known).await, known.plan.bytes))
    }

    async fn append(&self, offset: u64, body: BodyDataStream) -> Result<u64, UploadError> {
        let known = self.known().await?;
        let (received, size) = (self.received(&known).await, known.plan.bytes);
        // The answer to the last bytes was lost: nothing is left to send.
        if received >= size {
            return if offset == size { Ok(size) } else { Err(UploadError::Offset(size)) };
        }
        let turn = self.library.0.parts.turn(self.version)?;
        let end = turn.append(offset, size, body, self).await;
        // Removed meanwhile: then the file was removed, or it was not there yet.
        if let Err(UploadError::Unknown) = self.known().await {
            turn.parts().remove(self.version).await;
            return Err(UploadError::Unknown);
        }
        if end? == size {
            turn.parts().complete(self.version).await;
            drop(turn);
            if let Err(error) = self.library.status(self.version).await {
                // It is looked for again when somebody asks, and after a restart.
                tracing::warn!(version = %self.version, %error, "a whole file is left waiting");
            }
        }
        end
    }

    async fn end(&self) -> Result<(), UploadError> {
        let known = self.known().await?;
        if self.received(&known).await >= known.plan.bytes {
            return Err(UploadError::Locked);
        }
        self.library.remove(self.version).await.map_err(|error| {
            tracing::error!(version = %self.version, %error, "an upload could not be removed");
            UploadError::Disk
        })
    }
}
