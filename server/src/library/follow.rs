//! Follows the files that are on their way to be heard: the media node knows how far each is, and what became of it is kept here.
//! It must never lose one: whatever is pending is asked for again, whoever was stopped in between.

use std::{collections::HashMap, time::Duration};

use uuid::Uuid;
use yunke_protocol::{AudioFacts, AudioStage, AudioStatus};
use yunke_store::{
    Episode, EpisodeChapter, EpisodeEdit, LibraryOutcome, Poster, Settled, StoreError, UtcMillis,
};

use crate::{
    catalogue::{Catalogue, LibraryKeeper},
    core::Core,
    media_nodes::MediaNodes,
    picture,
    problem::source_chain,
};

/// How often the node is asked while something is pending.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// An upload that is not whole by then has expired: its address is valid for seven days.
const EXPIRED_MS: i64 = 8 * 24 * 3_600_000;
/// A version that the node does not know for so long is gone. At once it may only be that its disk is not there yet.
const GONE_MS: i64 = 10 * 60_000;
/// Pending versions that are asked for at a time.
const ASKED: usize = 200;
/// Pending versions there may be.
const PENDING: i64 = 10_000;
/// What the file says of itself is taken in these bounds, as what its organizers type is.
const CHAPTERS: usize = 500;
const TITLE_CHARS: usize = 100;
const NUMBERS: std::ops::RangeInclusive<i64> = 0..=99_999;
const COVER_BYTES: usize = 2 << 20;

/// Follows pending versions until the server stops.
pub async fn follow_files(core: Core, media: MediaNodes, library: LibraryKeeper) {
    let mut ticks = tokio::time::interval(ASK_EVERY);
    // Since when the node does not know which of those that are pending.
    let mut unknown = HashMap::new();
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = core.stopping.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let pending = match core.store.pending_versions(PENDING).await {
            Ok(pending) if pending.is_empty() => continue,
            Ok(pending) => pending,
            Err(error) => {
                tracing::warn!(error = source_chain(&error), "the files on their way could not be read");
                continue;
            }
        };
        unknown.retain(|id, _| pending.contains(id));
        let mut settled = false;
        for some in pending.chunks(ASKED) {
            // While the node is away everything stays as it is.
            let Ok(known) = media.audio(some).await else { break };
            settled |= give_up(&core, &library, some, &known, &mut unknown).await;
            settled |= settle_all(&core, &media, &library, known).await;
        }
        if settled && let Err(error) = library.refresh().await {
            tracing::warn!(error = source_chain(&error), "the library could not be read");
        }
    }
}

/// Versions whose file can come no more failed: their upload has expired, or was given up at the node, which does not know it any
/// more. Whether there were any.
async fn give_up(
    core: &Core,
    library: &LibraryKeeper,
    pending: &[Uuid],
    known: &[AudioStatus],
    unknown: &mut HashMap<Uuid, UtcMillis>,
) -> bool {
    let Ok(catalogue) = library.catalogue().await else { return false };
    let now = core.source.now();
    let versions = catalogue.all_episodes().iter().flat_map(|episode| &episode.versions);
    let mut any = false;
    for version in versions.filter(|version| pending.contains(&version.id)) {
        let stage = known.iter().find(|status| status.version == version.id).map(|status| status.stage);
        if stage.is_some() {
            unknown.remove(&version.id);
        }
        let why = match stage {
            None if now - *unknown.entry(version.id).or_insert(now) < GONE_MS => continue,
            None => "file_gone",
            Some(AudioStage::Receiving) if now - version.created_at > EXPIRED_MS => "upload_expired",
            Some(_) => continue,
        };
        let settled = Settled::Failed { code: why.to_owned() };
        if let Err(error) = core.store.settle_version(version.id, settled, now).await {
            tracing::warn!(error = source_chain(&error), "an upload that is over could not be noted");
            continue;
        }
        any = true;
    }
    any
}

