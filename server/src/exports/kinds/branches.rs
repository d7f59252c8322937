//! 4 支部/站点: how each branch and each site did in a year or a month, against the one before, and on the way to the year's target.

use std::collections::{BTreeMap, HashMap, HashSet};

use uuid::Uuid;
use yunke_store::{ItemKind, RollCounts, RollEntry, Unit, UnitKind};

use super::cells::{part, rate, text};
use crate::{
    evidence::{Record, Records, Subject, outages},
    exports::{
        book::{Row, Table},
        columns::Cell,
        error::DetailError,
        gathering::roll_of,
        making::{Making, Rules},
        output::Output,
        totals::Totals,
    },
};

/// Credit hours of a member in a year, in thousandths.
const TARGET_HOURS_MILLI: i64 = 32_000;

/// Members whose evidence of an episode is read at once.
const PAGE: usize = 100;

const COLUMNS: [(&str, u32); 22] = [
    ("中心", 12),
    ("站", 12),
    ("点", 12),
    ("支部", 14),
    ("人数", 6),
    ("场次", 6),
    ("应到人次", 7),
    ("到课人次", 7),
    ("请假人次", 7),
    ("参学率", 8),
    ("上期参学率", 8),
    ("变化", 8),
    ("观看秒", 10),
    ("观看时长", 9),
    ("平均观看秒", 8),
    ("平均观看时长", 8),
    ("课程学时", 8),
    ("音频学时", 8),
    ("学时合计", 8),
    ("人均学时", 8),
    ("达到目标人数", 8),
    ("目标完成率", 8),
];

pub(super) static TABLES: [Table; 2] = [
    Table { name: "支部", columns: &COLUMNS, pages_wide: 1, repeated: None },
    Table { name: "站点", columns: &COLUMNS, pages_wide: 1, repeated: None },
];

const MEANINGS: [(&str, &str); 12] = [
    ("支部", "每个支部一行；按上课时所属的支部，之后的调动不改变已有的数"),
    ("站点", "中心、站、点各一行，包括其下各支部；上级的行含下级，所以不再合计"),
    ("人数", "期内受邀或参加过的成员，一人只算一次"),
    ("场次", "期内已结束的、有成员受邀或参加的课程"),
    ("参学率", "受邀且到课的人次 ÷（应到人次 − 请假而没有到课的人次），向下取到 0.01%"),
    ("变化", "参学率比上一年（月）增减的百分点"),
    ("平均观看", "观看秒 ÷ 到课人次（受邀外的也算），向下取整"),
    ("课程学时", "各人各课的学时之和"),
    ("音频学时", "期内第一次打开的音频课的学时，计在成员最近一场课程时所属的支部"),
    ("人均学时", "学时合计 ÷ 人数，向下取到 0.001"),
    ("达到目标人数", "本期学时满 32 的人；系统不记录谁是支部书记，书记的 56 学时请对照人均学时另看"),
    ("目标完成率", "各人学时（最多计 32）之和 ÷（人数 × 32）"),
];

/// What is counted of a branch.
#[derive(Default)]
struct Sums {
    branch: Option<Unit>,
    totals: Totals,
    lessons: HashSet<Uuid>,
    /// Credit hours × 1000 of each member: by lessons, and by episodes.
    hours: HashMap<Uuid, (i64, i64)>,
    before: RollCounts,
}

impl Sums {
    fn add(&mut self, lesson: Uuid, entry: &RollEntry, record: Option<&Record>) {
        self.totals.add(entry, record);
        self.lessons.insert(lesson);
        let hours = self.hours.entry(entry.user_id).or_default();
        hours.0 += record.map_or(0, |record| record.credit.hours_milli);
    }

    /// Everything of another one, too.
    fn join(&mut self, other: &Self) {
        self.totals.join(&other.totals);
        self.lessons.extend(&other.lessons);
        for (who, (by_lessons, by_episodes)) in &other.hours {
            let hours = self.hours.entry(*who).or_default();
            hours.0 += by_lessons;
            hours.1 += by_episodes;
        }
        add_counts(&mut self.before, other.before);
    }

    fn row(&self, names: [Cell; 4]) -> Row {
        let Totals { counts, seconds, minutes, .. } = self.totals;
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let members = count(self.hours.len());
        let by_lessons: i64 = self.hours.values().map(|hours| hours.0).sum();
        let by_episodes: i64 = self.hours.values().map(|hours| hours.1).sum();
        let whole = |hours: &(i64, i64)| hours.0 + hours.1;
        let reached = self.hours.values().filter(|hours| whole(hours) >= TARGET_HOURS_MILLI).count();
        let towards: i64 = self.hours.values().map(|hours| whole(hours).min(TARGET_HOURS_MILLI)).sum();
        let average_s = if counts.attended > 0 { seconds / counts.attended } else { 0 };
        let change = match (counts.rate_bp(), self.before.rate_bp()) {
            (Some(now), Some(before)) => Some(now - before),
            _ => None,
        };
        let mut row = Vec::from(names);
        row.extend([
            Cell::Count(members),
            Cell::Count(count(self.lessons.len())),
            Cell::Count(counts.invited),
            Cell::Count(counts.invited_attended),
            Cell::Count(counts.excused),
            rate(counts.rate_bp()),
            rate(self.before.rate_bp()),
            rate(change),
            Cell::Count(seconds),
            Cell::Length(minutes * 60),
            Cell::Count(average_s),
            Cell::Length(average_s),
            Cell::Hours(by_lessons),
            Cell::Hours(by_episodes),
            Cell::Hours(by_lessons + by_episodes),
            Cell::Hours(if members > 0 { (by_lessons + by_episodes) / members } else { 0 }),
            Cell::Count(count(reached)),
            rate(part(towards, members * TARGET_HOURS_MILLI)),
        ]);
        row
    }
}

