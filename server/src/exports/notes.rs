//! The sheet 说明: what the figures mean, by which rule, who made the file when, and of what.

use yunke_domain::{Position, Utc};

use super::{
    columns::{Cell, hours_minutes, thousandths},
    detail::Detail,
};
use crate::{
    calendar::local_time,
    evidence::{axis_ms, timeline},
};

/// Name and explanation, line by line; an empty name is a heading.
pub(super) fn lines(detail: &Detail) -> Vec<(String, String)> {
    let lesson = &detail.lesson;
    let rule = &lesson.rule;
    let totals = detail.totals();
    let counts = totals.counts;
    let missing = counts.missing();
    let (pending, absent) = if detail.window.is_open() { (missing, 0) } else { (0, missing) };
    let line = |name: &str, words: String| (name.to_owned(), words);
    let time = |at: Option<i64>| at.map_or_else(|| "—".to_owned(), local_time);
    let gaps_ms: i64 = lesson.gaps.iter().map(|gap| gap.ms()).sum();
    let countable_ms = crate::attendance::denominator(&timeline(lesson), Utc::new(detail.made_at));
    let mut lines = vec![
        line("", "个人明细".to_owned()),
        line("课程", lesson.title.clone()),
        line("主办单位", lesson.unit.name.clone()),
        line("讲师", lesson.lecturer_name.clone()),
        line(
            "计划",
            format!("{} 至 {}", local_time(lesson.planned_start_at), local_time(lesson.planned_end_at)),
        ),
        line("实际", format!("{} 至 {}", time(lesson.started_at), time(lesson.ended_at))),
        line("课程时长（秒）", (axis_ms(lesson, detail.made_at) / 1000).to_string()),
        line("讲师中断（秒）", (gaps_ms / 1000).to_string()),
        line("有效时长（秒）", format!("{}（覆盖率的分母：课程时长减去讲师中断）", countable_ms / 1000)),
        line("", "合计".to_owned()),
        line("人数", totals.people.to_string()),
        line("应到（受邀）", counts.invited.to_string()),
        line("参加", format!("{}（其中受邀 {}）", counts.attended, counts.invited_attended)),
        line("请假（没有参加）", counts.excused.to_string()),
        line("待定", pending.to_string()),
        line("未参加", absent.to_string()),
        line(
            "参学率",
            counts.rate_bp().map_or_else(
                || "—".to_owned(),
                |bp| format!("{}（受邀且参加 ÷（应到 − 请假而没有参加））", Cell::Share(bp).text()),
            ),
        ),
        line("进入次数", totals.visits.to_string()),
        line("观看秒", format!("{}（{}）", totals.seconds, hours_minutes(totals.minutes * 60))),
        line("最终学时", thousandths(totals.hours_milli)),
        line("", "导出".to_owned()),
        line("导出人", detail.made_by.clone()),
        line("导出时间", format!("{}（北京时间，全表同）", local_time(detail.made_at))),
        line("范围", detail.scope.clone()),
        line("明细校验", format!("SHA-256 {}", detail.hash())),
        line("程序", format!("云课 {}", env!("CARGO_PKG_VERSION"))),
        line("", "规则".to_owned()),
        line("名称与版本", format!("{}，第 {} 版", rule.name, rule.version)),
        line("达标", format!("覆盖率 ≥ {}% 得全部学时，≥ {}% 得一半", rule.full_percent, rule.half_percent)),
    ];
    lines.push(line(
        "学时",
        format!(
            "有效时长 ≥ {} 分钟 {} 学时，≥ {} 分钟 {} 学时，更短 {} 学时",
            rule.long_ms / 60_000,
            thousandths(rule.long_hours_milli),
            rule.medium_ms / 60_000,
            thousandths(rule.medium_hours_milli),
            thousandths(rule.short_hours_milli)
        ),
    ));
    lines.push(line(
        "补学",
        match detail.window.until() {
            Some(until) => format!("可以看回放补学到 {}，在这之前没来的为待定", local_time(until)),
            None if detail.window.is_open() => {
                format!(
                    "有回放的，结束后 {} 天内可以补学，在这之前没来的为待定",
                    rule.make_up_ms / 86_400_000
                )
            }
            None => "补学的时间已过，或没有回放；以后看回放仍然计学时".to_owned(),
        },
    ));
    lines.push(line(
        "核对",
        format!(
            "播放速度超过 {} 倍不计；超过 {} 秒（页面在后台听声音时 {} 秒）没有心跳，中间不计；每次进入共允许 {} 秒误差",
            thousandths(rule.max_rate_milli),
            rule.receipt_gap_ms / 1000,
            rule.hidden_sound_gap_ms.max(rule.receipt_gap_ms) / 1000,
            rule.allowance_ms / 1000
        ),
    ));
    if timeline(lesson).trims.iter().any(|trim| trim.from > Position::ZERO || trim.to < Position::MAX) {
        let words = "按整节课、按裁剪后的片段各算一次，取学时多的；观看秒、覆盖率和学时按取用的那一次";
        lines.push(line("回放裁剪", words.to_owned()));
    }
    lines.push(line("", "各列".to_owned()));
    lines.extend(MEANINGS.iter().map(|(name, words)| line(name, (*words).to_owned())));
    lines
}

pub(super) const MEANINGS: [(&str, &str); 19] = [
    ("名单", "给人看、打印的一页；各列取自“个人明细”，合计相同"),
    ("行", "受邀支部在上课时的全部成员，加上没有受邀而参加的人"),
    ("待定", "受邀，到导出时没有播放过，而课程还没有结束，或者还可以看回放补学；不算未参加"),
    ("未参加", "受邀，没有播放过直播或回放，补学的时间也过了；只打开页面不算参加"),
    ("请假", "受邀，由组织者记为请假，没有参加；参加了的照常计算"),
    ("中心、站、点、支部", "首次进入课程时所属的支部及其上级；没有参加的，为上课时所属的"),
    ("手机号", "已隐去中间四位"),
    ("方式", "计入的部分是怎样观看的：直播、回放、音频"),
    ("首次进入", "第一次打开课程的时间"),
    ("末次离开", "服务器最后一次收到播放器上报的时间"),
    ("进入次数", "满 30 秒的观看，间隔 30 分钟以上算另一次"),
    ("观看秒", "计入的课程内容，整秒；所有设备、直播与回放合并，重看不重复计算"),
    ("观看时长", "观看秒，每行向下取到整分；合计是各行之和"),
    ("覆盖率", "观看时长 ÷ 有效时长，向下取到 0.01%"),
    ("在场应答", "应答次数 / 要求次数；本规则未要求时为 0/0"),
    ("原始学时", "由证据按规则计算"),
    ("调整学时", "人工更正的学时，没有更正为 0"),
    ("最终学时", "原始学时加调整学时"),
    ("原因", "认定的依据，以及未计入的时长和原因"),
];
