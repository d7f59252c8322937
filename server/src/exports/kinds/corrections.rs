//! 6 调整审计: what people changed by hand that changes somebody's standing or a lesson's measure, from the audit log. Reasons are
//! not in it: they may be about somebody's health.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;
use yunke_store::{AuditEntry, Page};

use super::cells::{sums, text};
use crate::exports::{
    book::{Row, Table},
    columns::Cell,
    error::DetailError,
    gathering::roll_of,
    making::{Making, Rules},
    output::Output,
};

/// Lines of a lesson's log that are read at once.
const LINES: i64 = 500;

const COLUMNS: [(&str, u32); 8] = [
    ("时间", 19),
    ("操作人", 10),
    ("操作", 14),
    ("课程", 28),
    ("课程开始", 16),
    ("成员", 10),
    ("成员编号", 12),
    ("支部", 18),
];

pub(super) static TABLES: [Table; 1] =
    [Table { name: "调整审计", columns: &COLUMNS, pages_wide: 1, repeated: None }];

const MEANINGS: [(&str, &str); 3] = [
    ("行", "每一次调整一行，撤销的也在：请假和撤销请假、回放的裁剪与隐藏；取自只增不改的操作日志"),
    ("操作", "请假的原因不在其中：可能涉及健康；当前的原因见“个人明细”"),
    ("没有的内容", "人工增减学时的台账：系统里还没有"),
];

/// The actions that are corrections, and what they are called.
const ACTIONS: [(&str, &str); 3] =
    [("lesson.excuse", "请假"), ("lesson.excuse_taken_back", "撤销请假"), ("replay.edit", "改动回放")];

pub(super) async fn fill(
    making: &mut Making,
    output: &mut Output,
) -> Result<Vec<(String, String)>, DetailError> {
    let (mut rules, mut lines) = (Rules::default(), 0);
    let mut actors: HashMap<Uuid, String> = HashMap::new();
    let ids = making.lessons().await?;
    for (at, id) in ids.iter().enumerate() {
        let Some((lesson, _)) = making.lesson(*id, at, ids.len()).await? else { continue };
        rules.add(&lesson);
        let roll = roll_of(&making.core, lesson.id, making.job.paths.clone()).await?;
        let people: HashMap<Uuid, _> = roll.iter().map(|entry| (entry.user_id, entry)).collect();
        for offset in (0..).step_by(usize::try_from(LINES).unwrap_or(1)) {
            let page = making.core.store.audit_of(lesson.id, Page { offset, limit: LINES }).await?;
            let mut rows: Vec<Row> = Vec::new();
            for line in &page {
                let Some((_, action)) = ACTIONS.iter().find(|(code, _)| *code == line.action) else {
                    continue;
                };
                let who = person(line);
                let entry = who.and_then(|who| people.get(&who));
                // Of people of other parts of the tree nothing is told.
                if who.is_some() && entry.is_none() {
                    continue;
                }
                let branch = entry.and_then(|entry| entry.branch.as_ref());
                rows.push(vec![
                    Cell::Second(line.at),
                    text(actor(making, &mut actors, line.actor_id).await?),
                    text(*action),
                    text(&lesson.title),
                    Cell::Moment(Some(lesson.started_at.unwrap_or(lesson.planned_start_at))),
                    text(entry.map(|entry| entry.name.clone()).unwrap_or_default()),
                    text(entry.and_then(|entry| entry.member_no.clone()).unwrap_or_default()),
                    text(branch.map(|branch| branch.name.clone()).unwrap_or_default()),
                ]);
            }
            lines += rows.len();
            output.rows(0, rows).await?;
            if i64::try_from(page.len()).unwrap_or(0) < LINES {
                break;
            }
        }
    }
    let below = |heading: &str| match heading {
        "时间" => Some(text("合计")),
        "操作" => Some(text(format!("{lines} 次"))),
        _ => None,
    };
    output.totals(0, sums(&COLUMNS, below));
    Ok(making.notes("调整审计", &rules, output, &MEANINGS))
}

/// Whom a line is about.
fn person(line: &AuditEntry) -> Option<Uuid> {
    let detail: Value = serde_json::from_str(&line.detail).ok()?;
    Uuid::try_parse(detail.get("person")?.as_str()?).ok()
}

async fn actor(
    making: &Making,
    known: &mut HashMap<Uuid, String>,
    id: Option<Uuid>,
) -> Result<String, DetailError> {
    let Some(id) = id else { return Ok("程序".to_owned()) };
    if let Some(name) = known.get(&id) {
        return Ok(name.clone());
    }
    let name = making.core.store.person(id).await?.map(|person| person.name).unwrap_or_default();
    known.insert(id, name.clone());
    Ok(name)
}
