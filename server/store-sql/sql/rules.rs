//! Credit rules: versions are added and never changed; how a rule stands is.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{
    ChangeRule, NewRuleVersion, Rule, RuleChange, RuleHistory, RuleOutcome, RuleStanding, RuleStore,
    RuleSummary, RuleVersion, StoreResult, UtcMillis,
    decide::rules::{self, Before},
};

use super::{json, operation::audit};
use crate::db::{Connection, SqlStore};
use crate::error::failed;

/// A version of a credit rule.
pub(crate) async fn rule(on: &mut Connection, id: Uuid, version: i64) -> StoreResult<Rule> {
    sqlx::query_as!(
        Rule,
        r#"SELECT id, version, name, full_percent, half_percent, max_rate_milli, receipt_gap_ms,
                  hidden_sound_gap_ms, allowance_ms,
                  edge_slack_ms, long_ms, long_hours_milli, medium_ms, medium_hours_milli, short_hours_milli,
                  hidden_video_counts AS "hidden_video_counts: bool",
                  uncorroborated_counts AS "uncorroborated_counts: bool", delivery_slack_ms, checks_required,
                  make_up_ms
           FROM credit_rules WHERE id = $1 AND version = $2"#,
        id,
        version
    )
    .fetch_one(on)
    .await
    .map_err(failed)
}

/// How a rule stands; of none named how the default does.
pub(crate) async fn standing(on: &mut Connection, id: Option<Uuid>) -> StoreResult<Option<RuleStanding>> {
    sqlx::query_as!(
        RuleStanding,
        r#"SELECT rule_id, active_version AS active, is_default AS "is_default: bool", retired_at, revision
           FROM rule_standings WHERE rule_id = $1 OR ($1 IS NULL AND is_default)"#,
        id
    )
    .fetch_optional(on)
    .await
    .map_err(failed)
}

async fn newest(on: &mut Connection, id: Uuid) -> StoreResult<i64> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(max(version), 0) AS "version!: i64" FROM credit_rules WHERE id = $1"#,
        id
    )
    .fetch_one(on)
    .await
    .map_err(failed)
}

