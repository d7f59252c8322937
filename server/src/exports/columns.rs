//! The columns of 个人明细, in the order of ATTENDANCE.md, and what one row says in them. Both file
//! formats are made from the same cells, so they cannot say different things.

use std::borrow::Cow;

use yunke_domain::{BeatMode, BeatSource};
use yunke_store::{Lesson, LessonPhase, RollEntry, UnitKind};

use super::totals::{Places, Totals};
use crate::{
    attendance::{CreditLevel, Reason},
    auth::mask_phone,
    calendar,
    evidence::{AttendanceRow, Record, Standing, Window},
};

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Words; never read as a number or a formula.
    Text(String),
    /// A count.
    Count(i64),
    /// A moment, shown in Beijing time; `None`: there is none.
    Moment(Option<i64>),
    /// The same with its second.
    Second(i64),
    /// Seconds, shown as hours and whole minutes: rounded down, so that a total of lengths is the sum of what is shown.
    Length(i64),
    /// Hundredths of a percent.
    Share(i64),
    /// Credit hours × 1000.
    Hours(i64),
    /// Nothing that could be said, in a column of figures.
    Blank,
}

/// Heading and width of each column, in characters: together they can be read on A4, landscape, one page wide.
pub const COLUMNS: [(&str, u32); 25] = [
    ("中心", 10),
    ("站", 9),
    ("点", 9),
    ("支部", 12),
    ("姓名", 8),
    ("成员编号", 10),
    ("手机号", 12),
    ("课程", 14),
    ("计划开始", 16),
    ("计划结束", 16),
    ("实际开始", 16),
    ("实际结束", 16),
    ("方式", 7),
    ("首次进入", 16),
    ("末次离开", 16),
    ("进入次数", 6),
    ("观看秒", 7),
    ("观看时长", 7),
    ("覆盖率", 8),
    ("在场应答", 6),
    ("原始学时", 6),
    ("调整学时", 6),
    ("最终学时", 6),
    ("状态", 8),
    ("原因", 24),
];

/// The row of somebody on the roll.
pub(super) fn row_of(
    lesson: &Lesson,
    entry: &RollEntry,
    record: Option<&Record>,
    window: Window,
    places: &Places,
) -> [Cell; COLUMNS.len()] {
    match record {
        Some(record) => row(lesson, entry, record, places),
        None => missing(lesson, entry, window, places),
    }
}

/// The row of somebody who came.
fn row(lesson: &Lesson, entry: &RollEntry, record: &Record, places: &Places) -> [Cell; COLUMNS.len()] {
    let row = AttendanceRow::on_roll(entry, Some(record), Window::Over);
    let text = |words: &str| Cell::Text(words.to_owned());
    let branch = record.evidence.branch.as_ref();
    let place = |kind: UnitKind| Cell::Text(places.name(branch, kind));
    let seconds = row.counted_ms / 1000;
    [
        place(UnitKind::Centre),
        place(UnitKind::Station),
        place(UnitKind::Point),
        place(UnitKind::Branch),
        Cell::Text(row.name),
        Cell::Text(row.member_no.unwrap_or_default()),
        Cell::Text(record.evidence.phone.as_deref().map(mask_phone).unwrap_or_default()),
        text(&lesson.title),
        Cell::Moment(Some(lesson.planned_start_at)),
        Cell::Moment(Some(lesson.planned_end_at)),
        Cell::Moment(lesson.started_at),
        Cell::Moment(lesson.ended_at),
        Cell::Text(ways(record)),
        Cell::Moment(row.first_in_at),
        Cell::Moment(row.last_out_at),
        Cell::Count(i64::from(row.visits)),
        Cell::Count(seconds),
        Cell::Length(seconds),
        Cell::Share(row.coverage_bp),
        Cell::Text(format!("0/{}", lesson.rule.checks_required)),
        Cell::Hours(row.hours_milli),
        Cell::Hours(0),
        Cell::Hours(row.hours_milli),
        text(state(lesson, record)),
        Cell::Text(why(lesson, entry, record)),
    ]
}

