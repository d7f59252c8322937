//! 3 课程汇总: a row per lesson, and in a second table everybody who did not attend.

use yunke_domain::{IntervalSet, Utc};
use yunke_store::{Lesson, RollEntry, UnitKind};

use super::cells::{part, rate, sums, text};
use crate::{
    attendance::{Beat, denominator, past_presence, peak},
    auth::mask_phone,
    evidence::{Record, Window, rule, timeline},
    exports::{
        book::{Row, Table},
        columns::{Cell, missing_state, missing_why},
        error::DetailError,
        making::{Making, Rules},
        output::Output,
        totals::{Places, Totals},
    },
};

const COLUMNS: [(&str, u32); 23] = [
    ("课程", 22),
    ("主办单位", 12),
    ("讲师", 8),
    ("计划开始", 16),
    ("实际开始", 16),
    ("实际结束", 16),
    ("有效时长秒", 9),
    ("应到", 6),
    ("到课", 6),
    ("请假", 6),
    ("待定", 6),
    ("未参加", 6),
    ("到课率", 8),
    ("受邀外", 6),
    ("人数", 6),
    ("人次", 6),
    ("峰值", 6),
    ("总时长秒", 10),
    ("总时长", 9),
    ("达标", 6),
    ("达标率", 8),
    ("学时", 8),
    ("状态", 8),
];

const MISSING: [(&str, u32); 11] = [
    ("课程", 26),
    ("课程开始", 16),
    ("中心", 12),
    ("站", 12),
    ("点", 12),
    ("支部", 16),
    ("姓名", 10),
    ("成员编号", 12),
    ("手机号", 13),
    ("状态", 8),
    ("原因", 30),
];

pub(super) static TABLES: [Table; 2] = [
    Table { name: "课程汇总", columns: &COLUMNS, pages_wide: 1, repeated: None },
    Table { name: "未到课名单", columns: &MISSING, pages_wide: 1, repeated: None },
];

const MEANINGS: [(&str, &str); 15] = [
    ("行", "每场课程一行；讲师中断后又回来仍是一场"),
    ("预约", "本系统还没有预约，不设这一列"),
    ("有效时长秒", "课程时长减去讲师中断，覆盖率的分母"),
    ("应到", "受邀支部在上课时的成员"),
    ("到课", "应到的人中播放过直播或回放的"),
    ("请假", "应到的人中请了假并且没有到课的；请了假而到课的算到课"),
    ("待定、未参加", "其余应到的人：还能补学的为待定，不能再补学的为未参加"),
    ("到课率", "到课 ÷（应到 − 请假），向下取到 0.01%；与考勤页面的参学率相同"),
    ("受邀外", "没有受邀而到课的人"),
    ("人数", "观看满 1 分钟的人，受邀与否都算"),
    ("人次", "满 30 秒的观看，间隔 30 分钟以上算另一次"),
    ("峰值", "同一时刻在线人数的最大值，由播放记录逐段算出"),
    ("总时长", "各人观看秒之和；时分为各人向下取到整分之和"),
    ("达标率", "得全部学时的人 ÷ 到课的人（受邀外的也算）"),
    ("未到课名单", "待定、未参加和请假的人；手机号已隐去中间四位"),
];

/// What is counted of one lesson.
#[derive(Default)]
struct Figures {
    totals: Totals,
    presence: Vec<IntervalSet<Utc>>,
}

impl Figures {
    fn add(&mut self, lesson: &Lesson, entry: &RollEntry, record: Option<&Record>) {
        self.totals.add(entry, record);
        let Some(record) = record else { return };
        let beats: Vec<Beat> = record.judged.beats.iter().map(|(beat, _)| *beat).collect();
        self.presence.push(past_presence(&beats, timeline(lesson).zero_at, &rule(&lesson.rule)).spans());
    }

