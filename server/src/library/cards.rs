//! Series and episodes as pages show them.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{Episode, EpisodeChapter, LeaseDevice, Listened, Place, Series, Speaker};

use crate::{
    catalogue::{Audience, Catalogue},
    evidence::CreditWord,
};

/// Where somebody was.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct PlaceView {
    /// Where they were.
    pub position_ms: i64,
    /// When; UTC milliseconds.
    pub heard_at: i64,
    /// With what.
    pub device: LeaseDevice,
    /// The end was heard: playing it again begins at the beginning.
    pub finished: bool,
}

impl PlaceView {
    /// Of a sitting with an episode of this length. Who began anew after the end is where they are now.
    pub fn of(place: &Place, length_ms: i64) -> Self {
        let position_ms = place.position_ms.min(length_ms);
        let at_the_end = length_ms - position_ms <= super::FINISH_MS * 2;
        Self {
            position_ms,
            heard_at: place.heard_at,
            device: place.device,
            finished: place.finished && at_the_end,
        }
    }

    /// Of what was heard just now.
    pub fn heard(heard: &Listened, length_ms: i64) -> Self {
        let Listened { item_id, device, began_at, at, heard_ms, position_ms, finished, .. } = *heard;
        let place = Place { item_id, began_at, heard_at: at, heard_ms, position_ms, device, finished };
        Self::of(&place, length_ms)
    }
}

/// Who speaks.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SpeakerView {
    /// Their id.
    pub id: Uuid,
    /// Their name.
    pub name: String,
}

impl From<&Speaker> for SpeakerView {
    fn from(speaker: &Speaker) -> Self {
        Self { id: speaker.id, name: speaker.name.clone() }
    }
}

/// A chapter.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = EpisodeChapterView)]
pub struct ChapterView {
    /// Where it begins.
    pub at_ms: i64,
    /// Its title.
    pub title: String,
}

impl From<EpisodeChapter> for ChapterView {
    fn from(chapter: EpisodeChapter) -> Self {
        Self { at_ms: chapter.at_ms, title: chapter.title }
    }
}

/// An episode in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EpisodeCard {
    /// Its id.
    pub id: Uuid,
    /// Its series.
    pub series_id: Uuid,
    /// Title of the series.
    pub series_title: String,
    /// 第几讲.
    pub number: Option<i64>,
    /// Its title.
    pub title: String,
    /// Who speaks.
    pub speaker: Option<SpeakerView>,
    /// Its length.
    pub length_ms: i64,
    /// Since when it is in the library.
    pub published_at: Option<i64>,
    /// Address of the series' cover; null: it has none.
    pub cover: Option<String>,
    /// Where the viewer is; null: they have not listened.
    pub place: Option<PlaceView>,
    /// Milliseconds that count; null where it was not computed.
    pub counted_ms: Option<i64>,
    /// What they earned; null where it was not computed.
    pub credit: Option<CreditWord>,
}

impl EpisodeCard {
    /// Of an episode that can be heard.
    pub fn of(catalogue: &Catalogue, episode: &Episode, series: &Series, place: Option<&Place>) -> Self {
        let length_ms = episode.heard().and_then(|version| version.length_ms).unwrap_or(0);
        Self {
            id: episode.id,
            series_id: series.id,
            series_title: series.title.clone(),
            number: episode.number,
            title: episode.title.clone(),
            speaker: episode.speaker_id.and_then(|id| catalogue.speaker(id)).map(SpeakerView::from),
            length_ms,
            published_at: episode.publish_at,
            cover: cover_url(series),
            place: place.map(|place| PlaceView::of(place, length_ms)),
            counted_ms: None,
            credit: None,
        }
    }
}

/// A series in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeriesCard {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// 分类; may be empty.
    pub category: String,
    /// Who speaks, if it is one person.
    pub speaker: Option<SpeakerView>,
    /// Episodes that can be heard.
    pub episode_count: usize,
    /// Length of all of them.
    pub length_ms: i64,
    /// Address of its cover; null: it has none.
    pub cover: Option<String>,
    /// The viewer marked it.
    pub favourite: bool,
    /// Episodes the viewer heard to the end.
    pub heard: usize,
    /// When the latest of them came.
    pub published_at: Option<i64>,
}

impl SeriesCard {
    /// Of a series as this audience hears it. `heard`: whether the viewer heard an episode to the end.
    pub fn of(
        catalogue: &Catalogue,
        series: &Series,
        audience: &Audience,
        favourite: bool,
        heard: impl Fn(Uuid) -> bool,
    ) -> Self {
        let out: Vec<&Episode> = catalogue.out_of(series, audience).collect();
        let speaker = out.first().and_then(|first| first.speaker_id);
        let one = speaker.filter(|_| out.iter().all(|episode| episode.speaker_id == speaker));
        Self {
            id: series.id,
            title: series.title.clone(),
            category: series.category.clone(),
            speaker: one.and_then(|id| catalogue.speaker(id)).map(SpeakerView::from),
            episode_count: out.len(),
            length_ms: out.iter().filter_map(|episode| episode.heard()?.length_ms).sum(),
            cover: cover_url(series),
            favourite,
            heard: out.iter().filter(|episode| heard(episode.id)).count(),
            published_at: out.iter().filter_map(|episode| episode.publish_at).max(),
        }
    }
}

/// Where the cover of a series is; another one has another address.
pub fn cover_url(series: &Series) -> Option<String> {
    series.cover_at.map(|at| format!("/api/library/series/{}/cover?v={at}", series.id))
}
