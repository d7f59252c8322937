//! How far a version is.

use uuid::Uuid;
use yunke_protocol::{AudioStage, AudioStatus};

use super::{core::Library, error::LibraryError, records};

impl Library {
    /// How far a version is.
    pub(super) async fn status(&self, version: Uuid) -> Result<AudioStatus, LibraryError> {
        match records::known(&*self.0.store, version).await {
            Ok(known) => self.describe(version, known.ok_or(LibraryError::Unknown)?).await,
            // A matter of this version: those that are asked about with it have their answers.
            Err(LibraryError::Damaged) => Ok(AudioStatus::damaged(version)),
            Err(error) => Err(error),
        }
    }

    /// The same of what is known of it already. A whole file that nobody works on is queued.
    pub(super) async fn describe(
        &self,
        version: Uuid,
        known: records::Known,
    ) -> Result<AudioStatus, LibraryError> {
        let records::Known { plan, failed, facts } = known;
        if facts.is_some() {
            return Ok(AudioStatus { facts, ..AudioStatus::whole(version, &plan, AudioStage::Ready) });
        }
        if let Some(failed) = failed {
            let code = Some(failed.code);
            return Ok(AudioStatus { code, ..AudioStatus::whole(version, &plan, AudioStage::Failed) });
        }
        let received = self.0.parts.received(version).await;
        if received < plan.bytes {
            return Ok(AudioStatus::receiving(version, &plan, received));
        }
        self.enqueue(version);
        let progress = self.under_way().get(&version).copied();
        let stage = match progress {
            Some(progress) if progress.step.is_some() => AudioStage::Running,
            _ => AudioStage::Queued,
        };
        let percent = progress.filter(|progress| progress.step.is_some()).map(|progress| progress.percent);
        let step = progress.and_then(|progress| progress.step);
        Ok(AudioStatus { step, percent, ..AudioStatus::whole(version, &plan, stage) })
    }
}