async fn before(on: &mut Connection, new: &NewRuleVersion) -> StoreResult<Before> {
    if new.seen.is_none() {
        let rules = sqlx::query_scalar!(r#"SELECT count(*) AS "count!: i64" FROM rule_standings"#)
            .fetch_one(&mut *on)
            .await
            .map_err(failed)?;
        let Some((id, version)) = rules::chosen(standing(on, None).await?) else {
            return Ok(Before::Nothing);
        };
        return Ok(Before::New { rules, base: rule(on, id, version).await? });
    }
    let Some(standing) = standing(on, Some(new.rule_id)).await? else { return Ok(Before::Nothing) };
    let version = newest(on, new.rule_id).await?;
    Ok(Before::Known { standing, newest: rule(on, new.rule_id, version).await? })
}

async fn insert(on: &mut Connection, rule: &Rule, new: &NewRuleVersion) -> StoreResult<()> {
    sqlx::query!(
        "INSERT INTO credit_rules (id, version, name, full_percent, half_percent, max_rate_milli, receipt_gap_ms,
            hidden_sound_gap_ms, allowance_ms, edge_slack_ms, long_ms, long_hours_milli, medium_ms, medium_hours_milli,
            short_hours_milli, hidden_video_counts, uncorroborated_counts, delivery_slack_ms, checks_required, make_up_ms,
            created_at, note, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
        rule.id,
        rule.version,
        rule.name,
        rule.full_percent,
        rule.half_percent,
        rule.max_rate_milli,
        rule.receipt_gap_ms,
        rule.hidden_sound_gap_ms,
        rule.allowance_ms,
        rule.edge_slack_ms,
        rule.long_ms,
        rule.long_hours_milli,
        rule.medium_ms,
        rule.medium_hours_milli,
        rule.short_hours_milli,
        rule.hidden_video_counts,
        rule.uncorroborated_counts,
        rule.delivery_slack_ms,
        rule.checks_required,
        rule.make_up_ms,
        new.at,
        new.note,
        new.actor_id,
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

async fn write(on: &mut Connection, standing: &RuleStanding) -> StoreResult<()> {
    sqlx::query!(
        "INSERT INTO rule_standings (rule_id, active_version, is_default, retired_at, revision) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (rule_id) DO UPDATE SET active_version = excluded.active_version, is_default = excluded.is_default,
             retired_at = excluded.retired_at, revision = excluded.revision",
        standing.rule_id,
        standing.active,
        standing.is_default,
        standing.retired_at,
        standing.revision,
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

async fn add(store: &SqlStore, new: NewRuleVersion) -> StoreResult<RuleOutcome> {
    let mut tx = store.begin().await?;
    let added = match rules::add(before(&mut tx, &new).await?, &new) {
        Ok(added) => added,
        Err(outcome) => return Ok(outcome),
    };
    insert(&mut tx, &added.rule, &new).await?;
    write(&mut tx, &added.standing).await?;
    audit(&mut tx, &added.audit).await?;
    tx.commit().await.map_err(failed)?;
    Ok(RuleOutcome::Done)
}

async fn change(store: &SqlStore, asked: ChangeRule) -> StoreResult<RuleOutcome> {
    let mut tx = store.begin().await?;
    let has = match asked.change {
        RuleChange::Activate(version) => (1..=newest(&mut tx, asked.rule_id).await?).contains(&version),
        RuleChange::Retire(_) | RuleChange::MakeDefault => true,
    };
    let changed = match rules::change(standing(&mut tx, Some(asked.rule_id)).await?, has, &asked) {
        Ok(changed) => changed,
        Err(outcome) => return Ok(outcome),
    };
    if asked.change == RuleChange::MakeDefault {
        // First: there is one at most at any moment.
        sqlx::query!(
            "UPDATE rule_standings SET is_default = false, revision = revision + 1 WHERE is_default"
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    }
    write(&mut tx, &changed.standing).await?;
    audit(&mut tx, &changed.audit).await?;
    tx.commit().await.map_err(failed)?;
    Ok(RuleOutcome::Done)
}

/// The numbers of a rule's versions, the newest first, with how many lessons and episodes inside the paths each has, why and by
/// whom it was made.
struct Used {
    version: i64,
    note: String,
    created_at: UtcMillis,
    created_by: Option<String>,
    lessons: i64,
    episodes: i64,
}

async fn used(on: &mut Connection, id: Uuid, paths: &[String]) -> StoreResult<Vec<Used>> {
    let paths = json(paths);
    sqlx::query_as!(
        Used,
        r#"SELECT r.version, r.note, r.created_at, p.name AS "created_by?: String",
                  (SELECT count(*) FROM lessons l JOIN units u ON u.id = l.unit_id
                   WHERE l.rule_id = r.id AND l.rule_version = r.version
                     AND EXISTS (SELECT 1 FROM json_each($2) AS scope
                                 WHERE substr(u.path, 1, length(scope.value)) = scope.value)) AS "lessons!: i64",
                  (SELECT count(*) FROM episodes e JOIN series s ON s.id = e.series_id JOIN units u ON u.id = s.unit_id
                   WHERE e.rule_id = r.id AND e.rule_version = r.version
                     AND EXISTS (SELECT 1 FROM json_each($2) AS scope
                                 WHERE substr(u.path, 1, length(scope.value)) = scope.value)) AS "episodes!: i64"
           FROM credit_rules r LEFT JOIN users p ON p.id = r.created_by WHERE r.id = $1 ORDER BY r.version DESC"#,
        id,
        paths
    )
    .fetch_all(on)
    .await
    .map_err(failed)
}

async fn list(store: &SqlStore, paths: &[String]) -> StoreResult<Vec<RuleSummary>> {
    let mut tx = store.begin_snapshot().await?;
    let within = json(paths);
    let rows = sqlx::query!(
        r#"SELECT s.rule_id, s.active_version, s.is_default AS "is_default: bool", s.retired_at, s.revision,
                  (SELECT count(*) FROM lessons l JOIN units u ON u.id = l.unit_id
                   WHERE l.rule_id = s.rule_id
                     AND EXISTS (SELECT 1 FROM json_each($1) AS scope
                                 WHERE substr(u.path, 1, length(scope.value)) = scope.value)) AS "lessons!: i64"
           FROM rule_standings s ORDER BY s.rule_id"#,
        within
    )
    .fetch_all(&mut *tx)
    .await
    .map_err(failed)?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let newest = newest(&mut tx, row.rule_id).await?;
        let standing = RuleStanding {
            rule_id: row.rule_id,
            active: row.active_version,
            is_default: row.is_default,
            retired_at: row.retired_at,
            revision: row.revision,
        };
        let rule = rule(&mut tx, row.rule_id, row.active_version.unwrap_or(newest)).await?;
        all.push(RuleSummary { standing, rule, newest, lessons: row.lessons });
    }
    // In the program: what databases make of names is different everywhere.
    all.sort_by(|a, b| {
        let key = |one: &RuleSummary| (!one.standing.is_default, one.standing.retired_at.is_some());
        (key(a), &a.rule.name, a.rule.id).cmp(&(key(b), &b.rule.name, b.rule.id))
    });
    Ok(all)
}

async fn history(store: &SqlStore, id: Uuid, paths: &[String]) -> StoreResult<Option<RuleHistory>> {
    let mut tx = store.begin_snapshot().await?;
    let Some(standing) = standing(&mut tx, Some(id)).await? else { return Ok(None) };
    let mut versions = Vec::new();
    for used in used(&mut tx, id, paths).await? {
        versions.push(RuleVersion {
            rule: rule(&mut tx, id, used.version).await?,
            note: used.note,
            created_at: used.created_at,
            created_by: used.created_by,
            lessons: used.lessons,
            episodes: used.episodes,
        });
    }
    Ok(Some(RuleHistory { standing, versions }))
}

#[async_trait]
impl RuleStore for SqlStore {
    async fn rules(&self, paths: &[String]) -> StoreResult<Vec<RuleSummary>> {
        list(self, paths).await
    }

    async fn rule_history(&self, id: Uuid, paths: &[String]) -> StoreResult<Option<RuleHistory>> {
        history(self, id, paths).await
    }

    async fn rule_standing(&self, id: Option<Uuid>) -> StoreResult<Option<RuleStanding>> {
        let mut on = self.read().acquire().await.map_err(failed)?;
        standing(&mut on, id).await
    }

    async fn add_rule_version(&self, new: NewRuleVersion) -> StoreResult<RuleOutcome> {
        add(self, new).await
    }

    async fn change_rule(&self, change_asked: ChangeRule) -> StoreResult<RuleOutcome> {
        change(self, change_asked).await
    }
}