/// The row of somebody who was invited and played nothing.
fn missing(lesson: &Lesson, entry: &RollEntry, window: Window, places: &Places) -> [Cell; COLUMNS.len()] {
    let text = |words: &str| Cell::Text(words.to_owned());
    let place = |kind: UnitKind| Cell::Text(places.name(entry.branch.as_ref(), kind));
    let state = missing_state(lesson, entry, window);
    let why = missing_why(lesson, entry, window);
    [
        place(UnitKind::Centre),
        place(UnitKind::Station),
        place(UnitKind::Point),
        place(UnitKind::Branch),
        text(&entry.name),
        text(entry.member_no.as_deref().unwrap_or_default()),
        Cell::Text(entry.phone.as_deref().map(mask_phone).unwrap_or_default()),
        text(&lesson.title),
        Cell::Moment(Some(lesson.planned_start_at)),
        Cell::Moment(Some(lesson.planned_end_at)),
        Cell::Moment(lesson.started_at),
        Cell::Moment(lesson.ended_at),
        text(""),
        Cell::Moment(None),
        Cell::Moment(None),
        Cell::Count(0),
        Cell::Count(0),
        Cell::Length(0),
        Cell::Share(0),
        Cell::Text(format!("0/{}", lesson.rule.checks_required)),
        Cell::Hours(0),
        Cell::Hours(0),
        Cell::Hours(0),
        text(state),
        Cell::Text(why),
    ]
}

/// Why somebody did not come, as far as it is known.
pub(super) fn missing_why(lesson: &Lesson, entry: &RollEntry, window: Window) -> String {
    match (entry.excuse.as_deref(), lesson.phase, window.until()) {
        (_, LessonPhase::Cancelled, _) => "课程已取消".to_owned(),
        (Some(""), ..) => "已请假".to_owned(),
        (Some(reason), ..) => format!("已请假：{reason}"),
        (None, LessonPhase::Planned, _) => "课程还没有开始".to_owned(),
        (None, LessonPhase::Live, _) => "课程还在进行，还没有播放过".to_owned(),
        (None, LessonPhase::Ended, Some(until)) => {
            format!("还没有播放过，可以看回放补学到 {}", calendar::local_minute(until))
        }
        (None, LessonPhase::Ended, None) => "没有播放过直播或回放".to_owned(),
    }
}

pub(super) fn missing_state(lesson: &Lesson, entry: &RollEntry, window: Window) -> &'static str {
    match (lesson.phase, Standing::of(false, entry.excuse.is_some(), window)) {
        (LessonPhase::Cancelled, _) => "已取消",
        (_, Standing::Excused) => "请假",
        (_, Standing::Pending) => "待定",
        (_, Standing::Absent | Standing::Attended) => "未参加",
    }
}

/// How many were invited, came, are excused, and did not come (yet).
pub(super) fn summary(totals: &Totals, window: Window) -> String {
    let counts = totals.counts;
    let missing = if window.is_open() { "待定" } else { "未参加" };
    let excused = if counts.excused > 0 { format!("，请假 {}", counts.excused) } else { String::new() };
    let (invited, attended) = (counts.invited, counts.invited_attended);
    format!("应到 {invited}，其中参加 {attended}{excused}，{missing} {}", counts.missing())
}

/// The last row: the sums of the columns that can be added.
pub(super) fn totals(totals: &Totals, window: Window) -> [Cell; COLUMNS.len()] {
    COLUMNS.map(|(heading, _)| match heading {
        "中心" => Cell::Text("合计".to_owned()),
        "姓名" => Cell::Text(format!("{} 人", totals.people)),
        "进入次数" => Cell::Count(totals.visits),
        "观看秒" => Cell::Count(totals.seconds),
        "观看时长" => Cell::Length(totals.minutes * 60),
        "原始学时" | "最终学时" => Cell::Hours(totals.hours_milli),
        "调整学时" => Cell::Hours(0),
        "状态" => Cell::Text(format!("参加 {}", totals.counts.attended)),
        "原因" => Cell::Text(summary(totals, window)),
        _ => Cell::Text(String::new()),
    })
}