    fn row(&self, lesson: &Lesson, window: Window, now: Utc) -> Row {
        let Totals { counts, visits, seconds, minutes, persons, full, hours_milli, .. } = self.totals;
        let (pending, absent) = if window.is_open() { (counts.missing(), 0) } else { (0, counts.missing()) };
        let most = i64::try_from(peak(&self.presence)).unwrap_or(i64::MAX);
        vec![
            text(&lesson.title),
            text(&lesson.unit.name),
            text(&lesson.lecturer_name),
            Cell::Moment(Some(lesson.planned_start_at)),
            Cell::Moment(lesson.started_at),
            Cell::Moment(lesson.ended_at),
            Cell::Count(denominator(&timeline(lesson), now) / 1000),
            Cell::Count(counts.invited),
            Cell::Count(counts.invited_attended),
            Cell::Count(counts.excused),
            Cell::Count(pending),
            Cell::Count(absent),
            rate(counts.rate_bp()),
            Cell::Count(counts.attended - counts.invited_attended),
            Cell::Count(persons),
            Cell::Count(visits),
            Cell::Count(most),
            Cell::Count(seconds),
            Cell::Length(minutes * 60),
            Cell::Count(full),
            rate(part(full, counts.attended)),
            Cell::Hours(hours_milli),
            text(if window.is_open() { "可补学" } else { "已结束" }),
        ]
    }
}

pub(super) async fn fill(
    making: &mut Making,
    output: &mut Output,
) -> Result<Vec<(String, String)>, DetailError> {
    let (mut all, mut rules, mut held, mut missing) = (Totals::default(), Rules::default(), 0, 0);
    // Pending and absent of all lessons.
    let mut open = (0, 0);
    let now = Utc::new(making.made_at);
    let ids = making.lessons().await?;
    for (at, id) in ids.iter().enumerate() {
        let Some((lesson, window)) = making.lesson(*id, at, ids.len()).await? else { continue };
        rules.add(&lesson);
        let mut figures = Figures::default();
        let mut gathering = making.gathering(&lesson).await?;
        loop {
            let page = gathering.page().await?;
            if page.is_empty() {
                break;
            }
            making.check().await?;
            let mut rows = Vec::new();
            for (entry, record) in &page {
                figures.add(&lesson, entry, record.as_ref());
                if !entry.attended {
                    rows.push(missing_row(&lesson, entry, window, &making.places));
                }
            }
            missing += i64::try_from(rows.len()).unwrap_or(0);
            output.rows(1, rows).await?;
        }
        held += 1;
        all.join(&figures.totals);
        let left = figures.totals.counts.missing();
        if window.is_open() {
            open.0 += left;
        } else {
            open.1 += left;
        }
        output.rows(0, vec![figures.row(&lesson, window, now)]).await?;
    }
    output.totals(0, total(&all, open, held));
    let below = |heading: &str| match heading {
        "课程" => Some(text("合计")),
        "姓名" => Some(text(format!("{missing} 人次"))),
        _ => None,
    };
    output.totals(1, sums(&MISSING, below));
    Ok(making.notes("课程汇总", &rules, output, &MEANINGS))
}

fn total(all: &Totals, (pending, absent): (i64, i64), held: i64) -> Row {
    let counts = all.counts;
    sums(&COLUMNS, |heading| {
        Some(match heading {
            "课程" => text(format!("合计 {held} 场")),
            "应到" => Cell::Count(counts.invited),
            "到课" => Cell::Count(counts.invited_attended),
            "请假" => Cell::Count(counts.excused),
            "待定" => Cell::Count(pending),
            "未参加" => Cell::Count(absent),
            "到课率" => rate(counts.rate_bp()),
            "受邀外" => Cell::Count(counts.attended - counts.invited_attended),
            "人数" => Cell::Count(all.persons),
            "人次" => Cell::Count(all.visits),
            "总时长秒" => Cell::Count(all.seconds),
            "总时长" => Cell::Length(all.minutes * 60),
            "达标" => Cell::Count(all.full),
            "达标率" => rate(part(all.full, counts.attended)),
            "学时" => Cell::Hours(all.hours_milli),
            _ => return None,
        })
    })
}

fn missing_row(lesson: &Lesson, entry: &RollEntry, window: Window, places: &Places) -> Row {
    let place = |kind| text(places.name(entry.branch.as_ref(), kind));
    vec![
        text(&lesson.title),
        Cell::Moment(Some(lesson.started_at.unwrap_or(lesson.planned_start_at))),
        place(UnitKind::Centre),
        place(UnitKind::Station),
        place(UnitKind::Point),
        place(UnitKind::Branch),
        text(&entry.name),
        text(entry.member_no.as_deref().unwrap_or_default()),
        Cell::Text(entry.phone.as_deref().map(mask_phone).unwrap_or_default()),
        text(missing_state(lesson, entry, window)),
        Cell::Text(missing_why(lesson, entry, window)),
    ]
}