/// Keeps what became of those that are ready or failed; whether there were any.
async fn settle_all(
    core: &Core,
    media: &MediaNodes,
    library: &LibraryKeeper,
    known: Vec<AudioStatus>,
) -> bool {
    let mut any = false;
    for status in known {
        let version = status.version;
        let settled = match (status.stage, status.facts) {
            (AudioStage::Ready, Some(facts)) => {
                ready(core, media, library, version, status.item, &facts).await
            }
            (AudioStage::Failed, _) => {
                let why = status.code.unwrap_or_else(|| "unreadable".to_owned());
                core.store.settle_version(version, Settled::Failed { code: why }, core.source.now()).await
            }
            _ => continue,
        };
        match settled {
            Ok(LibraryOutcome::Done) => any = true,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%version, error = source_chain(&error), "what became of a file could not be kept");
            }
        }
    }
    any
}

async fn ready(
    core: &Core,
    media: &MediaNodes,
    library: &LibraryKeeper,
    version: Uuid,
    episode: Uuid,
    facts: &AudioFacts,
) -> yunke_store::StoreResult<LibraryOutcome> {
    let catalogue = library.catalogue().await?;
    if let Some(known) = catalogue.episode(episode) {
        adopt(core, media, &catalogue, known, version, facts).await?;
    }
    let kept = Settled::Ready {
        length_ms: facts.length_ms.max(1),
        facts: serde_json::to_string(facts).map_err(|error| StoreError::Failed(error.into()))?,
        note: facts.incomplete.then(|| "incomplete".to_owned()),
    };
    core.store.settle_version(version, kept, core.source.now()).await
}

/// What the file says of itself becomes the episode's where its organizers have said nothing.
async fn adopt(
    core: &Core,
    media: &MediaNodes,
    catalogue: &Catalogue,
    episode: &Episode,
    version: Uuid,
    facts: &AudioFacts,
) -> yunke_store::StoreResult<()> {
    let Some(actor_id) = core.store.uploader(version).await? else { return Ok(()) };
    let now = core.source.now();
    let store = &core.store;
    let chapters = &facts.tags.chapters;
    if !chapters.is_empty() && store.episode_chapters(episode.id).await?.is_empty() {
        let mut chapters: Vec<EpisodeChapter> = chapters
            .iter()
            .filter(|chapter| (0..facts.length_ms).contains(&chapter.at_ms))
            .map(|chapter| EpisodeChapter { at_ms: chapter.at_ms, title: short(&chapter.title) })
            .take(CHAPTERS)
            .collect();
        chapters.sort_by_key(|chapter| chapter.at_ms);
        chapters.dedup_by_key(|chapter| chapter.at_ms);
        store.set_episode_chapters(episode.id, chapters, actor_id, now).await?;
    }
    let title = facts.tags.title.as_deref().map(short).filter(|_| episode.title.is_empty());
    let number = facts.tags.track.map(i64::from).filter(|number| NUMBERS.contains(number));
    let number = number.filter(|_| episode.number.is_none());
    if title.is_some() || number.is_some() {
        let edit = EpisodeEdit { title, number: number.map(Some), ..EpisodeEdit::default() };
        store.edit_episode(episode.id, edit, actor_id, now).await?;
    }
    let bare = catalogue.series(episode.series_id).is_some_and(|series| series.cover_at.is_none());
    if bare
        && facts.cover.is_some()
        && let Ok(bytes) = media.audio_cover(version).await
        && bytes.len() <= COVER_BYTES
        && let Some(seen) =
            picture::look(&bytes).filter(|seen| seen.width.max(seen.height) <= picture::SIDE_MAX)
    {
        let cover = Poster { kind: seen.kind, bytes };
        store.set_cover(episode.series_id, Some(cover), actor_id, now).await?;
    }
    Ok(())
}

/// As much of it as a title has.
fn short(title: &str) -> String {
    title.chars().take(TITLE_CHARS).collect()
}
