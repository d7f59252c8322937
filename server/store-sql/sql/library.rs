//! The library, read. What changes series and speakers is in `library_change`, what changes episodes in `library_episode`.

use std::collections::HashMap;

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{
    Episode, EpisodeChapter, EpisodeEdit, EpisodeTerms, EpisodeVersion, Library, LibraryOutcome,
    LibraryStore, NewSeries, NewVersion, Poster, Series, SeriesCredit, SeriesEdit, Settled, Speaker,
    StoreResult, Unit, UtcMillis, VersionTerms,
};

use super::{library_change as change, library_episode as episode, rules, unit::UnitRow};
use crate::db::{Connection, SqlStore};
use crate::error::{failed, word};

async fn series(on: &mut Connection) -> StoreResult<Vec<Series>> {
    let rows = sqlx::query!(
        r#"SELECT s.id, s.title, s.about, s.category, s.public AS "public: bool", s.credit, s.rule_id, s.created_at,
                  (SELECT c.changed_at FROM series_covers c WHERE c.series_id = s.id) AS "cover_at?: i64",
                  u.id AS unit_id, u.parent_id, u.kind, u.name, u.path
           FROM series s JOIN units u ON u.id = s.unit_id ORDER BY s.id"#
    )
    .fetch_all(on)
    .await
    .map_err(failed)?;
    rows.into_iter()
        .map(|row| {
            let unit = UnitRow {
                id: row.unit_id,
                parent_id: row.parent_id,
                kind: row.kind,
                name: row.name,
                path: row.path,
            };
            Ok(Series {
                id: row.id,
                title: row.title,
                about: row.about,
                category: row.category,
                unit: Unit::try_from(unit)?,
                public: row.public,
                credit: word(&row.credit)?,
                rule_id: row.rule_id,
                cover_at: row.cover_at,
                created_at: row.created_at,
            })
        })
        .collect()
}

async fn versions(on: &mut Connection) -> StoreResult<HashMap<Uuid, Vec<EpisodeVersion>>> {
    let rows = sqlx::query!(
        "SELECT id, episode_id, file_name, bytes, state, code, length_ms, created_at, settled_at
         FROM episode_versions ORDER BY created_at, id"
    )
    .fetch_all(on)
    .await
    .map_err(failed)?;
    let mut all: HashMap<Uuid, Vec<EpisodeVersion>> = HashMap::new();
    for row in rows {
        all.entry(row.episode_id).or_default().push(EpisodeVersion {
            id: row.id,
            episode_id: row.episode_id,
            file_name: row.file_name,
            bytes: row.bytes,
            state: word(&row.state)?,
            code: row.code,
            length_ms: row.length_ms,
            created_at: row.created_at,
            settled_at: row.settled_at,
        });
    }
    Ok(all)
}

async fn episodes(on: &mut Connection) -> StoreResult<Vec<Episode>> {
    let mut versions = versions(on).await?;
    let rows = sqlx::query!(
        r#"SELECT e.id, e.series_id, e.place, e.number, e.title, e.about, e.speaker_id, e.publish_at, e.withdrawn_at,
                  e.created_at,
                  (SELECT t.changed_at FROM episode_transcripts t WHERE t.episode_id = e.id) AS "transcript_at?: i64"
           FROM episodes e ORDER BY e.series_id, e.place, e.id"#
    )
    .fetch_all(on)
    .await
    .map_err(failed)?;
    Ok(rows
        .into_iter()
        .map(|row| Episode {
            versions: versions.remove(&row.id).unwrap_or_default(),
            id: row.id,
            series_id: row.series_id,
            place: row.place,
            number: row.number,
            title: row.title,
            about: row.about,
            speaker_id: row.speaker_id,
            publish_at: row.publish_at,
            withdrawn_at: row.withdrawn_at,
            created_at: row.created_at,
            transcript_at: row.transcript_at,
        })
        .collect())
}

async fn revision(on: &mut Connection) -> StoreResult<i64> {
    sqlx::query_scalar!("SELECT revision FROM library_revision WHERE one = 1")
        .fetch_one(on)
        .await
        .map_err(failed)
}

async fn read(store: &SqlStore) -> StoreResult<Library> {
    let mut tx = store.begin_snapshot().await?;
    let speakers = sqlx::query_as!(Speaker, "SELECT id, name, about FROM speakers ORDER BY id")
        .fetch_all(&mut *tx)
        .await
        .map_err(failed)?;
    Ok(Library {
        revision: revision(&mut tx).await?,
        series: series(&mut tx).await?,
        episodes: episodes(&mut tx).await?,
        speakers,
    })
}

async fn terms(store: &SqlStore, episode_id: Uuid) -> StoreResult<Option<EpisodeTerms>> {
    let mut tx = store.begin_snapshot().await?;
    let row = sqlx::query!(
        "SELECT e.rule_id, e.rule_version, e.withdrawn_at, s.credit
         FROM episodes e JOIN series s ON s.id = e.series_id WHERE e.id = $1",
        episode_id
    )
    .fetch_optional(&mut *tx)
    .await
    .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let versions = sqlx::query_as!(
        VersionTerms,
        r#"SELECT settled_at AS "ready_at!: i64", length_ms AS "length_ms!: i64" FROM episode_versions
           WHERE episode_id = $1 AND state = 'ready' ORDER BY created_at, id"#,
        episode_id
    )
    .fetch_all(&mut *tx)
    .await
    .map_err(failed)?;
    Ok(Some(EpisodeTerms {
        rule: rules::rule(&mut tx, row.rule_id, row.rule_version).await?,
        credited: word::<SeriesCredit>(&row.credit)? == SeriesCredit::Episode,
        versions,
        withdrawn_at: row.withdrawn_at,
    }))
}

