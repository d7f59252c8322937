//! Who may change a person, and what hangs on it: sessions, the membership of a branch, roles.
//!
//! Two may share a phone number; nobody shares a 成员编号, and two of one name with one number are one person twice.
//!
//! Only an organizer changes others, and nobody's own roles are theirs to change (the routes see to that), so a centre always
//! keeps one: of two who disable each other, the second is none any more.

use serde_json::json;
use uuid::Uuid;

use super::audit::Action;
use crate::{AuditEntry, NewGrant, NewPassword, NewUser, PersonEdit, PersonOutcome, PersonRecord, UtcMillis};

/// What the store knows when somebody is added or changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whoever asks is an organizer.
    pub by_organizer: bool,
    /// Somebody else has the 成员编号 that the person is to have.
    pub number_taken: bool,
    /// Somebody else, not disabled, has the name and the phone number that the person is to have.
    pub known: bool,
}

impl Facts {
    fn check(self) -> Result<(), PersonOutcome> {
        match self {
            Self { number_taken: true, .. } => Err(PersonOutcome::NumberTaken),
            Self { known: true, .. } => Err(PersonOutcome::Known),
            _ => Ok(()),
        }
    }
}

/// A person in their new form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonChange {
    /// The columns of the person.
    pub row: PersonRow,
    /// All sessions end, and leases are revoked.
    pub signs_out: bool,
    /// The membership there is ends …
    pub leaves: bool,
    /// … and one of this branch begins.
    pub joins: Option<Uuid>,
    /// All roles, if they are others.
    pub roles: Option<Vec<NewGrant>>,
    /// Its line of the audit log.
    pub audit: AuditEntry,
}

/// The columns of a person that a change writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// The name.
    pub name: String,
    /// The phone number.
    pub phone: Option<String>,
    /// 成员编号.
    pub member_no: Option<String>,
    /// The branch.
    pub branch_id: Option<Uuid>,
    /// Since when they may not sign in.
    pub disabled_at: Option<UtcMillis>,
}

/// Adds a person.
pub fn add(facts: Facts, person: &NewUser, actor_id: Uuid) -> Result<AuditEntry, PersonOutcome> {
    allowed(facts.by_organizer)?;
    facts.check()?;
    Ok(line("person.add", person.id, actor_id, person.at, &[]))
}

/// The columns of a person after an edit: what the facts are asked about.
pub fn edited(before: &PersonRecord, edit: &PersonEdit) -> PersonRow {
    PersonRow {
        name: edit.name.clone().unwrap_or_else(|| before.name.clone()),
        phone: edit.phone.clone().unwrap_or_else(|| before.phone.clone()),
        member_no: edit.member_no.clone().unwrap_or_else(|| before.member_no.clone()),
        branch_id: edit.branch_id.unwrap_or(before.branch.as_ref().map(|branch| branch.id)),
        disabled_at: before.disabled_at,
    }
}

/// Changes a person. Another number signs out whoever is signed in by the old one; who is disabled is in no branch until
/// enabled again.
pub fn edit(
    facts: Facts,
    before: Option<PersonRecord>,
    edit: PersonEdit,
    actor_id: Uuid,
    at: UtcMillis,
) -> Result<PersonChange, PersonOutcome> {
    allowed(facts.by_organizer)?;
    let record = before.ok_or(PersonOutcome::NotFound)?;
    if edit.base.is_some_and(|base| base != record.revision) {
        return Err(PersonOutcome::Changed);
    }
    let row = edited(&record, &edit);
    let (id, before) = row_of(record);
    let roles = edit.roles;
    let (signs_out, leaves) = (row.phone != before.phone, row.branch_id != before.branch_id);
    let fields: Vec<&str> = [
        ("name", row.name != before.name),
        ("phone", signs_out),
        ("member_no", row.member_no != before.member_no),
        ("branch_id", leaves),
        ("roles", roles.is_some()),
    ]
    .into_iter()
    .filter_map(|(field, changes)| changes.then_some(field))
    .collect();
    if fields.is_empty() {
        return Err(PersonOutcome::Done);
    }
    facts.check()?;
    let joins = row.branch_id.filter(|_| leaves && row.disabled_at.is_none());
    let audit = line("person.edit", id, actor_id, at, &fields);
    Ok(PersonChange { row, signs_out, leaves, joins, roles, audit })
}

/// Disables or enables a person: they leave their branch, or join it again.
pub fn set_disabled(
    by_organizer: bool,
    before: Option<PersonRecord>,
    disabled: bool,
    actor_id: Uuid,
    at: UtcMillis,
) -> Result<PersonChange, PersonOutcome> {
    allowed(by_organizer)?;
    let (id, before) = row_of(before.ok_or(PersonOutcome::NotFound)?);
    if before.disabled_at.is_some() == disabled {
        return Err(PersonOutcome::Done);
    }
    let action = if disabled { "person.disable" } else { "person.enable" };
    Ok(PersonChange {
        signs_out: disabled,
        leaves: disabled,
        joins: before.branch_id.filter(|_| !disabled),
        roles: None,
        audit: line(action, id, actor_id, at, &[]),
        row: PersonRow { disabled_at: disabled.then_some(at), ..before },
    })
}

/// Replaces a password: one's own, or as an organizer somebody's.
pub fn replace_password(
    by_organizer: bool,
    exists: bool,
    password: &NewPassword,
) -> Result<AuditEntry, PersonOutcome> {
    let NewPassword { user_id, first, actor_id, at, .. } = *password;
    allowed(by_organizer || actor_id == user_id)?;
    if !exists {
        return Err(PersonOutcome::NotFound);
    }
    let action = if first { "person.password_reset" } else { "person.password_change" };
    Ok(line(action, user_id, actor_id, at, &[]))
}

fn allowed(may: bool) -> Result<(), PersonOutcome> {
    if may { Ok(()) } else { Err(PersonOutcome::ActorGone) }
}

fn row_of(before: PersonRecord) -> (Uuid, PersonRow) {
    let PersonRecord { id, name, phone, member_no, branch, disabled_at, .. } = before;
    let branch_id = branch.map(|branch| branch.id);
    (id, PersonRow { name, phone, member_no, branch_id, disabled_at })
}

/// The line names fields and never their values.
fn line(action: &'static str, id: Uuid, actor_id: Uuid, at: UtcMillis, fields: &[&str]) -> AuditEntry {
    Action::of(actor_id, action, at).on_person(id, &json!({ "fields": fields }))
}

#[cfg(test)]
mod tests;
