//! The columns of 个人明细, in the order of ATTENDANCE.md, and what one row says in them. Both file
//! formats are made from the same cells, so they cannot say different things.

use yunke_store::{Lesson, LessonPhase, UnitKind};

use super::detail::Places;
use crate::{
    attendance::{CreditLevel, Mode, Reason, Source},
    auth::mask_phone,
    calendar,
    evidence::{AttendanceRow, Record},
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
    /// Seconds, shown as hours and minutes.
    Length(i64),
    /// Hundredths of a percent.
    Share(i64),
    /// Credit hours × 1000.
    Hours(i64),
}

/// Heading and width of each column.
pub const COLUMNS: [(&str, u32); 25] = [
    ("中心", 16),
    ("站", 16),
    ("点", 16),
    ("支部", 18),
    ("姓名", 12),
    ("成员编号", 14),
    ("手机号", 14),
    ("课程", 28),
    ("计划开始", 18),
    ("计划结束", 18),
    ("实际开始", 18),
    ("实际结束", 18),
    ("方式", 12),
    ("首次进入", 20),
    ("末次离开", 20),
    ("进入次数", 9),
    ("观看秒", 9),
    ("观看时长", 10),
    ("覆盖率", 9),
    ("在场应答", 9),
    ("原始学时", 9),
    ("调整学时", 9),
    ("最终学时", 9),
    ("状态", 10),
    ("原因", 48),
];

/// The row of a record.
pub(super) fn row(lesson: &Lesson, record: &Record, places: &Places) -> [Cell; COLUMNS.len()] {
    let row = AttendanceRow::from(record);
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
        Cell::Text(mask_phone(&record.evidence.phone)),
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
        Cell::Text(why(lesson, record)),
    ]
}

/// 方式: how the parts that count were followed.
fn ways(record: &Record) -> String {
    let mut ways: Vec<&str> = Vec::new();
    for (beat, verdict) in &record.judged.beats {
        if verdict.accepted_ms() == 0 {
            continue;
        }
        let source = match beat.source {
            Source::Live => "直播",
            Source::Replay => "回放",
        };
        // Picture and sound are the rule and need no word.
        for way in [Some(source), (beat.mode == Mode::Audio).then_some("音频")].into_iter().flatten() {
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
fn why(lesson: &Lesson, record: &Record) -> String {
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
    words
}

impl Cell {
    /// As text, the same in CSV and in the hash.
    pub fn text(&self) -> String {
        match self {
            Self::Text(words) => words.clone(),
            Self::Count(count) => count.to_string(),
            Self::Moment(None) => String::new(),
            Self::Moment(Some(at)) => calendar::local_time(*at),
            Self::Length(seconds) => hours_minutes(*seconds),
            Self::Share(bp) => format!("{}.{:02}%", bp / 100, bp % 100),
            Self::Hours(milli) => thousandths(*milli),
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
        assert_eq!(Cell::Length(3_599).text(), "00:59");
        assert_eq!(Cell::Moment(Some(1_835_362_800_123)).text(), "2028-02-28 23:00:00");
        assert_eq!(Cell::Moment(None).text(), "");
    }
}
