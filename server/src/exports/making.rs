//! What an export job is made from: of which lessons, for whom, and how far it is. Every kind goes through here, so that none can
//! forget the organizer's part of the tree, or that somebody may lose it while the file is made.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use yunke_store::{ExportJob, Lesson, LessonFilter, LessonPhase, Page, PersonRecord, RoleGrant, UtcMillis};

use super::{error::DetailError, gathering::Gathering, output::Output, shared::SharedLesson, totals::Places};
use crate::{
    calendar::{self, local_day, local_time},
    core::Core,
    evidence::Window,
};

/// Lessons of an export at most: a centre gives some hundreds a year.
const LESSONS_MAX: i64 = 20_000;

/// Says whether one can still come to a lesson.
pub type Windows = Arc<dyn Fn(&Lesson) -> Window + Send + Sync>;

/// Of what an export is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportParameters {
    /// Of this lesson only …
    pub lesson_id: Option<Uuid>,
    /// … or of the lessons of this calendar year of Asia/Shanghai …
    pub year: Option<i16>,
    /// … or of this month of it, 1 to 12.
    pub month: Option<i8>,
    /// The title of the lesson, or the name of the unit it is limited to.
    pub name: String,
}

impl ExportParameters {
    /// From when until when, if it is of a time.
    pub fn span(&self) -> Option<std::ops::Range<UtcMillis>> {
        calendar::period(self.year?, self.month)
    }

    /// The year or month before.
    pub(super) fn before(&self) -> Option<std::ops::Range<UtcMillis>> {
        let (year, month) = match (self.year?, self.month) {
            (year, None) => (year - 1, None),
            (year, Some(1)) => (year - 1, Some(12)),
            (year, Some(month)) => (year, Some(month - 1)),
        };
        calendar::period(year, month)
    }

    /// In words: 2027 年, 2027 年 1 月, or the title of the lesson.
    pub fn words(&self) -> String {
        match (self.lesson_id, self.year, self.month) {
            (None, Some(year), Some(month)) => format!("{year} 年 {month} 月 {}", self.name),
            (None, Some(year), None) => format!("{year} 年 {}", self.name),
            _ => self.name.clone(),
        }
    }
}

/// How far a job is, in lessons and people of the one it is at.
#[derive(Debug, Default)]
pub(super) struct Progress {
    done: AtomicI64,
    total: AtomicI64,
}

impl Progress {
    /// Done, and all there is to do, in thousandths of lessons.
    pub(super) fn get(&self) -> (i64, i64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    fn set(&self, done: i64, total: i64) {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }
}

/// A job that is being made.
pub(super) struct Making {
    pub(super) core: Core,
    pub(super) windows: Windows,
    pub(super) job: ExportJob,
    pub(super) parameters: ExportParameters,
    pub(super) progress: Arc<Progress>,
    pub(super) places: Places,
    pub(super) made_by: String,
    pub(super) made_at: UtcMillis,
    scope: String,
    /// Passes over the lessons there are, and how many of them are done.
    passes: (i64, i64),
}

/// Whether somebody organizes all of these paths.
fn may_have(person: &PersonRecord, paths: &[String], now: UtcMillis) -> bool {
    let lasting = |grant: &&RoleGrant| grant.role.oversees() && grant.lasts_at(now);
    let organizes =
        |path: &String| person.roles.iter().filter(lasting).any(|grant| grant.unit.contains(path));
    person.disabled_at.is_none() && !paths.is_empty() && paths.iter().all(organizes)
}

impl Making {
    /// Before its first row.
    pub(super) async fn begin(
        core: &Core,
        windows: Windows,
        job: ExportJob,
        progress: Arc<Progress>,
    ) -> Result<Self, DetailError> {
        let parameters = serde_json::from_str(&job.parameters)
            .map_err(|error| DetailError::File(std::io::Error::other(error)))?;
        let person = core.store.person(job.user_id).await?.ok_or(DetailError::NotAllowed)?;
        // The names above an organizer's part are no secret, and 中心 stands in each row.
        let units = core.store.units_within(&["/".to_owned()]).await?;
        let inside =
            |path: &String| units.iter().find(|unit| unit.path == *path).map(|unit| unit.name.clone());
        let scope = job.paths.iter().filter_map(inside).collect::<Vec<_>>().join("、");
        let made_at = core.source.now();
        let making = Self {
            core: core.clone(),
            windows,
            job,
            parameters,
            progress,
            places: Places::new(core.store.units_ever().await?),
            made_by: person.name,
            made_at,
            scope,
            passes: (1, 0),
        };
        making.check().await?;
        Ok(making)
    }

