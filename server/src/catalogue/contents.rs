//! The catalogue: series, episodes and speakers by their ids, and who may hear what. As it was at one revision; it must never
//! change, so that a page is of one piece.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;
use yunke_catalogue::search::{Index, Kind};
use yunke_store::{Episode, EpisodeVersion, Library, Series, Speaker, UtcMillis};

/// Who looks at the catalogue, and when.
#[derive(Debug, Clone)]
pub struct Audience {
    /// The path of their branch.
    pub branch: Option<String>,
    /// Paths of the units they organize.
    pub organizes: Vec<String>,
    /// Paths of the units they organize or audit.
    pub oversees: Vec<String>,
    /// The wall clock.
    pub now: UtcMillis,
}

impl Audience {
    /// Whether they organize a series.
    pub fn organizes(&self, series: &Series) -> bool {
        self.organizes.iter().any(|path| series.unit.path.starts_with(path))
    }

    /// Whether they organize or audit a series.
    pub fn oversees(&self, series: &Series) -> bool {
        self.oversees.iter().any(|path| series.unit.path.starts_with(path))
    }

    /// Whether a series is for them.
    pub fn may_hear(&self, series: &Series) -> bool {
        let member = || self.branch.as_ref().is_some_and(|branch| branch.starts_with(&series.unit.path));
        series.public || member() || self.organizes(series)
    }

    /// Whether an episode is in the library now.
    pub fn is_out(&self, episode: &Episode) -> bool {
        episode.publish_at.is_some_and(|at| at <= self.now)
            && episode.withdrawn_at.is_none()
            && episode.heard().is_some()
    }
}

/// Everything at one revision.
#[derive(Debug)]
pub struct Catalogue {
    revision: i64,
    series: BTreeMap<Uuid, Series>,
    speakers: BTreeMap<Uuid, Speaker>,
    /// In the order they are heard, series after series.
    episodes: Vec<Episode>,
    by_id: HashMap<Uuid, usize>,
    /// Where the episodes of a series stand.
    of_series: HashMap<Uuid, std::ops::Range<usize>>,
    index: Index<Uuid>,
}

impl Catalogue {
    /// Of what is stored. Works through all of it: off the async workers.
    pub fn new(library: Library) -> Self {
        let Library { revision, series, episodes, speakers } = library;
        let by_id = episodes.iter().enumerate().map(|(at, episode)| (episode.id, at)).collect();
        let mut of_series: HashMap<Uuid, std::ops::Range<usize>> = HashMap::new();
        for (at, episode) in episodes.iter().enumerate() {
            of_series.entry(episode.series_id).and_modify(|range| range.end = at + 1).or_insert(at..at + 1);
        }
        let titles = series
            .iter()
            .map(|one| (Kind::Series, one.id, one.title.as_str()))
            .chain(series.iter().map(|one| (Kind::Tag, one.id, one.category.as_str())))
            .chain(episodes.iter().map(|one| (Kind::Episode, one.id, one.title.as_str())))
            .chain(speakers.iter().map(|one| (Kind::Speaker, one.id, one.name.as_str())));
        let index = Index::build(titles);
        let series = series.into_iter().map(|one| (one.id, one)).collect();
        let speakers = speakers.into_iter().map(|one| (one.id, one)).collect();
        Self { revision, series, speakers, episodes, by_id, of_series, index }
    }

    /// What it is of.
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// A series.
    pub fn series(&self, id: Uuid) -> Option<&Series> {
        self.series.get(&id)
    }

    /// All series.
    pub fn all_series(&self) -> impl Iterator<Item = &Series> {
        self.series.values()
    }

    /// A speaker.
    pub fn speaker(&self, id: Uuid) -> Option<&Speaker> {
        self.speakers.get(&id)
    }

    /// All speakers.
    pub fn all_speakers(&self) -> impl Iterator<Item = &Speaker> {
        self.speakers.values()
    }

    /// An episode.
    pub fn episode(&self, id: Uuid) -> Option<&Episode> {
        Some(&self.episodes[*self.by_id.get(&id)?])
    }

    /// All episodes, series after series.
    pub fn all_episodes(&self) -> &[Episode] {
        &self.episodes
    }

    /// The episodes of a series, in the order they are heard.
    pub fn episodes_of(&self, series: Uuid) -> &[Episode] {
        self.of_series.get(&series).map_or(&[], |range| &self.episodes[range.clone()])
    }

    /// An episode that this audience may hear now, with its series and its sound.
    pub fn heard(&self, id: Uuid, audience: &Audience) -> Option<(&Episode, &Series, &EpisodeVersion)> {
        let episode = self.episode(id)?;
        let series = self.series(episode.series_id)?;
        let version = episode.heard()?;
        let may = audience.may_hear(series) && audience.is_out(episode);
        may.then_some((episode, series, version))
    }

    /// The episodes of a series that this audience may hear now.
    pub fn out_of<'a>(
        &'a self,
        series: &Series,
        audience: &'a Audience,
    ) -> impl Iterator<Item = &'a Episode> {
        self.episodes_of(series.id).iter().filter(move |episode| audience.is_out(episode))
    }

    /// The series this audience may hear something of now.
    pub fn series_for<'a>(&'a self, audience: &'a Audience) -> impl Iterator<Item = &'a Series> {
        self.series
            .values()
            .filter(move |series| audience.may_hear(series) && self.out_of(series, audience).next().is_some())
    }

    /// Series, episodes and speakers with `text` in their names that this audience may hear now, the best first, at most `limit` of
    /// each. A series is also found by its category.
    pub fn search(&self, text: &str, audience: &Audience, limit: usize) -> Found<'_> {
        let heard = |series: Uuid| {
            let series = self.series(series);
            series.is_some_and(|one| audience.may_hear(one) && self.out_of(one, audience).next().is_some())
        };
        let hits = self.index.find_where(text, limit, |kind, id| match kind {
            Kind::Series | Kind::Tag => heard(id),
            Kind::Episode => self.heard(id, audience).is_some(),
            Kind::Speaker => true,
        });
        let mut found = Found::default();
        for hit in hits {
            match hit.kind {
                Kind::Series | Kind::Tag => {
                    let known = found.series.iter().any(|one| one.id == hit.key);
                    found.series.extend(self.series(hit.key).filter(|_| !known));
                }
                Kind::Episode => found.episodes.extend(self.episode(hit.key)),
                Kind::Speaker => found.speakers.extend(self.speaker(hit.key)),
            }
        }
        found
    }
}

/// What a search found.
#[derive(Debug, Default)]
pub struct Found<'a> {
    /// Series.
    pub series: Vec<&'a Series>,
    /// Episodes.
    pub episodes: Vec<&'a Episode>,
    /// Speakers.
    pub speakers: Vec<&'a Speaker>,
}
