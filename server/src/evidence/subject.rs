//! What a member's evidence is judged against, whatever kind of item it is of: its rule and its timeline.

use std::sync::Arc;

use uuid::Uuid;
use yunke_domain::{Interval, Item, ItemKind, Utc};
use yunke_store::{EpisodeTerms, Lesson, Store, StoreResult};

use super::{
    convert,
    episode::{rule_of, timeline_of},
};
use crate::attendance::{Bounds, Rule, Timeline};

/// An item as the judgement sees it.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Which.
    pub item: Item,
    /// What it is credited by.
    pub rule: Rule,
    /// Its timeline.
    pub timeline: Timeline,
}

impl Subject {
    /// The item as it is stored now; `None` if there is none.
    pub async fn find(store: &dyn Store, item: Item) -> StoreResult<Option<Self>> {
        match item.kind {
            ItemKind::Lesson => Ok(store.lesson(item.id).await?.map(|lesson| Self::from(&lesson))),
            ItemKind::Episode => {
                Ok(store.episode_terms(item.id).await?.map(|terms| Self::episode(item.id, &terms)))
            }
        }
    }

    /// An episode.
    pub fn episode(id: Uuid, terms: &EpisodeTerms) -> Self {
        Self { item: Item::episode(id), rule: rule_of(terms), timeline: timeline_of(terms) }
    }

    /// What its beats are judged against.
    pub fn bounds(&self, outages: &[Interval<Utc>]) -> Bounds {
        Bounds::new(&self.rule, &self.timeline, outages)
    }
}

impl From<&Lesson> for Subject {
    fn from(lesson: &Lesson) -> Self {
        Self {
            item: Item::lesson(lesson.id),
            rule: convert::rule(&lesson.rule),
            timeline: convert::timeline(lesson),
        }
    }
}

impl From<&Arc<Lesson>> for Subject {
    fn from(lesson: &Arc<Lesson>) -> Self {
        Self::from(lesson.as_ref())
    }
}
