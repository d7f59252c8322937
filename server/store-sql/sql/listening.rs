//! Where members are in what they listen to.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{
    Listened, ListeningStore, Page, Place, SITTING_GAP_MS, StoreResult, TextEnum as _, UtcMillis,
};

use crate::db::{Connection, SqlStore};
use crate::error::{failed, word};

/// Time heard is at most the time that passed, and so much for what was on its way.
const BURST_MS: i64 = 60_000;

/// A row of `places`.
struct Row {
    item_id: Uuid,
    began_at: i64,
    heard_at: i64,
    heard_ms: i64,
    position_ms: i64,
    device: String,
    finished: bool,
}

impl Row {
    fn place(self) -> StoreResult<Place> {
        Ok(Place {
            item_id: self.item_id,
            began_at: self.began_at,
            heard_at: self.heard_at,
            heard_ms: self.heard_ms,
            position_ms: self.position_ms,
            device: word(&self.device)?,
            finished: self.finished,
        })
    }
}

/// What a clock that was wrong called later than now was before.
async fn relabel(on: &mut Connection, heard: &Listened) -> StoreResult<()> {
    let (now, latest) = (heard.at - 1, heard.at + SITTING_GAP_MS);
    sqlx::query!(
        "UPDATE places SET heard_at = max($3, began_at) WHERE user_id = $1 AND item_id = $2 AND heard_at > $4",
        heard.user_id,
        heard.item_id,
        now,
        latest
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Notes it in the sitting of the device that goes on, if one does.
async fn goes_on(on: &mut Connection, heard: &Listened) -> StoreResult<bool> {
    let device = heard.device.as_str();
    let since = heard.at - SITTING_GAP_MS;
    let done = sqlx::query!(
        "UPDATE places SET heard_at = max($4, (SELECT max(p.heard_at) + 1 FROM places p
                                               WHERE p.user_id = $1 AND p.item_id = $2)),
                           heard_ms = heard_ms + min($6, max($4 - heard_at, 0) + $9),
                           position_ms = $7, finished = finished OR $8
         WHERE user_id = $1 AND item_id = $2 AND device = $3
           AND began_at = (SELECT p.began_at FROM places p
                           WHERE p.user_id = $1 AND p.item_id = $2 AND p.device = $3 AND p.heard_at >= $5
                           ORDER BY p.heard_at DESC LIMIT 1)",
        heard.user_id,
        heard.item_id,
        device,
        heard.at,
        since,
        heard.heard_ms,
        heard.position_ms,
        heard.finished,
        BURST_MS,
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(done.rows_affected() > 0)
}

/// Begins a sitting. Two devices that begin in one millisecond are one.
async fn begins(on: &mut Connection, heard: &Listened) -> StoreResult<()> {
    let device = heard.device.as_str();
    sqlx::query!(
        "INSERT INTO places (user_id, item_id, began_at, heard_at, heard_ms, position_ms, device, finished)
         VALUES ($1, $2, $8, max($4, (SELECT coalesce(max(p.heard_at), 0) + 1 FROM places p
                                      WHERE p.user_id = $1 AND p.item_id = $2)), $5, $6, $3, $7)
         ON CONFLICT (user_id, item_id, began_at)
         DO UPDATE SET heard_at = excluded.heard_at, heard_ms = places.heard_ms + excluded.heard_ms,
                       position_ms = excluded.position_ms, device = excluded.device,
                       finished = places.finished OR excluded.finished",
        heard.user_id,
        heard.item_id,
        device,
        heard.at,
        heard.heard_ms,
        heard.position_ms,
        heard.finished,
        heard.began_at,
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

#[async_trait]
impl ListeningStore for SqlStore {
    async fn keep_places(&self, heard: &[Listened]) -> StoreResult<()> {
        let mut tx = self.begin().await?;
        for one in heard {
            relabel(&mut tx, one).await?;
            if !goes_on(&mut tx, one).await? {
                begins(&mut tx, one).await?;
            }
        }
        tx.commit().await.map_err(failed)
    }

    async fn places(&self, user_id: Uuid, item_id: Uuid, limit: i64) -> StoreResult<Vec<Place>> {
        sqlx::query_as!(
            Row,
            r#"SELECT item_id AS "item_id!: Uuid", began_at AS "began_at!: i64", heard_at AS "heard_at!: i64",
                      heard_ms AS "heard_ms!: i64", position_ms AS "position_ms!: i64", device AS "device!: String",
                      finished AS "finished!: bool"
               FROM places WHERE user_id = $1 AND item_id = $2 ORDER BY heard_at DESC, began_at DESC LIMIT $3"#,
            user_id,
            item_id,
            limit
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?
        .into_iter()
        .map(Row::place)
        .collect()
    }

    async fn last_places(&self, user_id: Uuid, page: Page) -> StoreResult<(Vec<Place>, i64)> {
        let mut tx = self.begin_snapshot().await?;
        let total = sqlx::query_scalar!(
            r#"SELECT count(DISTINCT item_id) AS "total!: i64" FROM places WHERE user_id = $1"#,
            user_id
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(failed)?;
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT p.item_id AS "item_id!: Uuid", p.began_at AS "began_at!: i64", p.heard_at AS "heard_at!: i64",
                      p.heard_ms AS "heard_ms!: i64", p.position_ms AS "position_ms!: i64",
                      p.device AS "device!: String", p.finished AS "finished!: bool"
               FROM places p
               WHERE p.user_id = $1 AND NOT EXISTS (
                   SELECT 1 FROM places later WHERE later.user_id = p.user_id AND later.item_id = p.item_id
                     AND (later.heard_at > p.heard_at
                          OR (later.heard_at = p.heard_at AND later.began_at > p.began_at)))
               ORDER BY p.heard_at DESC, p.item_id LIMIT $2 OFFSET $3"#,
            user_id,
            page.limit,
            page.offset
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(failed)?;
        let places = rows.into_iter().map(Row::place).collect::<StoreResult<_>>()?;
        Ok((places, total))
    }

    async fn listened_ms(&self, user_id: Uuid, from: UtcMillis, until: UtcMillis) -> StoreResult<i64> {
        sqlx::query_scalar!(
            r#"SELECT CAST(coalesce(sum(heard_ms), 0) AS BIGINT) AS "heard!: i64" FROM places
               WHERE user_id = $1 AND heard_at >= $2 AND heard_at < $3"#,
            user_id,
            from,
            until
        )
        .fetch_one(&self.read())
        .await
        .map_err(failed)
    }

    async fn favourites(&self, user_id: Uuid) -> StoreResult<Vec<Uuid>> {
        sqlx::query_scalar!(
            "SELECT series_id FROM favourites WHERE user_id = $1 ORDER BY added_at DESC, series_id",
            user_id
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)
    }

    async fn set_favourite(
        &self,
        user_id: Uuid,
        series_id: Uuid,
        marked: bool,
        at: UtcMillis,
    ) -> StoreResult<()> {
        if marked {
            sqlx::query!(
                "INSERT INTO favourites (user_id, series_id, added_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                user_id,
                series_id,
                at
            )
            .execute(&self.write())
            .await
        } else {
            sqlx::query!("DELETE FROM favourites WHERE user_id = $1 AND series_id = $2", user_id, series_id)
                .execute(&self.write())
                .await
        }
        .map_err(failed)?;
        Ok(())
    }

    async fn queue(&self, user_id: Uuid) -> StoreResult<Vec<Uuid>> {
        sqlx::query_scalar!(
            "SELECT episode_id FROM listening_queue WHERE user_id = $1 ORDER BY place",
            user_id
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)
    }

    async fn set_queue(&self, user_id: Uuid, episodes: &[Uuid]) -> StoreResult<()> {
        let mut tx = self.begin().await?;
        sqlx::query!("DELETE FROM listening_queue WHERE user_id = $1", user_id)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        for (place, id) in (0_i64..).zip(episodes) {
            sqlx::query!(
                "INSERT INTO listening_queue (user_id, place, episode_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                user_id,
                place,
                id
            )
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        }
        tx.commit().await.map_err(failed)
    }
}
