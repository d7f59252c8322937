//! 1 个人明细 of many lessons: the rows of each lesson's own export, in one table.

use yunke_store::LessonPhase;

use super::cells::{sums, text};
use crate::exports::{
    book::Table,
    columns::{self, COLUMNS, Cell},
    error::DetailError,
    making::{Making, Rules},
    notes::MEANINGS,
    output::Output,
    totals::Totals,
};

pub(super) static TABLES: [Table; 1] =
    [Table { name: "个人明细", columns: &COLUMNS, pages_wide: 2, repeated: Some(4) }];

pub(super) async fn fill(
    making: &mut Making,
    output: &mut Output,
) -> Result<Vec<(String, String)>, DetailError> {
    let (mut totals, mut rules, mut held) = (Totals::default(), Rules::default(), 0);
    let ids = making.lessons().await?;
    for (at, id) in ids.iter().enumerate() {
        let Some((lesson, window)) = making.lesson(*id, at, ids.len()).await? else { continue };
        if lesson.phase == LessonPhase::Cancelled {
            continue;
        }
        rules.add(&lesson);
        held += 1;
        let mut gathering = making.gathering(&lesson).await?;
        loop {
            let page = gathering.page().await?;
            if page.is_empty() {
                break;
            }
            making.check().await?;
            let mut rows = Vec::with_capacity(page.len());
            for (entry, record) in &page {
                totals.add(entry, record.as_ref());
                rows.push(columns::row_of(&lesson, entry, record.as_ref(), window, &making.places).into());
            }
            output.rows(0, rows).await?;
        }
    }
    output.totals(
        0,
        sums(&COLUMNS, |heading| match heading {
            "中心" => Some(text("合计")),
            "姓名" => Some(text(format!("{} 人次", totals.people))),
            "课程" => Some(text(format!("{held} 场"))),
            "进入次数" => Some(Cell::Count(totals.visits)),
            "观看秒" => Some(Cell::Count(totals.seconds)),
            "观看时长" => Some(Cell::Length(totals.minutes * 60)),
            "原始学时" | "最终学时" => Some(Cell::Hours(totals.hours_milli)),
            "调整学时" => Some(Cell::Hours(0)),
            "状态" => Some(text(format!("参加 {}", totals.counts.attended))),
            _ => None,
        }),
    );
    let mut notes =
        making.notes("个人明细", &rules, output, &[("行", "每人每课一行；同一人参加几场课程就有几行")]);
    // What 名单 is, is of the export of one lesson.
    notes.extend(MEANINGS[1..].iter().map(|(name, words)| ((*name).to_owned(), (*words).to_owned())));
    Ok(notes)
}
