//! What an import of a roster writes, and what of it can be taken back.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::json;
use uuid::Uuid;

use super::audit::Action;
use crate::{
    ApplyOutcome, AuditEntry, IMPORT_KEPT_MS, ImportApply, ImportKind, ImportState, ImportWrite, KeptPerson,
    PersonColumns, RosterFacts, RosterImport, TextEnum as _, UndoOutcome, UtcMillis,
};

/// A person in their new form, and what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterChange {
    /// Whom.
    pub id: Uuid,
    /// What they become.
    pub after: PersonColumns,
    /// They are new.
    pub is_new: bool,
    /// All their sessions end.
    pub signs_out: bool,
    /// The membership there is ends …
    pub leaves: bool,
    /// … and one of this branch begins.
    pub joins: Option<Uuid>,
}

/// All that is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RosterChanges {
    /// People.
    pub people: Vec<RosterChange>,
    /// Who was added by the import and is none any more.
    pub removed: Vec<Uuid>,
    /// Lines of the audit log.
    pub audit: Vec<AuditEntry>,
}

/// Whether an import may be applied now, and what is written then.
pub fn apply(
    by_organizer: bool,
    import: Option<&RosterImport>,
    now: &RosterFacts,
    apply: &ImportApply,
) -> Result<RosterChanges, ApplyOutcome> {
    let import = import.ok_or(ApplyOutcome::NotFound)?;
    match import.state {
        ImportState::Applied => return Err(ApplyOutcome::Done),
        ImportState::Previewed if apply.at - import.created_at <= IMPORT_KEPT_MS => {}
        _ => return Err(ApplyOutcome::NotFound),
    }
    if !by_organizer {
        return Err(ApplyOutcome::ActorGone);
    }
    if *now != apply.facts {
        return Err(ApplyOutcome::Stale);
    }
    let mut changes = RosterChanges::default();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for write in &apply.writes {
        *counts.entry(write.kind.as_str()).or_default() += 1;
        changes.people.push(change(write.id, write.before.as_ref(), &write.after));
        changes.audit.push(line(write, import.id, apply.actor_id, apply.at));
    }
    changes.audit.push(Action::of(apply.actor_id, "roster.apply", apply.at).on(
        "roster_import",
        import.id,
        &json!({ "people": counts }),
    ));
    Ok(changes)
}

/// What is known of a person whom an import wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What is kept of them now.
    pub columns: PersonColumns,
    /// They got a password, signed in, were excused or given a role: they are more than the import made them.
    pub used: bool,
}

/// Takes back what an import did with people who still are as it left them. `now` has who is
/// still there.
pub fn undo(
    by_organizer: bool,
    import: Option<&RosterImport>,
    writes: &[ImportWrite],
    now: &BTreeMap<Uuid, Written>,
    actor_id: Uuid,
    at: UtcMillis,
) -> Result<(RosterChanges, UndoOutcome), UndoOutcome> {
    let import = import.filter(|import| import.state == ImportState::Applied).ok_or(UndoOutcome::NotFound)?;
    if import.applied_at.is_none_or(|applied_at| at - applied_at > IMPORT_KEPT_MS) {
        return Err(UndoOutcome::TooLate);
    }
    if !by_organizer {
        return Err(UndoOutcome::ActorGone);
    }
    let mut changes = RosterChanges::default();
    let mut kept = Vec::new();
    for write in writes {
        let Some(person) = now.get(&write.id) else { continue };
        if person.columns != write.after || (write.before.is_none() && person.used) {
            let name = person.columns.name.clone();
            kept.push(KeptPerson { id: write.id, name, kind: write.kind });
            continue;
        }
        let detail = json!({ "import": import.id });
        let action = if let Some(before) = &write.before {
            changes.people.push(change(write.id, Some(&write.after), before));
            "person.import_undo"
        } else {
            changes.removed.push(write.id);
            "person.import_remove"
        };
        changes.audit.push(Action::of(actor_id, action, at).on_person(write.id, &detail));
    }
    let taken_back = changes.people.len() + changes.removed.len();
    let signed_out =
        changes.people.iter().filter(|person| person.signs_out).map(|person| person.id).collect();
    let detail = json!({ "taken_back": taken_back, "kept": kept.len() });
    changes.audit.push(Action::of(actor_id, "roster.undo", at).on("roster_import", import.id, &detail));
    Ok((changes, UndoOutcome::Done { taken_back, kept, signed_out }))
}

/// Another number signs out whoever is signed in by the old one; who left is in no branch until they are back.
fn change(id: Uuid, before: Option<&PersonColumns>, after: &PersonColumns) -> RosterChange {
    let member_of = |columns: &PersonColumns| columns.branch_id.filter(|_| columns.disabled_at.is_none());
    let was = before.and_then(member_of);
    let is = member_of(after);
    RosterChange {
        id,
        after: after.clone(),
        is_new: before.is_none(),
        signs_out: before.is_some_and(|before| {
            (before.phone.is_some() && before.phone != after.phone)
                || (before.disabled_at.is_none() && after.disabled_at.is_some())
        }),
        leaves: was.is_some() && was != is,
        joins: is.filter(|_| was != is),
    }
}

/// The line names fields and never their values.
fn line(write: &ImportWrite, import_id: Uuid, actor_id: Uuid, at: UtcMillis) -> AuditEntry {
    let action = match write.kind {
        ImportKind::Add => "person.add",
        ImportKind::Leave => "person.disable",
        ImportKind::Return => "person.enable",
        _ => "person.edit",
    };
    let fields = write.before.as_ref().map_or_else(HashSet::new, |before| differing(before, &write.after));
    let mut fields: Vec<_> = fields.into_iter().collect();
    fields.sort_unstable();
    let detail = json!({ "fields": fields, "import": import_id });
    Action::of(actor_id, action, at).on_person(write.id, &detail)
}

