//! 5 年度: a row per month. 培训期数, joint theme days and orders come once the system has them; what it has not is left out.

use std::{collections::HashSet, ops::Range};

use uuid::Uuid;
use yunke_store::{FiguresBy, FiguresFilter, LibraryFigures, UtcMillis};

use super::cells::{rate, text};
use crate::{
    calendar,
    exports::{
        book::{Row, Table},
        columns::Cell,
        error::DetailError,
        making::{Making, Rules},
        output::Output,
        totals::Totals,
    },
    library::Places as Listening,
};

const COLUMNS: [(&str, u32); 13] = [
    ("月份", 10),
    ("场次", 8),
    ("应到人次", 9),
    ("到课人次", 9),
    ("参学率", 9),
    ("人数", 8),
    ("人次", 8),
    ("总时长秒", 11),
    ("总时长", 10),
    ("学时", 10),
    ("音频收听人数", 9),
    ("音频收听人次", 9),
    ("音频收听小时", 9),
];

pub(super) static TABLES: [Table; 1] =
    [Table { name: "年度", columns: &COLUMNS, pages_wide: 1, repeated: None }];

const MEANINGS: [(&str, &str); 9] = [
    ("行", "北京时间的每个日历月一行，到导出的那个月；课程计入计划开始的那个月"),
    ("场次", "已结束的课程；讲师中断后又回来仍是一场"),
    ("参学率", "受邀且到课的人次 ÷（应到人次 − 请假而没有到课的人次），向下取到 0.01%"),
    ("人数", "观看满 1 分钟的人，同一人在一月、一年里只算一次；所以合计少于各月之和"),
    ("人次", "满 30 秒的观看，间隔 30 分钟以上算另一次"),
    ("总时长", "各人观看秒之和；时分为各人各课向下取到整分之和"),
    ("学时", "各人各课的学时之和；音频课的学时见“支部/站点”"),
    (
        "音频收听",
        "本范围内各系列的收听，与音频统计页面相同；人数、小时的合计不是各月之和（一人一天最多 24 小时）",
    ),
    ("没有的列", "培训期数、主题党日、点单：系统里还没有"),
];

/// What is counted of a month.
#[derive(Default)]
struct Month {
    held: i64,
    totals: Totals,
    persons: HashSet<Uuid>,
}

impl Month {
    fn row(&self, name: Cell, heard: LibraryFigures) -> Row {
        let Totals { counts, visits, seconds, minutes, hours_milli, .. } = self.totals;
        vec![
            name,
            Cell::Count(self.held),
            Cell::Count(counts.invited),
            Cell::Count(counts.invited_attended),
            rate(counts.rate_bp()),
            Cell::Count(i64::try_from(self.persons.len()).unwrap_or(i64::MAX)),
            Cell::Count(visits),
            Cell::Count(seconds),
            Cell::Length(minutes * 60),
            Cell::Hours(hours_milli),
            Cell::Count(heard.listeners),
            Cell::Count(heard.plays),
            Cell::Hours(heard.heard_ms / 3_600),
        ]
    }
}

pub(super) async fn fill(
    making: &mut Making,
    listening: &Listening,
    output: &mut Output,
) -> Result<Vec<(String, String)>, DetailError> {
    let mut rules = Rules::default();
    let Some(span) = making.parameters.span() else {
        return Ok(making.notes("年度汇总", &rules, output, &MEANINGS));
    };
    listening.settle_all(making.core.store.as_ref()).await?;
    let mut all = Month::default();
    let months: Vec<Range<UtcMillis>> =
        calendar::months_of(span.clone()).take_while(|month| month.start <= making.made_at).collect();
    making.passes(i64::try_from(months.len()).unwrap_or(1));
    for span in months {
        let mut month = Month::default();
        let ids = making.lessons_in(span.clone()).await?;
        for (at, id) in ids.iter().enumerate() {
            let Some((lesson, _)) = making.lesson(*id, at, ids.len()).await? else { continue };
            rules.add(&lesson);
            month.held += 1;
            let mut gathering = making.gathering(&lesson).await?;
            loop {
                let page = gathering.page().await?;
                if page.is_empty() {
                    break;
                }
                making.check().await?;
                for (entry, record) in &page {
                    month.totals.add(entry, record.as_ref());
                    if record.as_ref().is_some_and(|record| record.visits.person) {
                        month.persons.insert(entry.user_id);
                    }
                }
            }
        }
        all.held += month.held;
        all.totals.join(&month.totals);
        all.persons.extend(&month.persons);
        let name = text(&calendar::local_day(span.start)[..7]);
        output.rows(0, vec![month.row(name, heard(making, span).await?)]).await?;
    }
    output.totals(0, all.row(text("合计"), heard(making, span).await?));
    Ok(making.notes("年度汇总", &rules, output, &MEANINGS))
}

/// What was heard of the series inside the paths, as its own page counts it.
async fn heard(making: &Making, span: Range<UtcMillis>) -> Result<LibraryFigures, DetailError> {
    let filter = FiguresFilter {
        within_paths: making.job.paths.clone(),
        series_id: None,
        episode_id: None,
        from: span.start,
        until: span.end,
    };
    let rows = making.core.store.figures(filter, FiguresBy::All).await?;
    Ok(rows.first().map(|row| row.heard).unwrap_or_default())
}
