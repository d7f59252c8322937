//! Settled results: what members' evidence was judged to be worth, kept so that years can be read. A cache: whoever keeps them
//! computes them from the evidence, and the same again gives the same. Months are calendar months of Asia/Shanghai as year × 12 +
//! month − 1, half-open ranges of them.

use uuid::Uuid;
use yunke_domain::{Item, text_enum};

use crate::UtcMillis;

/// Rows of a list at most, whatever is asked for.
pub const RESULT_ROWS_MAX: i64 = 500;

text_enum! {
    /// How much credit a result is.
    ResultCredit {
        /// Below half.
        None = "none",
        /// Half of the hours.
        Half = "half",
        /// All of them.
        Full = "full",
    }
}

/// What one member's evidence of one item is worth in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberResult {
    /// Who.
    pub user_id: Uuid,
    /// In which month it counts.
    pub month: i64,
    /// Where it counts: the branch of then, else the unit that gave the item.
    pub unit_id: Uuid,
    /// The rest of a lesson over midnight at the end of the month before: learned time and hours, and nothing that is counted once.
    pub continues: bool,
    /// One of the 人数: a minute of viewing …
    pub person: bool,
    /// … before the lesson ended.
    pub live_person: bool,
    /// 人次 …
    pub visits: i64,
    /// … before the lesson ended.
    pub live_visits: i64,
    /// Milliseconds that count.
    pub counted_ms: i64,
    /// Hundredths of a percent.
    pub coverage_bp: i64,
    /// How much credit.
    pub credit: ResultCredit,
    /// Credit hours × 1000.
    pub hours_milli: i64,
}

/// An item's results, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ResultFigures {
    /// 应到.
    pub invited: i64,
    /// Of them, who attended.
    pub invited_attended: i64,
    /// Who attended, invited or not.
    pub attended: i64,
    /// Excused, and did not attend.
    pub excused: i64,
    /// 人数, of one item; of several a person is as many.
    pub people: i64,
    /// The same of who was there before the lesson ended.
    pub live_people: i64,
    /// 人次.
    pub visits: i64,
    /// The same before the lesson ended.
    pub live_visits: i64,
    /// Who has full credit.
    pub full: i64,
    /// Who has half.
    pub half: i64,
    /// Milliseconds that count.
    pub counted_ms: i64,
    /// Credit hours × 1000.
    pub hours_milli: i64,
}

impl ResultFigures {
    /// Adds another's.
    pub fn add(&mut self, other: &Self) {
        self.invited += other.invited;
        self.invited_attended += other.invited_attended;
        self.attended += other.attended;
        self.excused += other.excused;
        self.people += other.people;
        self.live_people += other.live_people;
        self.visits += other.visits;
        self.live_visits += other.live_visits;
        self.full += other.full;
        self.half += other.half;
        self.counted_ms += other.counted_ms;
        self.hours_milli += other.hours_milli;
    }
}

/// Figures of an item for a unit and a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitFigures {
    /// Of this unit and all below it.
    pub unit_id: Uuid,
    /// In this month.
    pub month: i64,
    /// The rest of a lesson that began in the month before.
    pub continues: bool,
    /// What there is.
    pub figures: ResultFigures,
}

/// An item, and what its results depend on besides its members' evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemBasis {
    /// Which.
    pub item: Item,
    /// The unit that gave it.
    pub unit_id: Uuid,
    /// When the lesson was started …
    pub started_at: Option<UtcMillis>,
    /// … and ended; an episode has neither.
    pub ended_at: Option<UtcMillis>,
    /// Facts as text.
    pub basis: String,
    /// The basis it was settled by, if it was.
    pub settled: Option<String>,
}

/// A member with evidence that is not in the results yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultDue {
    /// Of this item.
    pub item: Item,
    /// This member.
    pub user_id: Uuid,
    /// Since when; 0: they were never settled.
    pub since: UtcMillis,
}