fn differing(before: &PersonColumns, after: &PersonColumns) -> HashSet<&'static str> {
    [
        ("name", before.name != after.name),
        ("phone", before.phone != after.phone),
        ("member_no", before.member_no != after.member_no),
        ("branch_id", before.branch_id != after.branch_id),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RosterPerson;

    const PERSON: Uuid = Uuid::from_u128(1);
    const ACTOR: Uuid = Uuid::from_u128(2);

    fn columns(branch: u128, disabled_at: Option<i64>) -> PersonColumns {
        PersonColumns {
            name: "王芳".to_owned(),
            phone: Some("13800000001".to_owned()),
            member_no: None,
            branch_id: Some(Uuid::from_u128(branch)),
            disabled_at,
        }
    }

    fn import(state: ImportState) -> RosterImport {
        RosterImport {
            id: Uuid::from_u128(9),
            owner_id: ACTOR,
            file_name: "名册.xlsx".to_owned(),
            file_bytes: 1,
            options: "{}".to_owned(),
            state,
            summary: "{}".to_owned(),
            fingerprint: None,
            created_at: 0,
            applied_at: (state == ImportState::Applied).then_some(0),
            undone_at: None,
        }
    }

    fn moved() -> ImportWrite {
        let (before, after) = (Some(columns(3, None)), columns(4, None));
        ImportWrite { id: PERSON, kind: ImportKind::Move, before, after }
    }

    fn request(at: i64) -> ImportApply {
        ImportApply {
            id: Uuid::from_u128(9),
            actor_id: ACTOR,
            within: vec!["/1/".to_owned()],
            facts: RosterFacts::default(),
            writes: vec![moved()],
            summary: "{}".to_owned(),
            at,
        }
    }

    #[test]
    fn an_import_is_applied_once_in_time_and_to_what_was_shown() {
        let facts = RosterFacts::default();
        let asked = |organizer, state, now: &RosterFacts, at| {
            apply(organizer, Some(&import(state)), now, &request(at)).map(|changes| changes.people.len())
        };
        assert_eq!(asked(true, ImportState::Previewed, &facts, 0), Ok(1));
        assert_eq!(asked(true, ImportState::Applied, &facts, 0), Err(ApplyOutcome::Done));
        assert_eq!(asked(true, ImportState::Reading, &facts, 0), Err(ApplyOutcome::NotFound));
        assert_eq!(
            asked(true, ImportState::Previewed, &facts, IMPORT_KEPT_MS + 1),
            Err(ApplyOutcome::NotFound)
        );
        assert_eq!(asked(false, ImportState::Previewed, &facts, 0), Err(ApplyOutcome::ActorGone));
        let other = RosterFacts {
            people: vec![RosterPerson {
                id: PERSON,
                columns: columns(3, None),
                has_roles: false,
                within: true,
            }],
            units: Vec::new(),
        };
        assert_eq!(asked(true, ImportState::Previewed, &other, 0), Err(ApplyOutcome::Stale));
    }

    #[test]
    fn who_moves_leaves_and_joins_and_who_left_is_signed_out() {
        let moves = change(PERSON, Some(&columns(3, None)), &columns(4, None));
        assert_eq!((moves.leaves, moves.joins, moves.signs_out), (true, Some(Uuid::from_u128(4)), false));
        let leaves = change(PERSON, Some(&columns(3, None)), &columns(3, Some(5)));
        assert_eq!((leaves.leaves, leaves.joins, leaves.signs_out), (true, None, true));
        let returns = change(PERSON, Some(&columns(3, Some(5))), &columns(3, None));
        assert_eq!(
            (returns.leaves, returns.joins, returns.signs_out),
            (false, Some(Uuid::from_u128(3)), false)
        );
        let number = PersonColumns { phone: Some("13900000001".to_owned()), ..columns(3, None) };
        let changes = change(PERSON, Some(&columns(3, None)), &number);
        assert_eq!((changes.leaves, changes.joins, changes.signs_out), (false, None, true));
    }

    #[test]
    fn what_somebody_went_on_from_is_not_taken_back_and_is_named() {
        let added = ImportWrite { id: ACTOR, kind: ImportKind::Add, before: None, after: columns(3, None) };
        let as_left = |used| Written { columns: columns(4, None), used };
        let asked = |now: BTreeMap<Uuid, Written>, at| {
            undo(true, Some(&import(ImportState::Applied)), &[moved(), added.clone()], &now, ACTOR, at)
        };
        let new = |used| Written { columns: columns(3, None), used };
        let (changes, outcome) =
            asked(BTreeMap::from([(PERSON, as_left(true)), (ACTOR, new(false))]), 1).expect("taken back");
        assert_eq!((changes.people.len(), changes.removed), (1, vec![ACTOR]));
        assert_eq!(changes.people[0].after, columns(3, None));
        assert!(matches!(outcome, UndoOutcome::Done { taken_back: 2, kept, .. } if kept.is_empty()));
        let touched = Written { columns: columns(5, None), used: false };
        let (changes, outcome) =
            asked(BTreeMap::from([(PERSON, touched), (ACTOR, new(true))]), 1).expect("taken back");
        assert!(changes.people.is_empty() && changes.removed.is_empty());
        assert!(matches!(outcome, UndoOutcome::Done { taken_back: 0, kept, .. } if kept.len() == 2));
        assert_eq!(asked(BTreeMap::new(), IMPORT_KEPT_MS + 1).err(), Some(UndoOutcome::TooLate));
    }
}
