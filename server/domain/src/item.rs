//! What can be watched or listened to and gives credit.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::text_enum;

text_enum! {
    /// What an item is; its own record has the item's id.
    ItemKind {
        /// A lesson that is given live and stands as a replay afterwards.
        Lesson = "lesson",
        /// A piece of the audio library.
        Episode = "episode",
    }
}

/// What leases and evidence refer to: something with a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// Which one; unique among all kinds.
    pub id: Uuid,
}

impl Item {
    /// A lesson.
    pub fn lesson(id: Uuid) -> Self {
        Self { kind: ItemKind::Lesson, id }
    }

    /// An episode.
    pub fn episode(id: Uuid) -> Self {
        Self { kind: ItemKind::Episode, id }
    }
}
