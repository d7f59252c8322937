//! What a plan is made of besides the file.

use std::collections::HashSet;

use uuid::Uuid;
use yunke_store::RosterFacts;

/// All a file is compared with.
#[derive(Debug, Clone, Copy)]
pub struct PlanFacts<'a> {
    /// People and units of the organizer's part of the tree.
    pub known: &'a RosterFacts,
    /// 成员编号 of people in other parts, in small letters.
    pub elsewhere: &'a HashSet<String>,
    /// Who imports: nobody makes themselves leave.
    pub actor_id: Uuid,
}
