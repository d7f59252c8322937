//! The roll of a lesson: everybody who was invited, and whoever else came.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_domain::text_enum;

use crate::{Page, StoreResult, Unit, UtcMillis};

text_enum! {
    /// Which part of a roll.
    RollPart {
        /// Everybody.
        All = "all",
        /// Who played some of it, live or from the replay.
        Attended = "attended",
        /// Who was invited, was not excused and played nothing of it: pending while they still can, then absent.
        Missing = "missing",
        /// Who was invited, was excused and played nothing of it.
        Excused = "excused",
    }
}

/// Which entries of a roll.
#[derive(Debug, Clone)]
pub struct RollFilter {
    /// Only people whose branch lay inside one of these paths; who had no branch belongs to the lesson's own unit.
    pub within: Vec<String>,
    /// Of these, this part …
    pub part: RollPart,
    /// … with this in the name (also in pinyin or by initials), or as 成员编号, or as the whole phone number or its last four digits; empty: everybody.
    pub query: String,
    /// Only this person; then the counts are of them, too.
    pub user_id: Option<Uuid>,
}

/// Somebody on the roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollEntry {
    /// Who.
    pub user_id: Uuid,
    /// Their name.
    pub name: String,
    /// 成员编号.
    pub member_no: Option<String>,
    /// The whole phone number; mask it.
    pub phone: Option<String>,
    /// Their branch: when they first opened the lesson, else when it was.
    pub branch: Option<Unit>,
    /// They belonged to an invited branch at the lesson's time.
    pub invited: bool,
    /// They played some of it. Who only opened it has not.
    pub attended: bool,
    /// They were invited and are excused; the reason may be empty.
    pub excuse: Option<String>,
}

/// How many there are inside the paths, whatever else the filter says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RollCounts {
    /// 应到: invited.
    pub invited: i64,
    /// Invited, and came.
    pub invited_attended: i64,
    /// Came, invited or not.
    pub attended: i64,
    /// Invited, excused, and did not come.
    pub excused: i64,
}

impl RollCounts {
    /// Invited and not excused, and did not come (yet).
    pub fn missing(&self) -> i64 {
        self.invited - self.invited_attended - self.excused
    }

    /// 参学率 in hundredths of a percent, rounded down: who came, of whoever was invited but those who were excused and did
    /// not come. Nobody was invited: none.
    pub fn rate_bp(&self) -> Option<i64> {
        let expected = self.invited - self.excused;
        (expected > 0).then(|| self.invited_attended * 10_000 / expected)
    }
}

/// A page of a roll, ordered by branch, by the pinyin of the name, and by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollPage {
    /// The people.
    pub entries: Vec<RollEntry>,
    /// How many the filter lets through, on all pages.
    pub found: i64,
    /// How many there are at all.
    pub counts: RollCounts,
}

/// Somebody to excuse (请假).
#[derive(Debug, Clone)]
pub struct NewExcuse {
    /// From which lesson.
    pub lesson_id: Uuid,
    /// Whom.
    pub user_id: Uuid,
    /// Why; may be empty.
    pub reason: String,
    /// Who excuses.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

/// Use cases of rolls. Excusing writes its line of the audit log, which never has the reason: it may be about somebody's health.
#[async_trait]
pub trait RollStore: Send + Sync {
    /// Who was invited to a lesson, and who came. Who was invited is decided at the lesson's time (from its start to its end, or
    /// as planned): moves, leavers and newcomers afterwards change nothing.
    async fn roll(&self, lesson_id: Uuid, filter: &RollFilter, page: Page) -> StoreResult<RollPage>;

    /// Excuses somebody, or gives another reason. Whether they are invited is the caller's to know.
    async fn excuse(&self, excuse: NewExcuse) -> StoreResult<()>;

    /// Takes an excuse back; false: there was none.
    async fn take_back_excuse(
        &self,
        lesson_id: Uuid,
        user_id: Uuid,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<bool>;
}
