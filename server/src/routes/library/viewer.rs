//! What a page of the library shows of its viewer: where they are in what they heard, and which series they marked.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;
use yunke_store::{Episode, Page, Place, Series};

use crate::{
    auth::Viewer,
    catalogue::{Audience, Catalogue},
    library::{EpisodeCard, PlaceView, SeriesCard},
    problem::ApiResult,
    room::Standing,
    state::AppState,
};

/// Items whose places a page looks at: the ones heard last.
const PLACES: i64 = 2_000;

/// Episodes of a page whose credit is shown; it is judged once and kept while nothing is added.
const CREDITED: usize = 200;

/// The viewer's side of the library.
pub(super) struct Listener {
    /// Where they are, by item, the item heard last first.
    pub(super) places: Vec<Place>,
    by_item: HashMap<Uuid, usize>,
    marked: HashSet<Uuid>,
}

impl Listener {
    pub(super) async fn of(app: &AppState, viewer: &Viewer) -> ApiResult<Self> {
        let user = viewer.user.id;
        app.places.settle(app.store.as_ref(), user).await?;
        let (places, _) = app.store.last_places(user, Page { offset: 0, limit: PLACES }).await?;
        let by_item = places.iter().enumerate().map(|(at, place)| (place.item_id, at)).collect();
        let marked = app.store.favourites(user).await?.into_iter().collect();
        Ok(Self { places, by_item, marked })
    }

    pub(super) fn place(&self, item: Uuid) -> Option<&Place> {
        self.by_item.get(&item).map(|at| &self.places[*at])
    }

    pub(super) fn marked(&self, series: Uuid) -> bool {
        self.marked.contains(&series)
    }

    /// Whether they are at the end of an episode.
    pub(super) fn finished(&self, catalogue: &Catalogue, episode: Uuid) -> bool {
        let length = catalogue.episode(episode).and_then(|one| one.heard()?.length_ms);
        length.zip(self.place(episode)).is_some_and(|(length, place)| PlaceView::of(place, length).finished)
    }

    pub(super) fn card(&self, catalogue: &Catalogue, episode: &Episode, series: &Series) -> EpisodeCard {
        EpisodeCard::of(catalogue, episode, series, self.place(episode.id))
    }

    /// What the viewer earned with those of these episodes that they heard.
    pub(super) async fn credit(
        &self,
        app: &AppState,
        viewer: &Viewer,
        cards: &mut [EpisodeCard],
    ) -> ApiResult<()> {
        let heard = cards.iter_mut().filter(|card| card.place.is_some()).take(CREDITED);
        let standing = Standing::of(&app.rooms, &app.kept_progress, viewer.user.id).await?;
        for card in heard {
            if let Some(progress) = standing.with(card.id).await? {
                card.counted_ms = Some(progress.counted_ms);
                card.credit = Some(progress.credit);
            }
        }
        Ok(())
    }

    pub(super) fn series(&self, catalogue: &Catalogue, series: &Series, audience: &Audience) -> SeriesCard {
        let heard = |episode| self.finished(catalogue, episode);
        SeriesCard::of(catalogue, series, audience, self.marked(series.id), heard)
    }
}