/// 方式: how the parts that count were followed.
fn ways(record: &Record) -> String {
    let mut ways: Vec<&str> = Vec::new();
    for (beat, verdict) in &record.judged.beats {
        if verdict.accepted_ms() == 0 {
            continue;
        }
        let source = match beat.source {
            BeatSource::Live => "直播",
            BeatSource::Replay => "回放",
        };
        // Picture and sound are the rule and need no word.
        for way in [Some(source), (beat.mode == BeatMode::Audio).then_some("音频")].into_iter().flatten() {
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
    }
    ways.join("、")
}

fn state(lesson: &Lesson, record: &Record) -> &'static str {
    if lesson.phase != LessonPhase::Ended {
        return "进行中";
    }
    match record.credit.level {
        CreditLevel::Full => "全部学时",
        CreditLevel::Half => "一半学时",
        CreditLevel::None => "未获学时",
    }
}

/// 原因: why not more, and what was left out of the count, in words and seconds.
fn why(lesson: &Lesson, entry: &RollEntry, record: &Record) -> String {
    let rule = &lesson.rule;
    let mut words = match record.credit.level {
        CreditLevel::Full => format!("覆盖率达到 {}%", rule.full_percent),
        CreditLevel::Half => format!("覆盖率达到 {}%，未到 {}%", rule.half_percent, rule.full_percent),
        CreditLevel::None if record.credit.counted_ms == 0 => "没有有效的学习时间".to_owned(),
        CreditLevel::None => format!("覆盖率未到 {}%", rule.half_percent),
    };
    for reason in Reason::ALL {
        let lost: i64 = record
            .judged
            .beats
            .iter()
            .filter(|(_, verdict)| verdict.reasons.iter().next() == Some(reason))
            .map(|(beat, verdict)| beat.claim().ms() - verdict.accepted_ms())
            .sum();
        if lost >= 1000 {
            words.push_str("；未计入 ");
            words.push_str(&(lost / 1000).to_string());
            words.push_str(" 秒：");
            words.push_str(reason.chinese());
        }
    }
    if entry.excuse.is_some() {
        words.push_str("；请过假");
    }
    words
}

impl Cell {
    /// As text, the same in CSV and in the hash.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(words) => Cow::Borrowed(words),
            Self::Count(count) => count.to_string().into(),
            Self::Moment(None) | Self::Blank => Cow::Borrowed(""),
            Self::Moment(Some(at)) | Self::Second(at) => calendar::local_time(*at).into(),
            Self::Length(seconds) => hours_minutes(*seconds).into(),
            Self::Share(bp) => {
                let sign = if *bp < 0 { "-" } else { "" };
                format!("{sign}{}.{:02}%", bp.abs() / 100, bp.abs() % 100).into()
            }
            Self::Hours(milli) => thousandths(*milli).into(),
        }
    }
}

/// `1:05`: whole minutes, rounded down.
pub(super) fn hours_minutes(seconds: i64) -> String {
    format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60)
}

/// `0.25`, `1`: thousandths without trailing zeros.
pub(super) fn thousandths(milli: i64) -> String {
    let text = format!("{}.{:03}", milli / 1000, milli % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_exactly() {
        assert_eq!(
            [0, 125, 250, 500, 1_000, 1_500].map(thousandths),
            ["0", "0.125", "0.25", "0.5", "1", "1.5"]
        );
        assert_eq!(Cell::Share(7_999).text(), "79.99%");
        assert_eq!(Cell::Share(10_000).text(), "100.00%");
        assert_eq!([-5, -1_234].map(|bp| Cell::Share(bp).text().into_owned()), ["-0.05%", "-12.34%"]);
        assert_eq!(Cell::Length(3_599).text(), "00:59");
        assert_eq!(Cell::Moment(Some(1_835_362_800_123)).text(), "2028-02-28 23:00:00");
        assert_eq!(Cell::Moment(None).text(), "");
    }
}
