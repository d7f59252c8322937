//! From what the store adds up to what a report says. Pure: periods, rates, and a comparison with the year before.

use std::ops::Range;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{BranchProgress, MonthFigures, PeopleInMonths, ResultFigures, RollCounts};

/// What a unit's time adds up to. Lessons count when they were held and people where they belonged then: who moves or leaves
/// afterwards changes nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReportFigures {
    /// 场次: lessons that are over. A break of the lecturer makes no second one.
    pub lessons: i64,
    /// 应到: invitations, each lesson and member one.
    pub invited: i64,
    /// Who attended of them. Excused who came all the same are among them.
    pub invited_attended: i64,
    /// 到课: who attended, invited or not.
    pub attended: i64,
    /// 请假, and did not attend.
    pub excused: i64,
    /// 待定: invited, have not come, and still can.
    pub pending: i64,
    /// 参学率 in hundredths of a percent, as on a lesson's table: invited who attended ÷ (invited − excused who did not).
    pub rate_bp: Option<i64>,
    /// 人数: people who viewed a minute or more of a lesson, each once.
    pub people: i64,
    /// 人次: visits of half a minute or more, split by half an hour without any.
    pub visits: i64,
    /// The same while the lessons were on.
    pub live_visits: i64,
    /// Full credits.
    pub full: i64,
    /// Half credits.
    pub half: i64,
    /// Milliseconds of lessons that count.
    pub counted_ms: i64,
    /// Milliseconds of episodes that count.
    pub audio_ms: i64,
    /// 学时 × 1000 of lessons and episodes.
    pub hours_milli: i64,
    /// Of them, of episodes.
    pub audio_hours_milli: i64,
}

impl ReportFigures {
    /// What these months add up to; `people` is counted elsewhere, as a person of two months is one.
    fn of<'a>(months: impl Iterator<Item = &'a MonthFigures>, people: i64) -> Self {
        let (mut lessons, mut audio, mut held, mut pending) =
            (ResultFigures::default(), ResultFigures::default(), 0, 0);
        for month in months {
            if month.lesson {
                lessons.add(&month.figures);
                held += month.items;
                pending += month.pending;
            } else {
                audio.add(&month.figures);
            }
        }
        let counts = RollCounts {
            invited: lessons.invited,
            invited_attended: lessons.invited_attended,
            attended: lessons.attended,
            excused: lessons.excused,
        };
        Self {
            lessons: held,
            invited: lessons.invited,
            invited_attended: lessons.invited_attended,
            attended: lessons.attended,
            excused: lessons.excused,
            pending,
            rate_bp: counts.rate_bp(),
            people,
            visits: lessons.visits,
            live_visits: lessons.live_visits,
            full: lessons.full,
            half: lessons.half,
            counted_ms: lessons.counted_ms,
            audio_ms: audio.counted_ms,
            hours_milli: lessons.hours_milli + audio.hours_milli,
            audio_hours_milli: audio.hours_milli,
        }
    }
}

/// How far the members of a moment are in the year, wherever they learned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReportProgress)]
pub struct Progress {
    /// Members.
    pub members: i64,
    /// Who has 32 credit hours.
    pub reached: i64,
    /// Who has 56, as a branch secretary is to have.
    pub reached_upper: i64,
    /// All their credit hours × 1000.
    pub hours_milli: i64,
}

impl Progress {
    fn of<'a>(branches: impl Iterator<Item = &'a BranchProgress>) -> Self {
        branches.fold(Self::default(), |mut all, branch| {
            all.members += branch.members;
            all.reached += branch.reached;
            all.reached_upper += branch.reached_upper;
            all.hours_milli += branch.hours_milli;
            all
        })
    }
}

/// A year of a unit, or of one directly below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// The whole year.
    pub total: ReportFigures,
    /// January to December.
    pub months: Vec<ReportFigures>,
}

/// What a year's report is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearParts {
    /// The unit, this year.
    pub year: Part,
    /// The year before.
    pub before: Part,
    /// The year before up to the same month.
    pub before_same: ReportFigures,
    /// How far its members are.
    pub progress: Progress,
}

/// Months of a year up to and including this one, as bits: bit 0 is January.
fn mask(months: Range<u32>) -> i64 {
    months.fold(0, |mask, month| mask | 1 << month)
}

fn people_in(people: &[PeopleInMonths], unit: Uuid, months: i64) -> i64 {
    people.iter().filter(|one| one.unit_id == unit && one.months & months != 0).map(|one| one.people).sum()
}

fn part(unit: Uuid, year: i64, figures: &[MonthFigures], people: &[PeopleInMonths]) -> Part {
    let within = |from: u32, to: u32| {
        let range = year * 12 + i64::from(from)..year * 12 + i64::from(to);
        let months = figures.iter().filter(move |one| one.unit_id == unit && range.contains(&one.month));
        ReportFigures::of(months, people_in(people, unit, mask(from..to)))
    };
    Part { total: within(0, 12), months: (0..12).map(|month| within(month, month + 1)).collect() }
}

