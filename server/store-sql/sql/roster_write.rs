//! What an import writes, many people a statement: one for each would take minutes over a network. All of it in one transaction.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, Row as _, Transaction};
use uuid::Uuid;
use yunke_catalogue::people::NameKeys;
use yunke_store::{
    ApplyOutcome, AuditEntry, ImportApply, ImportState, ImportWrite, PersonColumns, RosterFacts, StoreError,
    StoreResult, TextEnum as _, UndoOutcome, UtcMillis,
    decide::roster::{self, RosterChange, RosterChanges, Written},
};

use super::{people::is_organizer, roster_facts, roster_rows as kept};
use crate::db::{Connection, Db, SqlStore};
use crate::error::failed;

/// People of one statement.
const PEOPLE: usize = 900;

/// People of one piece of what was written.
const PIECE: usize = 1_000;

type Tx = Transaction<'static, Db>;

pub(super) async fn apply(store: &SqlStore, apply: &ImportApply) -> StoreResult<ApplyOutcome> {
    let mut tx = store.begin().await?;
    let import = kept::import(&mut tx, apply.id).await?;
    let by_organizer = is_organizer(&mut tx, apply.actor_id, apply.at).await?;
    // Nothing is read for what is refused anyway.
    let now = match import.as_ref().map(|import| import.state) {
        Some(ImportState::Previewed) => roster_facts::facts(&mut tx, &apply.within).await?,
        _ => RosterFacts::default(),
    };
    let changes = match roster::apply(by_organizer, import.as_ref(), &now, apply) {
        Ok(changes) => changes,
        Err(outcome) => return Ok(outcome),
    };
    write(&mut tx, &changes, apply.at).await?;
    for (seq, some) in apply.writes.chunks(PIECE).enumerate() {
        let body = serde_json::to_string(some).map_err(|error| StoreError::Failed(Box::new(error)))?;
        kept::add_piece(&mut tx, apply.id, "written", seq, &body).await?;
    }
    let (state, at) = (ImportState::Applied.as_str(), apply.at);
    sqlx::query!(
        "UPDATE roster_imports SET state = $2, applied_at = $3, summary = $4 WHERE id = $1",
        apply.id,
        state,
        at,
        apply.summary
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    Ok(ApplyOutcome::Done)
}

pub(super) async fn undo(
    store: &SqlStore,
    id: Uuid,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<UndoOutcome> {
    let mut tx = store.begin().await?;
    let import = kept::import(&mut tx, id).await?;
    let by_organizer = is_organizer(&mut tx, actor_id, at).await?;
    let writes = writes(&mut tx, id).await?;
    let now = written(&mut tx, &writes).await?;
    let (changes, outcome) = match roster::undo(by_organizer, import.as_ref(), &writes, &now, actor_id, at) {
        Ok(undone) => undone,
        Err(outcome) => return Ok(outcome),
    };
    write(&mut tx, &changes, at).await?;
    let state = ImportState::Undone.as_str();
    sqlx::query!("UPDATE roster_imports SET state = $2, undone_at = $3 WHERE id = $1", id, state, at)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    Ok(outcome)
}

/// What an import wrote.
pub(super) async fn writes(on: &mut Connection, id: Uuid) -> StoreResult<Vec<ImportWrite>> {
    let mut writes: Vec<ImportWrite> = Vec::new();
    for piece in kept::pieces(on, id, "written").await? {
        let some: Vec<ImportWrite> =
            serde_json::from_str(&piece).map_err(|error| StoreError::Failed(Box::new(error)))?;
        writes.extend(some);
    }
    Ok(writes)
}

/// How people are now whom an import wrote.
async fn written(tx: &mut Tx, writes: &[ImportWrite]) -> StoreResult<BTreeMap<Uuid, Written>> {
    let mut now = BTreeMap::new();
    for some in writes.chunks(PEOPLE) {
        let mut query = QueryBuilder::<Db>::new(
            "SELECT p.id, p.name, p.phone, p.member_no, p.branch_id, p.disabled_at,
                    (p.password_hash IS NOT NULL
                     OR EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = p.id)
                     OR EXISTS (SELECT 1 FROM leases l WHERE l.user_id = p.id)
                     OR EXISTS (SELECT 1 FROM roles r WHERE r.user_id = p.id)
                     OR EXISTS (SELECT 1 FROM favourites f WHERE f.user_id = p.id)
                     OR EXISTS (SELECT 1 FROM places h WHERE h.user_id = p.id)
                     OR EXISTS (SELECT 1 FROM listening_queue q WHERE q.user_id = p.id)
                     OR p.id IN (SELECT user_id FROM lesson_excuses)) AS used
             FROM users p WHERE p.id IN (",
        );
        let mut ids = query.separated(", ");
        for write in some {
            ids.push_bind(write.id);
        }
        query.push(")");
        for row in query.build().persistent(false).fetch_all(&mut **tx).await.map_err(failed)? {
            let columns = PersonColumns {
                name: row.try_get(1).map_err(failed)?,
                phone: row.try_get(2).map_err(failed)?,
                member_no: row.try_get(3).map_err(failed)?,
                branch_id: row.try_get(4).map_err(failed)?,
                disabled_at: row.try_get(5).map_err(failed)?,
            };
            let used = row.try_get(6).map_err(failed)?;
            now.insert(row.try_get(0).map_err(failed)?, Written { columns, used });
        }
    }
    Ok(now)
}

async fn write(tx: &mut Tx, changes: &RosterChanges, at: UtcMillis) -> StoreResult<()> {
    let (new, known): (Vec<_>, Vec<_>) = changes.people.iter().partition(|person| person.is_new);
    for some in new.chunks(PEOPLE) {
        add(tx, some, at).await?;
    }
    for some in known.chunks(PEOPLE) {
        update(tx, some).await?;
    }
    let out: Vec<Uuid> = known.iter().filter(|person| person.signs_out).map(|person| person.id).collect();
    for ids in out.chunks(PEOPLE) {
        run(tx, "DELETE FROM sessions WHERE user_id IN (", ids, ")").await?;
        let revoked = format!(
            "INSERT INTO revoked_leases (lease_id, revoked_at, expires_at)
             SELECT id, {at}, expires_at FROM leases WHERE expires_at > {at} AND user_id IN ("
        );
        run(tx, &revoked, ids, ") ON CONFLICT DO NOTHING").await?;
    }
    let leaving: Vec<Uuid> = known.iter().filter(|person| person.leaves).map(|person| person.id).collect();
    for ids in leaving.chunks(PEOPLE) {
        let left = format!(
            "UPDATE memberships SET to_at = CASE WHEN from_at < {at} THEN {at} ELSE from_at END
             WHERE to_at IS NULL AND user_id IN ("
        );
        run(tx, &left, ids, ")").await?;
    }
    let joining: Vec<(Uuid, Uuid)> =
        changes.people.iter().filter_map(|person| Some((person.id, person.joins?))).collect();
    for some in joining.chunks(PEOPLE) {
        let mut query = QueryBuilder::<Db>::new("INSERT INTO memberships (user_id, branch_id, from_at) ");
        query.push_values(some, |mut row, (user_id, branch_id)| {
            row.push_bind(*user_id).push_bind(*branch_id).push_bind(at);
        });
        query.build().persistent(false).execute(&mut **tx).await.map_err(failed)?;
    }
    for ids in changes.removed.chunks(PEOPLE) {
        run(tx, "DELETE FROM memberships WHERE user_id IN (", ids, ")").await?;
        run(tx, "DELETE FROM users WHERE id IN (", ids, ")").await?;
    }
    for lines in changes.audit.chunks(PEOPLE) {
        audit(tx, lines).await?;
    }
    Ok(())
}

/// A statement about people, whose ids stand between its two parts.
async fn run(tx: &mut Tx, before: &str, ids: &[Uuid], after: &str) -> StoreResult<()> {
    let mut query = QueryBuilder::<Db>::new(before);
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(*id);
    }
    query.push(after);
    query.build().persistent(false).execute(&mut **tx).await.map_err(failed)?;
    Ok(())
}

async fn add(tx: &mut Tx, people: &[&RosterChange], at: UtcMillis) -> StoreResult<()> {
    let mut query = QueryBuilder::<Db>::new(
        "INSERT INTO users (id, name, phone, member_no, branch_id, disabled_at, created_at, name_sort, name_find) ",
    );
    query.push_values(people, |mut row, person| {
        let after = &person.after;
        let keys = NameKeys::of(&after.name);
        row.push_bind(person.id)
            .push_bind(after.name.clone())
            .push_bind(after.phone.clone())
            .push_bind(after.member_no.clone())
            .push_bind(after.branch_id)
            .push_bind(after.disabled_at)
            .push_bind(at)
            .push_bind(keys.sort)
            .push_bind(keys.find);
    });
    query.build().persistent(false).execute(&mut **tx).await.map_err(failed)?;
    Ok(())
}

async fn update(tx: &mut Tx, people: &[&RosterChange]) -> StoreResult<()> {
    // Both databases call the columns of a list of values so.
    let mut query = QueryBuilder::<Db>::new(
        "UPDATE users SET name = v.column2, phone = v.column3, member_no = v.column4, branch_id = v.column5,
                          disabled_at = v.column6, name_sort = v.column7, name_find = v.column8,
                          revision = revision + 1
         FROM (",
    );
    query.push_values(people, |mut row, person| {
        let after = &person.after;
        let keys = NameKeys::of(&after.name);
        row.push_bind(person.id)
            .push_bind(after.name.clone())
            .push_bind(after.phone.clone())
            .push_bind(after.member_no.clone())
            .push_bind(after.branch_id)
            .push_bind(after.disabled_at)
            .push_bind(keys.sort)
            .push_bind(keys.find);
    });
    query.push(") AS v WHERE users.id = v.column1");
    query.build().persistent(false).execute(&mut **tx).await.map_err(failed)?;
    Ok(())
}

async fn audit(tx: &mut Tx, lines: &[AuditEntry]) -> StoreResult<()> {
    let mut query = QueryBuilder::<Db>::new(
        "INSERT INTO audit_log (at, actor_id, action, subject_kind, subject_id, detail) ",
    );
    query.push_values(lines, |mut row, line| {
        row.push_bind(line.at)
            .push_bind(line.actor_id)
            .push_bind(line.action.clone())
            .push_bind(line.subject_kind.clone())
            .push_bind(line.subject_id)
            .push_bind(line.detail.clone());
    });
    query.build().persistent(false).execute(&mut **tx).await.map_err(failed)?;
    Ok(())
}
