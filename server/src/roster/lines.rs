//! What an import would do, line by line, as pages show it and as it is kept until then.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_domain::text_enum;
use yunke_store::ImportKind;

use super::columns::Field;

text_enum! {
    /// What is wrong with a row.
    ReasonCode {
        /// No name stands in it.
        NameMissing = "name_missing",
        /// Control characters, characters that turn the writing around, or too many of them.
        TextInvalid = "text_invalid",
        /// A new person without a branch.
        BranchMissing = "branch_missing",
        /// There is no such branch in the organizer's part of the tree.
        BranchUnknown = "branch_unknown",
        /// There are several: `text` has their paths.
        BranchAmbiguous = "branch_ambiguous",
        /// No phone number.
        PhoneInvalid = "phone_invalid",
        /// The spreadsheet has lost the last digits of a long number.
        DigitsLost = "digits_lost",
        /// `#N/A` and the like.
        CellError = "cell_error",
        /// Another row has the same 成员编号: `text` is its number.
        NumberTwice = "number_twice",
        /// Another row says the same: `text` is its number.
        RowTwice = "row_twice",
        /// Another row is the same person: `text` is its number.
        PersonTwice = "person_twice",
        /// Several people may be meant.
        Ambiguous = "ambiguous",
        /// The 成员编号 is of somebody in another part of the tree.
        NumberElsewhere = "number_elsewhere",
        /// The person has a role in another part of the tree, whose organizer changes them.
        NotYours = "not_yours",
    }
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    /// What.
    pub code: ReasonCode,
    /// The column it is about.
    pub field: Option<Field>,
    /// What it is about: a name, paths, the number of another row.
    pub text: Option<String>,
}

impl Reason {
    /// About a column.
    pub(super) fn about(code: ReasonCode, field: Field) -> Self {
        Self { code, field: Some(field), text: None }
    }

    /// With what it is about.
    pub(super) fn of(code: ReasonCode, text: impl Into<String>) -> Self {
        Self { code, field: None, text: Some(text.into()) }
    }
}

/// A change of one thing that is kept of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// What.
    pub field: Field,
    /// How it is; a phone number masked.
    pub from: Option<String>,
    /// How it becomes.
    pub to: Option<String>,
}

/// What is done for one row, or for somebody who is in none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Line {
    /// What.
    pub kind: ImportKind,
    /// The row as the spreadsheet counts it; none: a person who is missing in the file.
    pub row: Option<u32>,
    /// The row is hidden in the file.
    pub hidden: bool,
    /// Whom it is done to; none: somebody new.
    pub person_id: Option<Uuid>,
    /// Their name as it becomes.
    pub name: String,
    /// 成员编号 as it becomes.
    pub member_no: Option<String>,
    /// Path of the branch they are in then.
    pub branch: Option<String>,
    /// What changes.
    pub changes: Vec<FieldChange>,
    /// What is wrong.
    pub reasons: Vec<Reason>,
    /// What stands in the row, if something is wrong with it.
    pub cells: Vec<String>,
}

/// How many lines do what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineCounts {
    /// New people.
    pub add: usize,
    /// Changed ones.
    pub change: usize,
    /// To another branch.
    #[serde(rename = "move")]
    pub moves: usize,
    /// Back again.
    #[serde(rename = "return")]
    pub returns: usize,
    /// Who might leave.
    pub leave: usize,
    /// As they were.
    pub same: usize,
    /// Something is wrong.
    pub bad: usize,
}

impl LineCounts {
    /// Of these lines.
    pub fn of(lines: &[Line]) -> Self {
        let mut counts = Self::default();
        for line in lines {
            *match line.kind {
                ImportKind::Add => &mut counts.add,
                ImportKind::Change => &mut counts.change,
                ImportKind::Move => &mut counts.moves,
                ImportKind::Return => &mut counts.returns,
                ImportKind::Leave => &mut counts.leave,
                ImportKind::Same => &mut counts.same,
                ImportKind::Bad => &mut counts.bad,
            } += 1;
        }
        counts
    }
}
