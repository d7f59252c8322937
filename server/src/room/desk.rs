//! Where beats are handed in: the same for the socket and for the POST. Checks the lease, keeps the
//! beats, and answers with what was kept and how far the member is.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_protocol::{Lease, LeaseError, LeaseKey};
use yunke_store::{Appended, BeatRow, LeasePurpose, LeaseRow, StoreError, UtcMillis};

use super::registry::{RoomError, Rooms};
use crate::{
    evidence::{Progress, RefusedBeat, SlowDown, read_beats},
    problem::Problem,
};

/// The stable code of a lease whose place others have taken.
pub const SUPERSEDED: &str = "lease_superseded";

/// Why a lease does not open the room to this person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdmitError {
    /// Not a lease of this server, altered, or one that beats cannot be sent under.
    #[error("not a valid lease")]
    Invalid,
    /// Its time is over.
    #[error("the lease has expired")]
    Expired,
    /// It is for another lesson.
    #[error("the lease is for another lesson")]
    OtherLesson,
    /// It was issued to somebody else.
    #[error("the lease belongs to somebody else")]
    NotYours,
    /// Newer leases of the same member and lesson took its place.
    #[error("the lease was superseded")]
    Superseded,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AdmitError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid => "lease_invalid",
            Self::Expired => "lease_expired",
            Self::OtherLesson => "lease_other_lesson",
            Self::NotYours => "lease_not_yours",
            Self::Superseded => SUPERSEDED,
            Self::Store(_) => "busy",
        }
    }
}

impl From<AdmitError> for Problem {
    fn from(error: AdmitError) -> Self {
        let code = error.code();
        match error {
            AdmitError::Store(error) => error.into(),
            AdmitError::Expired => Self::forbidden(code, "The lease has expired. Open the lesson again."),
            AdmitError::Superseded => Self::superseded(),
            other => Self::forbidden(code, format!("This does not open the room: {other}.")),
        }
    }
}

impl From<RoomError> for Problem {
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::NoLesson => Self::not_found(),
            RoomError::Store(error) => error.into(),
            RoomError::SlowDown(SlowDown { retry_s }) => {
                let sentence = "That is more than a player makes. Nothing was kept; send it again later.";
                Self::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", sentence).retry_after(retry_s)
            }
            RoomError::Superseded => Self::superseded(),
            RoomError::Write(_) | RoomError::Silent => {
                Self::unavailable("busy", "The server is busy. Try again in a moment.", 2)
            }
        }
    }
}

impl Problem {
    fn superseded() -> Self {
        Self::forbidden(SUPERSEDED, "This lesson was opened on too many devices at once. Open it again.")
    }
}

/// Checks that `token` is a lease of `user` to watch `lesson`.
pub async fn admit(
    rooms: &Rooms,
    key: &LeaseKey,
    token: &str,
    lesson: Uuid,
    user: Uuid,
    now: UtcMillis,
) -> Result<LeaseRow, AdmitError> {
    let lease = Lease::verify(token, key, now).map_err(|error| match error {
        LeaseError::Expired => AdmitError::Expired,
        _ => AdmitError::Invalid,
    })?;
    if lease.lesson != lesson {
        return Err(AdmitError::OtherLesson);
    }
    let store = &rooms.core().store;
    let row = store.lease(lease.id).await?.ok_or(AdmitError::Invalid)?;
    if row.user_id != user {
        return Err(AdmitError::NotYours);
    }
    if row.is_over(now) {
        return Err(AdmitError::Expired);
    }
    if row.purpose != LeasePurpose::Watch {
        return Err(AdmitError::Invalid);
    }
    if store.lease_is_superseded(row.id).await? {
        return Err(AdmitError::Superseded);
    }
    Ok(row)
}

/// What became of a batch.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Answer {
    /// Beats that are durable now, or were before.
    pub acked: Vec<i64>,
    /// Beats that were not kept and never will be.
    pub refused: Vec<RefusedBeat>,
    /// How far the member is; `null` only when that could not be computed just now.
    pub progress: Option<Progress>,
}

impl Rooms {
    /// Keeps a batch under a lease that was admitted. An error means that nothing was kept; the client
    /// sends the batch again.
    pub async fn hand_in(&self, lease: &LeaseRow, batch: &[Box<RawValue>]) -> Result<Answer, RoomError> {
        let began = tokio::time::Instant::now();
        let (mut answer, new) = self.keep(lease, batch).await?;
        // From here on everything is durable: whatever fails below, the batch is acknowledged.
        let progress = if new.is_empty() { self.known(lease).await } else { self.kept(lease, new).await };
        answer.progress = progress
            .inspect_err(|error| tracing::debug!(%error, "beats kept, but their room did not answer in time"))
            .ok();
        metrics::histogram!("yunke_beats_ack_seconds").record(began.elapsed());
        Ok(answer)
    }

    /// Keeps a batch; gives what to acknowledge, still without progress, and the beats that were new.
    pub(super) async fn keep(
        &self,
        lease: &LeaseRow,
        batch: &[Box<RawValue>],
    ) -> Result<(Answer, Vec<BeatRow>), RoomError> {
        if self.is_superseded(lease.id) {
            return Err(RoomError::Superseded);
        }
        self.limits().batch(lease.user_id, batch.len(), self.core().source.uptime())?;
        let (bodies, mut refused) = read_beats(batch);
        let mut acked = Vec::with_capacity(bodies.len());
        let mut new = Vec::new();
        if !bodies.is_empty() {
            let kept = self.writer().keep(lease.id, bodies).await;
            // Some of it may be kept all the same, and is known when it comes again: the room reads this member anew.
            let kept = kept.inspect_err(|_| self.unsure_of(lease))?;
            for (seq, outcome) in &kept.outcomes {
                match outcome {
                    Appended::New | Appended::Known => acked.push(*seq),
                    Appended::Conflict => refused.push(RefusedBeat { seq: Some(*seq), code: "seq_conflict" }),
                }
            }
            new = kept.new;
        }
        metrics::counter!("yunke_beats_acknowledged_total").increment(acked.len() as u64);
        metrics::counter!("yunke_beats_refused_total").increment(refused.len() as u64);
        Ok((Answer { acked, refused, progress: None }, new))
    }
}