fn add_counts(to: &mut RollCounts, more: RollCounts) {
    to.invited += more.invited;
    to.invited_attended += more.invited_attended;
    to.attended += more.attended;
    to.excused += more.excused;
}

/// Branches by their path, as they are in the tree; whoever had none comes last.
type Branches = BTreeMap<(bool, String), Sums>;

fn of<'a>(branches: &'a mut Branches, branch: Option<&Unit>) -> &'a mut Sums {
    let key = (branch.is_none(), branch.map(|unit| unit.path.clone()).unwrap_or_default());
    let sums = branches.entry(key).or_default();
    if sums.branch.is_none() {
        sums.branch = branch.cloned();
    }
    sums
}

pub(super) async fn fill(
    making: &mut Making,
    output: &mut Output,
) -> Result<Vec<(String, String)>, DetailError> {
    making.passes(2);
    let (mut branches, mut rules) = (Branches::new(), Rules::default());
    // The branch of a member's last lesson.
    let mut homes: HashMap<Uuid, Option<Unit>> = HashMap::new();
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
                of(&mut branches, entry.branch.as_ref()).add(lesson.id, entry, record.as_ref());
                homes.insert(entry.user_id, entry.branch.clone());
            }
        }
    }
    hear(making, &homes, &mut branches).await?;
    before(making, &mut branches).await?;
    write(making, output, &branches).await?;
    Ok(making.notes("支部/站点汇总", &rules, output, &MEANINGS))
}

/// The period before, of which only who was invited and came is needed.
async fn before(making: &mut Making, branches: &mut Branches) -> Result<(), DetailError> {
    let Some(span) = making.parameters.before() else { return Ok(()) };
    let ids = making.lessons_in(span).await?;
    for (at, id) in ids.iter().enumerate() {
        let Some((lesson, _)) = making.lesson(*id, at, ids.len()).await? else { continue };
        for entry in roll_of(&making.core, lesson.id, making.job.paths.clone()).await? {
            let key = (entry.branch.is_none(), entry.branch.map(|unit| unit.path).unwrap_or_default());
            let Some(sums) = branches.get_mut(&key) else { continue };
            let one = RollCounts {
                invited: i64::from(entry.invited),
                invited_attended: i64::from(entry.invited && entry.attended),
                attended: i64::from(entry.attended),
                excused: i64::from(entry.excuse.is_some() && !entry.attended),
            };
            add_counts(&mut sums.before, one);
        }
    }
    Ok(())
}

/// Credit by episodes that were first opened in the time.
async fn hear(
    making: &Making,
    homes: &HashMap<Uuid, Option<Unit>>,
    branches: &mut Branches,
) -> Result<(), DetailError> {
    let Some(span) = making.parameters.span() else { return Ok(()) };
    let store = &making.core.store;
    let mut heard: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for (at, user) in homes.keys().enumerate() {
        if at % PAGE == 0 {
            making.check().await?;
        }
        for mark in store.evidence_marks(*user).await? {
            if mark.item.kind == ItemKind::Episode && span.contains(&mark.planned_start_at) {
                heard.entry(mark.item.id).or_default().push(*user);
            }
        }
    }
    let outages = outages(store.as_ref(), making.made_at).await?;
    for (episode, users) in heard {
        let item = yunke_store::Item::episode(episode);
        let Some(subject) = Subject::find(store.as_ref(), item).await? else { continue };
        let mut records = Records::with_outages(store.clone(), subject, outages.clone(), making.made_at);
        for some in users.chunks(PAGE) {
            making.check().await?;
            for record in records.of_all(some).await? {
                let user = record.evidence.user_id;
                let home = homes.get(&user).and_then(Option::as_ref);
                of(branches, home).hours.entry(user).or_default().1 += record.credit.hours_milli;
            }
        }
    }
    Ok(())
}

async fn write(making: &Making, output: &mut Output, branches: &Branches) -> Result<(), DetailError> {
    let names = |unit: Option<&Unit>| {
        let name = |kind| text(making.places.name(unit, kind));
        let own = unit.map_or_else(|| text("没有支部"), |_| name(UnitKind::Branch));
        [name(UnitKind::Centre), name(UnitKind::Station), name(UnitKind::Point), own]
    };
    let rows = branches.values().map(|sums| sums.row(names(sums.branch.as_ref())));
    output.rows(0, rows.collect()).await?;
    let mut all = Sums::default();
    for sums in branches.values() {
        all.join(sums);
    }
    output.totals(0, all.row([text("合计"), text(""), text(""), text(format!("{} 个支部", branches.len()))]));
    let mut sites = Vec::new();
    for unit in making.places.sites() {
        let mut sums = Sums::default();
        for one in branches.values() {
            if one.branch.as_ref().is_some_and(|branch| unit.contains(&branch.path)) {
                sums.join(one);
            }
        }
        if sums.totals.people > 0 {
            let [centre, station, point, _] = names(Some(unit));
            sites.push(sums.row([centre, station, point, text("")]));
        }
    }
    output.rows(1, sites).await
}