/// What a month of a unit adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthFigures {
    /// The unit.
    pub unit_id: Uuid,
    /// The month.
    pub month: i64,
    /// Of lessons, else of episodes.
    pub lesson: bool,
    /// Items that began in it: 场次.
    pub items: i64,
    /// Members who have not come to lessons that can still be made up for.
    pub pending: i64,
    /// Added up.
    pub figures: ResultFigures,
}

/// How many people of a unit have been there in the same months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeopleInMonths {
    /// The unit.
    pub unit_id: Uuid,
    /// Bit 0 is January.
    pub months: i64,
    /// How many.
    pub people: i64,
}

/// How far a branch's members of a moment are in a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchProgress {
    /// Path of the branch.
    pub path: String,
    /// Members.
    pub members: i64,
    /// Of them, who reached the lower target.
    pub reached: i64,
    /// Who reached the upper one.
    pub reached_upper: i64,
    /// Their credit hours × 1000.
    pub hours_milli: i64,
}

/// Targets of a year, credit hours × 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearTargets {
    /// For a member.
    pub lower: i64,
    /// For a branch secretary.
    pub upper: i64,
}

/// One item in a list of what makes up a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFigures {
    /// Which.
    pub item: Item,
    /// Its title.
    pub title: String,
    /// The name of the unit that gave it, or of the episode's series.
    pub from_name: String,
    /// The path of the unit that gave it.
    pub unit_path: String,
    /// When the lesson was started.
    pub started_at: Option<UtcMillis>,
    /// When it was ended.
    pub ended_at: Option<UtcMillis>,
    /// The rest of a lesson that began in the month before.
    pub continues: bool,
    /// Who has not come and still can.
    pub pending: i64,
    /// What there is.
    pub figures: ResultFigures,
}

text_enum! {
    /// Which people of a unit.
    ReportPeople {
        /// 人数: who was there in these months.
        Counted = "counted",
        /// Members at the moment.
        Members = "members",
        /// Of them, who reached the lower target.
        Reached = "reached",
        /// Who reached the upper one.
        ReachedUpper = "reached_upper",
        /// Who did not reach the lower one.
        Below = "below",
    }
}

/// Which people of which unit and year.
#[derive(Debug, Clone)]
pub struct ReportPeopleFilter {
    /// The unit.
    pub unit_id: Uuid,
    /// The year.
    pub year: i64,
    /// Of these months; bit 0 is January. For who was counted.
    pub months: i64,
    /// Members at this moment. For the others.
    pub at: UtcMillis,
    /// Which.
    pub who: ReportPeople,
    /// The targets.
    pub targets: YearTargets,
}

/// Somebody in such a list, with what they have of the year: of people counted in the unit what counts there, else all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearPerson {
    /// Who.
    pub user_id: Uuid,
    /// Their name.
    pub name: String,
    /// 成员编号.
    pub member_no: Option<String>,
    /// The branch: now, or of members that of the moment.
    pub branch_name: Option<String>,
    /// Lessons they attended.
    pub lessons: i64,
    /// 人次.
    pub visits: i64,
    /// Milliseconds that count.
    pub counted_ms: i64,
    /// Credit hours × 1000.
    pub hours_milli: i64,
    /// Of them, of episodes.
    pub audio_hours_milli: i64,
}

/// A page of a list, and how many there are on all pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// On all pages.
    pub total: i64,
}

/// One item of a member's year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearLine {
    /// Which.
    pub item: Item,
    /// Its title.
    pub title: String,
    /// The lecturer's name, or the title of the episode's series.
    pub from_name: String,
    /// The path of the unit that gave it.
    pub unit_path: String,
    /// When the lesson was started.
    pub started_at: Option<UtcMillis>,
    /// When it was ended.
    pub ended_at: Option<UtcMillis>,
    /// How long after that one can make up for it.
    pub make_up_ms: i64,
    /// There is a replay.
    pub replay_ready: bool,
    /// It is not open to members at present.
    pub hidden: bool,
    /// Members of the branch they are in now may watch it.
    pub may_watch: bool,
    /// They are excused; may be empty.
    pub excuse: Option<String>,
    /// What it is worth; none: they were invited and did not come.
    pub result: Option<MemberResult>,
}
