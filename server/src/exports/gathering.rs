//! Everybody on a lesson's roll with what they played of it, page by page: what all exports are counted from. The pages are read
//! ahead, so that the database reads while others judge and write.

use std::collections::VecDeque;

use tokio::task::JoinHandle;
use uuid::Uuid;
use yunke_domain::{Interval, Utc};
use yunke_store::{Lesson, Page, RollEntry, RollFilter, RollPart, StoreResult, UtcMillis};

use super::error::DetailError;
use crate::{
    core::Core,
    evidence::{Record, Records, Subject, outages},
};

/// Members whose evidence is read at once.
const PAGE: usize = 100;

/// Pages that are under way at once; further ones wait until one was taken.
const AHEAD: usize = 3;

/// Somebody on the roll, and what they played.
pub(super) type Gathered = (RollEntry, Option<Record>);

/// A lesson's roll with its records.
pub(super) struct Gathering {
    core: Core,
    subject: Subject,
    outages: Vec<Interval<Utc>>,
    now: UtcMillis,
    roll: std::vec::IntoIter<RollEntry>,
    pages: VecDeque<JoinHandle<StoreResult<Vec<Gathered>>>>,
}

/// Everybody of a lesson's roll inside these paths. Names and branches, not evidence: of a lesson of 21,000 that is a few megabytes.
pub(super) async fn roll_of(core: &Core, lesson: Uuid, paths: Vec<String>) -> StoreResult<Vec<RollEntry>> {
    let filter = RollFilter { within: paths, part: RollPart::All, query: String::new(), user_id: None };
    let everybody = Page { offset: 0, limit: i64::MAX };
    Ok(core.store.roll(lesson, &filter, everybody).await?.entries)
}

impl Gathering {
    /// Of a lesson, inside these paths, as of now.
    pub(super) async fn new(
        core: &Core,
        lesson: &Lesson,
        paths: Vec<String>,
        now: UtcMillis,
    ) -> StoreResult<Self> {
        let roll = roll_of(core, lesson.id, paths).await?.into_iter();
        let outages = outages(core.store.as_ref(), now).await?;
        Ok(Self {
            core: core.clone(),
            subject: Subject::from(lesson),
            outages,
            now,
            roll,
            pages: VecDeque::new(),
        })
    }

    /// The next of them, in the roll's order; empty: there are no more.
    pub(super) async fn page(&mut self) -> Result<Vec<Gathered>, DetailError> {
        while self.pages.len() < AHEAD {
            let some: Vec<RollEntry> = self.roll.by_ref().take(PAGE).collect();
            if some.is_empty() {
                break;
            }
            let records = Records::with_outages(
                self.core.store.clone(),
                self.subject.clone(),
                self.outages.clone(),
                self.now,
            );
            self.pages.push_back(self.core.tasks.spawn(gather(some, records)));
        }
        match self.pages.pop_front() {
            None => Ok(Vec::new()),
            Some(page) => match page.await {
                Ok(page) => Ok(page?),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => Err(DetailError::Stopped),
            },
        }
    }
}

async fn gather(some: Vec<RollEntry>, mut records: Records) -> StoreResult<Vec<Gathered>> {
    let came: Vec<Uuid> = some.iter().filter(|entry| entry.attended).map(|entry| entry.user_id).collect();
    let mut found = records.of_all(&came).await?.into_iter().peekable();
    // Both are in the roll's order.
    let paired = some.into_iter().map(|entry| {
        let record = found.next_if(|record| record.evidence.user_id == entry.user_id);
        (entry, record)
    });
    Ok(paired.collect())
}

impl Drop for Gathering {
    fn drop(&mut self) {
        self.pages.iter().for_each(JoinHandle::abort);
    }
}
