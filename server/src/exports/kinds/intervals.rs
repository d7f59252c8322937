//! 2 区间明细: each interval that a player reported, what of it counts, exactly, and why not more.

use yunke_domain::{BeatMode, BeatSource, Interval, IntervalSet, Position};
use yunke_store::{LeaseDevice, Lesson, RollEntry, UnitKind};

use super::cells::{sums, text};
use crate::{
    attendance::Reason,
    evidence::{EvidenceInterval, Record},
    exports::{
        book::{Row, Table},
        columns::Cell,
        error::DetailError,
        making::{Making, Rules},
        output::Output,
        totals::Places,
    },
};

const COLUMNS: [(&str, u32); 19] = [
    ("站", 9),
    ("支部", 12),
    ("姓名", 8),
    ("成员编号", 10),
    ("课程", 16),
    ("课程开始", 16),
    ("租约", 36),
    ("设备", 6),
    ("来源", 6),
    ("方式", 6),
    ("收到时间", 19),
    ("上报起（毫秒）", 11),
    ("上报止（毫秒）", 11),
    ("计入起（毫秒）", 11),
    ("计入止（毫秒）", 11),
    ("计入毫秒", 10),
    ("新增毫秒", 10),
    ("认定", 8),
    ("原因", 26),
];

pub(super) static TABLES: [Table; 1] =
    [Table { name: "区间明细", columns: &COLUMNS, pages_wide: 2, repeated: Some(2) }];

const MEANINGS: [(&str, &str); 9] = [
    ("行", "播放器每上报一段为一行；计入的部分断成几截的，每截一行，一毫秒也不合并、不取整"),
    ("租约", "每次打开课程发给播放器的凭证的编号"),
    ("收到时间", "服务器收到这一段的时间；手机自己的时间从不采用"),
    ("上报起、上报止", "播放器所说的、课程时间轴上的一段，含起不含止"),
    ("计入起、计入止", "其中计入的一截；空白：没有"),
    (
        "新增毫秒",
        "这一截里此前还没有计入过的部分；同一人同一课程各行之和，就是观看时长（在回放裁剪、讲师中断之前）",
    ),
    ("认定", "计入、部分计入、不计"),
    ("原因", "没有全部计入的原因；或者计入而需要说明的，如送达情况看不到"),
    ("没有的内容", "导出里从不含网络地址、位置和照片"),
];

#[derive(Default)]
struct Sums {
    people: i64,
    pieces: i64,
    accepted_ms: i64,
    new_ms: i64,
}

pub(super) async fn fill(
    making: &mut Making,
    output: &mut Output,
) -> Result<Vec<(String, String)>, DetailError> {
    let (mut total, mut rules) = (Sums::default(), Rules::default());
    let ids = making.lessons().await?;
    for (at, id) in ids.iter().enumerate() {
        let Some((lesson, _)) = making.lesson(*id, at, ids.len()).await? else { continue };
        rules.add(&lesson);
        let mut gathering = making.gathering(&lesson).await?;
        loop {
            let page = gathering.page().await?;
            if page.is_empty() {
                break;
            }
            making.check().await?;
            for (entry, record) in &page {
                if let Some(record) = record {
                    output.rows(0, rows_of(&lesson, entry, record, &making.places, &mut total)).await?;
                }
            }
        }
    }
    output.totals(
        0,
        sums(&COLUMNS, |heading| match heading {
            "站" => Some(text("合计")),
            "姓名" => Some(text(format!("{} 人次", total.people))),
            "认定" => Some(text(format!("{} 行", total.pieces))),
            "计入毫秒" => Some(Cell::Count(total.accepted_ms)),
            "新增毫秒" => Some(Cell::Count(total.new_ms)),
            _ => None,
        }),
    );
    Ok(making.notes("区间明细", &rules, output, &MEANINGS))
}

fn rows_of(
    lesson: &Lesson,
    entry: &RollEntry,
    record: &Record,
    places: &Places,
    total: &mut Sums,
) -> Vec<Row> {
    let branch = record.evidence.branch.as_ref();
    let (station, own) = (places.name(branch, UnitKind::Station), places.name(branch, UnitKind::Branch));
    let mut seen: IntervalSet<Position> = IntervalSet::default();
    let mut rows = Vec::new();
    for interval in EvidenceInterval::of(record) {
        let pieces: Vec<Option<Interval<Position>>> = if interval.pieces.is_empty() {
            vec![None]
        } else {
            let whole = |piece: &crate::evidence::Piece| {
                Some(Interval::new(Position::new(piece.from_ms), Position::new(piece.to_ms)))
            };
            interval.pieces.iter().map(whole).collect()
        };
        for piece in pieces {
            let new_ms: i64 = piece.map_or(0, |piece| seen.outside(piece).iter().map(|new| new.ms()).sum());
            let accepted_ms = piece.map_or(0, Interval::ms);
            if let Some(piece) = piece {
                seen.insert(piece);
            }
            total.pieces += 1;
            total.accepted_ms += accepted_ms;
            total.new_ms += new_ms;
            let edge = |ms: Option<i64>| ms.map_or(Cell::Blank, Cell::Count);
            rows.push(vec![
                text(&station),
                text(&own),
                text(&entry.name),
                text(entry.member_no.as_deref().unwrap_or_default()),
                text(&lesson.title),
                Cell::Moment(Some(lesson.started_at.unwrap_or(lesson.planned_start_at))),
                text(interval.lease.to_string()),
                text(device(interval.device)),
                text(match interval.source {
                    BeatSource::Live => "直播",
                    BeatSource::Replay => "回放",
                }),
                text(if interval.mode == BeatMode::Audio { "音频" } else { "视频" }),
                Cell::Second(interval.received_at),
                Cell::Count(interval.claimed.from_ms),
                Cell::Count(interval.claimed.to_ms),
                edge(piece.map(|piece| piece.from.ms())),
                edge(piece.map(|piece| piece.to.ms())),
                Cell::Count(accepted_ms),
                Cell::Count(new_ms),
                text(verdict(interval.verdict)),
                text(why(&interval)),
            ]);
        }
    }
    total.people += 1;
    rows
}

fn device(device: LeaseDevice) -> &'static str {
    match device {
        LeaseDevice::Phone => "手机",
        LeaseDevice::Tablet => "平板",
        LeaseDevice::Desktop => "电脑",
    }
}

fn verdict(code: &str) -> &'static str {
    match code {
        "accepted" => "计入",
        "clamped" => "部分计入",
        _ => "不计",
    }
}

fn why(interval: &EvidenceInterval) -> String {
    let words = Reason::ALL.iter().filter(|reason| interval.reasons.contains(&reason.code()));
    words.map(|reason| reason.chinese()).collect::<Vec<_>>().join("、")
}
