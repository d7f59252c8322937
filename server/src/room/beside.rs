//! Beats of items that have no room: nobody is shown who else listens. The same checks and the same record; only that a member's
//! record is judged now and then and not with every batch, since nobody but them looks at it.

use serde_json::value::RawValue;
use yunke_store::{BeatCause, BeatRow, BeatState, LeaseRow};

use super::{Answer, RoomError, Rooms};
use crate::{
    core::Core,
    evidence::{Progress, Records, Subject},
};

impl Rooms {
    /// Keeps a batch of an item that has no room, as [`Rooms::hand_in`] does, and gives the beats that were new. `progress` is
    /// `None` unless it is time to judge.
    pub async fn submit_beside(
        &self,
        lease: &LeaseRow,
        batch: &[Box<RawValue>],
    ) -> Result<(Answer, Vec<BeatRow>), RoomError> {
        let (mut answer, new) = self.keep(lease, batch).await?;
        if new.iter().any(|beat| beat.body.state == BeatState::Playing) {
            self.contest(lease);
        }
        let stops = |beat: &BeatRow| {
            beat.body.state != BeatState::Playing
                || matches!(beat.body.cause, BeatCause::Pause | BeatCause::End)
        };
        let stops = new.iter().any(stops);
        let Core { source, .. } = self.core();
        if self.judged_at().is_due(lease.user_id, lease.item.id, stops, source.uptime()) {
            answer.progress = self.progress_beside(lease).await;
        }
        Ok((answer, new))
    }

    /// How far a member is with an item that has no room.
    async fn progress_beside(&self, lease: &LeaseRow) -> Option<Progress> {
        let Core { store, source, .. } = self.core();
        let _turn = self.limits().turn(lease.user_id).await.ok()?;
        let judged = async {
            let Some(subject) = Subject::find(store.as_ref(), lease.item).await? else { return Ok(None) };
            Records::new(store.clone(), subject, source.now()).await?.progress(lease.user_id).await.map(Some)
        };
        judged
            .await
            .inspect_err(|error: &yunke_store::StoreError| {
                tracing::debug!(%error, "beats kept, but not judged just now");
            })
            .ok()
            .flatten()
    }
}