    /// Whether whoever asked for it still may have it.
    pub(super) async fn check(&self) -> Result<(), DetailError> {
        let person = self.core.store.person(self.job.user_id).await?;
        match person.filter(|person| may_have(person, &self.job.paths, self.core.source.now())) {
            Some(_) => Ok(()),
            None => Err(DetailError::NotAllowed),
        }
    }

    /// How often all lessons are gone through.
    pub(super) fn passes(&mut self, passes: i64) {
        self.passes.0 = passes;
    }

    /// The lessons it is of that have ended, the earliest first; of one lesson that one, also if it has not.
    pub(super) async fn lessons(&self) -> Result<Vec<Uuid>, DetailError> {
        match (self.parameters.lesson_id, self.parameters.span()) {
            (Some(id), _) => Ok(vec![id]),
            (None, Some(span)) => self.lessons_in(span).await,
            (None, None) => Ok(Vec::new()),
        }
    }

    /// Lessons planned to start in this time that have ended, and that somebody inside the paths was invited to or that are given there.
    pub(super) async fn lessons_in(
        &self,
        span: std::ops::Range<UtcMillis>,
    ) -> Result<Vec<Uuid>, DetailError> {
        let filter = LessonFilter {
            concerning: Some(self.job.paths.clone()),
            phases: vec![LessonPhase::Ended],
            from: Some(span.start),
            until: Some(span.end),
            ..LessonFilter::default()
        };
        let lessons = self.core.store.lessons(&filter, Page { offset: 0, limit: LESSONS_MAX + 1 }).await?;
        if i64::try_from(lessons.len()).unwrap_or(i64::MAX) > LESSONS_MAX {
            return Err(DetailError::TooLarge);
        }
        Ok(lessons.into_iter().map(|lesson| lesson.id).collect())
    }

    /// The lesson, whose turn it is as the `at`th of `of`; `None`: it is gone.
    pub(super) async fn lesson(
        &mut self,
        id: Uuid,
        at: usize,
        of: usize,
    ) -> Result<Option<(SharedLesson, Window)>, DetailError> {
        self.check().await?;
        let (all, done) = self.passes;
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        self.progress.set(done * count(of) + count(at), all * count(of));
        if at + 1 == of {
            self.passes.1 += 1;
        }
        let Some(lesson) = self.core.store.lesson(id).await? else { return Ok(None) };
        let window = (self.windows)(&lesson);
        Ok(Some((Arc::new(lesson), window)))
    }

    /// Everybody of a lesson with what they played.
    pub(super) async fn gathering(&self, lesson: &Lesson) -> Result<Gathering, DetailError> {
        Ok(Gathering::new(&self.core, lesson, self.job.paths.clone(), self.made_at).await?)
    }

    /// What all exports explain: of what they are, who made them, the rules, the hash.
    pub(super) fn notes(
        &self,
        title: &str,
        rules: &Rules,
        output: &Output,
        meanings: &[(&str, &str)],
    ) -> Vec<(String, String)> {
        let line = |name: &str, words: String| (name.to_owned(), words);
        let mut lines = vec![line("", title.to_owned()), line("内容", self.parameters.words())];
        if let Some(span) = self.parameters.span() {
            let last = local_day(span.end - 1);
            let words =
                format!("{} 至 {last}，计划在其间开始并且已经结束的课程（北京时间）", local_day(span.start));
            lines.push(line("时间", words));
        }
        lines.extend([
            line("范围", format!("{}：其中的成员，和他们受邀或参加的课程", self.scope)),
            line("导出人", self.made_by.clone()),
            line("导出时间", format!("{}（北京时间，全表同）", local_time(self.made_at))),
            line("明细校验", format!("SHA-256 {}", output.hash())),
            line("程序", format!("云课 {}", env!("CARGO_PKG_VERSION"))),
            line("规则", rules.words()),
            line("", "各列".to_owned()),
        ]);
        lines.extend(meanings.iter().map(|(name, words)| line(name, (*words).to_owned())));
        lines
    }
}

/// The rules the lessons were judged by.
#[derive(Debug, Default)]
pub(super) struct Rules(std::collections::BTreeSet<(String, i64)>);

impl Rules {
    /// Takes note of a lesson's.
    pub(super) fn add(&mut self, lesson: &Lesson) {
        self.0.insert((lesson.rule.name.clone(), lesson.rule.version));
    }

    fn words(&self) -> String {
        let words: Vec<String> =
            self.0.iter().map(|(name, version)| format!("{name}，第 {version} 版")).collect();
        if words.is_empty() { "—".to_owned() } else { words.join("；") }
    }
}
