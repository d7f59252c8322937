//! The work of a preview, lesson after lesson.

use std::sync::Arc;

use tokio::sync::Semaphore;
use uuid::Uuid;
use yunke_store::{Lesson, LessonSummary, Page, RollFilter, RollPart, StoreResult};

use super::{
    compare::{ChangeCounts, LessonResult},
    preview::{MEMBERS_MAX, Preview, State, WORK_MS},
};
use crate::{
    core::Core,
    evidence::{Records, outages, rule},
    problem::source_chain,
};

/// Previews that are worked on at once.
static TURN: Semaphore = Semaphore::const_new(1);

/// Members whose evidence is read at once.
const PAGE: usize = 100;

/// Works on it until it is over.
pub(super) async fn run(core: Core, preview: Arc<Preview>) {
    let worked = tokio::select! {
        () = preview.cancel.cancelled() => Ok(State::Cancelled),
        () = core.stopping.cancelled() => Ok(State::Cancelled),
        worked = work(&core, &preview) => worked,
    };
    let state = worked.unwrap_or_else(|error| {
        tracing::error!(error = %source_chain(&error), "a preview of a rule failed");
        State::Failed
    });
    preview.write(|found| found.state = state);
}

async fn work(core: &Core, preview: &Preview) -> StoreResult<State> {
    let _turn = TURN.acquire().await.expect("never closed");
    preview.write(|found| found.state = State::Running);
    let until = core.source.uptime() + WORK_MS;
    let now = core.source.now();
    let outages = outages(core.store.as_ref(), now).await?;
    let mut members = 0;
    for summary in &preview.asked.lessons {
        let Some(lesson) = core.store.lesson(summary.id).await? else { continue };
        let records = Records::with_outages(core.store.clone(), &lesson, outages.clone(), now);
        let judging = Judging { core, preview, until, left: MEMBERS_MAX - members };
        match judging.lesson(summary, &lesson, records).await? {
            Ok(result) => {
                members += result.counts.members;
                preview.write(|found| {
                    found.lessons.push(result);
                    found.members_done = 0;
                });
            }
            Err(stopped) => return Ok(stopped),
        }
    }
    Ok(State::Done)
}

struct Judging<'a> {
    core: &'a Core,
    preview: &'a Preview,
    until: i64,
    left: usize,
}

impl Judging<'_> {
    /// A lesson, whole; `Err`: a limit is reached first.
    async fn lesson(
        &self,
        summary: &LessonSummary,
        lesson: &Lesson,
        mut records: Records,
    ) -> StoreResult<Result<LessonResult, State>> {
        let asked = &self.preview.asked;
        let within = asked.paths.clone();
        let came = RollFilter { within, part: RollPart::Attended, query: String::new(), user_id: None };
        // One more than can be judged, to know that there are more.
        let limit = i64::try_from(self.left + 1).unwrap_or(i64::MAX);
        let roll = self.core.store.roll(lesson.id, &came, Page { offset: 0, limit }).await?;
        if roll.entries.len() > self.left {
            return Ok(Err(State::TooMany));
        }
        let mut result = LessonResult {
            lesson_id: lesson.id,
            title: summary.title.clone(),
            planned_start_at: summary.planned_start_at,
            rule_name: lesson.rule.name.clone(),
            rule_version: lesson.rule.version,
            counts: ChangeCounts::default(),
            changes: Vec::new(),
        };
        let draft = rule(&asked.draft);
        for page in roll.entries.chunks(PAGE) {
            if self.core.source.uptime() > self.until {
                return Ok(Err(State::OutOfTime));
            }
            let users: Vec<Uuid> = page.iter().map(|entry| entry.user_id).collect();
            let compared = records.compared(&users, &draft).await?;
            for entry in page {
                result.add(entry, compared.iter().find(|one| one.user_id == entry.user_id));
            }
            self.preview.write(|found| found.members_done = result.counts.members);
        }
        Ok(Ok(result))
    }
}