#[async_trait]
impl LibraryStore for SqlStore {
    async fn library(&self) -> StoreResult<Library> {
        read(self).await
    }

    async fn library_revision(&self) -> StoreResult<i64> {
        let mut on = self.read().acquire().await.map_err(failed)?;
        revision(&mut on).await
    }

    async fn episode_terms(&self, episode_id: Uuid) -> StoreResult<Option<EpisodeTerms>> {
        terms(self, episode_id).await
    }

    async fn add_series(&self, new: NewSeries) -> StoreResult<()> {
        change::add_series(self, new).await
    }

    async fn edit_series(
        &self,
        id: Uuid,
        edit: SeriesEdit,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<LibraryOutcome> {
        change::edit_series(self, id, edit, actor_id, at).await
    }

    async fn remove_series(&self, id: Uuid, actor_id: Uuid, at: UtcMillis) -> StoreResult<LibraryOutcome> {
        change::remove_series(self, id, actor_id, at).await
    }

    async fn cover(&self, series_id: Uuid) -> StoreResult<Option<Poster>> {
        change::cover(self, series_id).await
    }

    async fn set_cover(
        &self,
        series_id: Uuid,
        cover: Option<Poster>,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<()> {
        change::set_cover(self, series_id, cover, actor_id, at).await
    }

    async fn add_speaker(&self, speaker: Speaker, actor_id: Uuid, at: UtcMillis) -> StoreResult<()> {
        change::add_speaker(self, speaker, actor_id, at).await
    }

    async fn edit_speaker(
        &self,
        speaker: Speaker,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<LibraryOutcome> {
        change::edit_speaker(self, speaker, actor_id, at).await
    }

    async fn remove_speaker(&self, id: Uuid, actor_id: Uuid, at: UtcMillis) -> StoreResult<LibraryOutcome> {
        change::remove_speaker(self, id, actor_id, at).await
    }

    async fn add_version(&self, new: NewVersion) -> StoreResult<LibraryOutcome> {
        episode::add_version(self, new).await
    }

    async fn pending_versions(&self, limit: i64) -> StoreResult<Vec<Uuid>> {
        episode::pending(self, limit).await
    }

    async fn uploader(&self, id: Uuid) -> StoreResult<Option<Uuid>> {
        sqlx::query_scalar!("SELECT created_by FROM episode_versions WHERE id = $1", id)
            .fetch_optional(&self.read())
            .await
            .map_err(failed)
    }

    async fn settle_version(&self, id: Uuid, settled: Settled, at: UtcMillis) -> StoreResult<LibraryOutcome> {
        episode::settle(self, id, settled, at).await
    }

    async fn retry_version(&self, id: Uuid, actor_id: Uuid, at: UtcMillis) -> StoreResult<LibraryOutcome> {
        episode::retry(self, id, actor_id, at).await
    }

    async fn version_facts(&self, id: Uuid) -> StoreResult<Option<String>> {
        let facts = sqlx::query_scalar!("SELECT facts FROM episode_versions WHERE id = $1", id)
            .fetch_optional(&self.read())
            .await
            .map_err(failed)?;
        Ok(facts.flatten())
    }

    async fn edit_episode(
        &self,
        id: Uuid,
        edit: EpisodeEdit,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<LibraryOutcome> {
        episode::edit(self, id, edit, actor_id, at).await
    }

    async fn publish_episodes(
        &self,
        episodes: &[Uuid],
        publish_at: UtcMillis,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<LibraryOutcome> {
        episode::publish(self, episodes, publish_at, actor_id, at).await
    }

    async fn order_episodes(
        &self,
        series_id: Uuid,
        episodes: &[Uuid],
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<()> {
        episode::order(self, series_id, episodes, actor_id, at).await
    }

    async fn remove_episode(&self, id: Uuid, actor_id: Uuid, at: UtcMillis) -> StoreResult<LibraryOutcome> {
        episode::remove(self, id, actor_id, at).await
    }

    async fn episode_chapters(&self, episode_id: Uuid) -> StoreResult<Vec<EpisodeChapter>> {
        sqlx::query_as!(
            EpisodeChapter,
            "SELECT at_ms, title FROM episode_chapters WHERE episode_id = $1 ORDER BY at_ms",
            episode_id
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)
    }

    async fn set_episode_chapters(
        &self,
        episode_id: Uuid,
        chapters: Vec<EpisodeChapter>,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<()> {
        episode::set_chapters(self, episode_id, chapters, actor_id, at).await
    }

    async fn episode_transcript(&self, episode_id: Uuid) -> StoreResult<Option<String>> {
        sqlx::query_scalar!("SELECT cues FROM episode_transcripts WHERE episode_id = $1", episode_id)
            .fetch_optional(&self.read())
            .await
            .map_err(failed)
    }

    async fn set_episode_transcript(
        &self,
        episode_id: Uuid,
        cues: Option<String>,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<()> {
        episode::set_transcript(self, episode_id, cues, actor_id, at).await
    }
}
