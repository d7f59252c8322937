//! What a fill had when it is moved or withdrawn: out of the replay at once, out of the store when nobody plays it any more.
//! A player keeps the playlist it began with to the end.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::{ObjectStore as _, ObjectStoreExt as _, path::Path};
use uuid::Uuid;

use super::super::{error::JobError, queue::Jobs};
use crate::{
    live::event::Rendition,
    recording::{
        self,
        fill::{FillState, Filled, Retired, retired_path, retired_prefix},
        index,
    },
};

/// It is kept so long: longer than a lesson.
const KEPT_MS: i64 = 4 * 3_600_000;

impl Jobs {
    /// Notes that this will be out of use; before it is. `false`: the disk does not take the note.
    pub(super) async fn retire(&self, lesson: Uuid, filled: &Filled) -> bool {
        let retired = Retired { at: (self.0.clock)(), filled: filled.clone() };
        let json = serde_json::to_vec(&retired).expect("plain data");
        let noted = self.0.store.put(&retired_path(lesson, filled.stream), json.into()).await;
        noted.inspect_err(|error| tracing::warn!(%lesson, %error, "a fill is removed at once")).is_ok()
    }

    /// Removes what has been out of use for long enough.
    pub(in crate::jobs) async fn remove_retired(&self) {
        if let Err(error) = self.try_remove_retired().await {
            tracing::warn!(%error, "what fills had before could not be removed");
        }
    }

    async fn try_remove_retired(&self) -> Result<(), JobError> {
        let store = &*self.0.store;
        let notes = store.list(Some(&retired_prefix(None))).map_ok(|object| object.location);
        let lessons = notes.try_filter_map(async |path| Ok(lesson_of(&path)));
        let lessons: BTreeSet<Uuid> = lessons.try_collect().await?;
        for lesson in lessons {
            let used = recording::fills(store, lesson).await?;
            let is_used = |stream| {
                used.iter().any(|fill| matches!(&fill.state, FillState::Ready(now) if now.stream == stream))
            };
            for Retired { at, filled } in recording::retired(store, lesson).await? {
                let stream = filled.stream;
                // Noted by a process that was killed before it did it.
                if !is_used(stream) {
                    if (self.0.clock)() - at < KEPT_MS {
                        continue;
                    }
                    self.remove_stream(lesson, stream).await;
                    self.remove_heads(lesson, stream).await?;
                }
                store.delete(&retired_path(lesson, stream)).await?;
                self.0.replays.forget(lesson);
            }
        }
        Ok(())
    }

    /// Removes the MP4 files of editions that had this stream: there is none again.
    async fn remove_heads(&self, lesson: Uuid, stream: u64) -> Result<(), JobError> {
        let mut heads = self.0.store.list(Some(&super::super::mp4::heads_prefix(lesson)));
        while let Some(head) = heads.next().await {
            let path = head?.location;
            if path.filename().is_some_and(|name| index::edition_has(name, stream)) {
                self.0.store.delete(&path).await?;
            }
        }
        Ok(())
    }

    /// Removes the segments of a stream that nothing names, also those that a worker made which failed. One that stays does no harm.
    pub(super) async fn remove_stream(&self, lesson: Uuid, stream: u64) {
        for rendition in Rendition::ALL {
            let folder = index::rendition_prefix(lesson, rendition);
            let mut objects = self.0.store.list(Some(&folder));
            while let Some(object) = objects.next().await {
                let Ok(object) = object else {
                    return tracing::warn!(%lesson, "the segments of a fill could not be listed");
                };
                let named =
                    object.location.filename().is_some_and(|name| name.starts_with(&format!("{stream}-")));
                if named && let Err(error) = self.0.store.delete(&object.location).await {
                    tracing::warn!(%lesson, %error, "a segment of a fill could not be removed");
                }
            }
        }
    }
}

/// The lesson of a note.
fn lesson_of(note: &Path) -> Option<Uuid> {
    note.parts().nth(1)?.as_ref().parse().ok()
}