/// The parts of a year's report of a unit. `so_far`: how many months of it have begun, 12 of one that is over.
pub fn year_parts(
    (unit, path): (Uuid, &str),
    year: i64,
    so_far: u32,
    figures: &[MonthFigures],
    (people, people_before): (&[PeopleInMonths], &[PeopleInMonths]),
    progress: &[BranchProgress],
) -> YearParts {
    let before = year - 1;
    let same = before * 12..before * 12 + i64::from(so_far);
    let same = figures.iter().filter(|one| one.unit_id == unit && same.contains(&one.month));
    YearParts {
        year: part(unit, year, figures, people),
        before: part(unit, before, figures, people_before),
        before_same: ReportFigures::of(same, people_in(people_before, unit, mask(0..so_far))),
        progress: Progress::of(progress.iter().filter(|branch| branch.path.starts_with(path))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: Uuid = Uuid::from_u128(1);
    const CHILD: Uuid = Uuid::from_u128(2);

    fn month(unit_id: Uuid, month: i64, lesson: bool, figures: ResultFigures, pending: i64) -> MonthFigures {
        MonthFigures { unit_id, month, lesson, items: 1, pending, figures }
    }

    /// sakai#6640, djattendance#1567, rcos-handbook#34.
    #[test]
    fn ten_invited_one_excused_and_eight_attended_is_the_same_rate_in_a_month_and_in_the_year() {
        let figures =
            ResultFigures { invited: 10, invited_attended: 8, attended: 9, excused: 1, ..Default::default() };
        let all = [month(UNIT, 2027 * 12 + 4, true, figures, 1)];
        let parts = year_parts((UNIT, "/1/"), 2027, 12, &all, (&[], &[]), &[]);
        assert_eq!(parts.year.total.rate_bp, Some(8_888));
        assert_eq!(parts.year.months[4], parts.year.total);
        assert_eq!(
            (parts.year.months[3].rate_bp, parts.year.total.pending),
            (None, 1),
            "nobody was expected"
        );
    }

    #[test]
    fn people_are_counted_once_and_everything_else_adds_up() {
        let one =
            |visits, hours_milli| ResultFigures { visits, hours_milli, counted_ms: 7, ..Default::default() };
        let (now, before) = (2027 * 12, 2026 * 12);
        let all = [
            month(UNIT, now, true, one(3, 500), 0),
            month(UNIT, now + 1, true, one(4, 250), 0),
            month(UNIT, now + 1, false, one(9, 125), 0),
            month(CHILD, now, true, one(100, 100), 0),
            month(UNIT, before + 1, true, one(5, 100), 0),
            month(UNIT, before + 2, true, one(6, 100), 0),
        ];
        let people = |months, people| PeopleInMonths { unit_id: UNIT, months, people };
        let now_there = [people(0b01, 2), people(0b10, 1), people(0b11, 4)];
        let parts = year_parts(
            (UNIT, "/1/"),
            2027,
            2,
            &all,
            (&now_there, &[people(0b100, 3), people(0b110, 1)]),
            &[],
        );
        let year = &parts.year;
        assert_eq!((year.total.people, year.months[0].people, year.months[1].people), (7, 6, 5));
        assert_eq!((year.total.visits, year.total.hours_milli, year.total.audio_hours_milli), (7, 875, 125));
        assert_eq!((year.total.counted_ms, year.total.audio_ms, year.total.lessons), (14, 7, 2));
        let sum = |of: fn(&ReportFigures) -> i64| year.months.iter().map(of).sum::<i64>();
        assert_eq!(
            (sum(|m| m.visits), sum(|m| m.hours_milli), sum(|m| m.lessons)),
            (year.total.visits, year.total.hours_milli, year.total.lessons)
        );
        assert_eq!((parts.before.total.visits, parts.before.total.people), (11, 4));
        assert_eq!((parts.before_same.visits, parts.before_same.people), (5, 1), "January and February");
    }

    #[test]
    fn progress_is_of_the_branches_below() {
        let branch = |path: &str, members, reached| BranchProgress {
            path: path.to_owned(),
            members,
            reached,
            reached_upper: 0,
            hours_milli: 1_000,
        };
        let all = [branch("/1/2/1/", 10, 4), branch("/1/2/2/", 5, 1), branch("/1/20/1/", 7, 7)];
        let of = |path| year_parts((UNIT, path), 2027, 12, &[], (&[], &[]), &all).progress;
        assert_eq!((of("/1/2/").members, of("/1/2/").reached, of("/1/").members), (15, 5, 22));
    }
}
