//! How far somebody is with one lesson, with many, and what they earned in a year.

use uuid::Uuid;
use yunke_domain::{Interval, Utc};
use yunke_store::{EvidenceMark, Lesson, LessonPhase, UtcMillis};

use super::{RoomError, Rooms};
use crate::{
    core::Core,
    evidence::{KeptProgress, Progress, Records, Subject, marks_of, outages},
    problem::ApiResult,
};

/// How far `user` is with `lesson`.
pub async fn progress_of(rooms: &Rooms, user: Uuid, lesson: &Lesson) -> ApiResult<Option<Progress>> {
    if lesson.phase == LessonPhase::Cancelled {
        return Ok(None);
    }
    if let Some(room) = rooms.opened(lesson.id) {
        match room.progress(user).await {
            Ok(progress) => return Ok(Some(progress)),
            // It was just closing, or is busy: the evidence says the same.
            Err(RoomError::Silent) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let Core { store, source, .. } = rooms.core();
    let mut records = Records::new(store.clone(), lesson, source.now()).await?;
    Ok(Some(records.progress(user).await?))
}

/// One member's progress with everything they ever opened. Looks at the evidence once; of lessons that are over only those
/// are judged whose evidence has changed since.
pub struct Standing<'a> {
    rooms: &'a Rooms,
    kept: &'a KeptProgress,
    user: Uuid,
    marks: Vec<EvidenceMark>,
    outages: Vec<Interval<Utc>>,
    now: UtcMillis,
}

impl<'a> Standing<'a> {
    /// Of this member, as of now.
    pub async fn of(rooms: &'a Rooms, kept: &'a KeptProgress, user: Uuid) -> ApiResult<Self> {
        let Core { store, source, .. } = rooms.core();
        let now = source.now();
        let outages = outages(store.as_ref(), now).await?;
        Ok(Self { rooms, kept, user, marks: store.evidence_marks(user).await?, outages, now })
    }

    /// How far with one lesson or episode; `None` if they never opened it.
    pub async fn with(&self, id: Uuid) -> ApiResult<Option<Progress>> {
        let Self { rooms, kept, user, outages, .. } = self;
        let store = &rooms.core().store;
        let Some(own) = self.marks.iter().find(|mark| mark.item.id == id) else { return Ok(None) };
        let marks = marks_of(&self.marks, own);
        let (item, over) = (own.item, own.phase == LessonPhase::Ended);
        if over && let Some(progress) = kept.find(*user, id, marks, outages) {
            return Ok(Some(progress));
        }
        if !over {
            let Some(lesson) = store.lesson(id).await? else { return Ok(None) };
            return progress_of(rooms, *user, &lesson).await;
        }
        let Some(subject) = Subject::find(store.as_ref(), item).await? else { return Ok(None) };
        let mut records = Records::with_outages(store.clone(), subject, outages.clone(), self.now);
        let progress = records.progress(*user).await?;
        kept.keep(*user, id, marks, outages, progress);
        Ok(Some(progress))
    }

    /// Credit hours × 1000 earned with lessons planned to start in `[from, until)` that are over, and with episodes first opened in it.
    pub async fn hours_in(&self, from: UtcMillis, until: UtcMillis) -> ApiResult<i64> {
        let mut hours_milli = 0;
        for mark in &self.marks {
            if mark.phase == LessonPhase::Ended && (from..until).contains(&mark.planned_start_at) {
                hours_milli += self.with(mark.item.id).await?.map_or(0, |progress| progress.hours_milli);
            }
        }
        Ok(hours_milli)
    }
}
