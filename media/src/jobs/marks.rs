//! What was asked for and is not done: an empty object each, so that it is begun again after a restart.
//!
//! ```text
//! wanted/mp4/<lesson>           a lesson's MP4 file
//! wanted/fill/<lesson>.<fill>   a fill; put before its file is whole, and of no meaning until then
//! ```

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::{ObjectStoreExt as _, path::Path};

use super::{
    error::JobError,
    queue::{Jobs, Task},
};

fn path(task: Task) -> Path {
    Path::from(match task {
        Task::Mp4(lesson) => format!("wanted/mp4/{lesson}"),
        Task::Fill(lesson, fill) => format!("wanted/fill/{lesson}.{fill}"),
    })
}

/// What a mark stands for.
fn task(path: &Path) -> Option<Task> {
    let rest = path.as_ref().strip_prefix("wanted/")?;
    if let Some(lesson) = rest.strip_prefix("mp4/") {
        return Some(Task::Mp4(lesson.parse().ok()?));
    }
    let (lesson, fill) = rest.strip_prefix("fill/")?.split_once('.')?;
    Some(Task::Fill(lesson.parse().ok()?, fill.parse().ok()?))
}

impl Jobs {
    /// From now on it survives a restart.
    pub(super) async fn mark(&self, task: Task) -> Result<(), JobError> {
        self.0.store.put(&path(task), Bytes::new().into()).await?;
        Ok(())
    }

    /// It is done, or nobody wants it any more.
    pub(super) async fn unmark(&self, task: Task) {
        match self.0.store.delete(&path(task)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => tracing::warn!(?task, %error, "a mark could not be removed"),
        }
    }

    pub(super) async fn is_marked(&self, task: Task) -> Result<bool, JobError> {
        match self.0.store.head(&path(task)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// All that is marked.
    pub(super) async fn marked(&self) -> Result<Vec<Task>, JobError> {
        let objects = self.0.store.list(Some(&Path::from("wanted")));
        let paths: Vec<Path> = objects.map_ok(|object| object.location).try_collect().await?;
        Ok(paths.iter().filter_map(task).collect())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_mark_says_what_is_wanted() {
        let (lesson, fill) = (Uuid::from_u128(7), Uuid::from_u128(8));
        for wanted in [Task::Mp4(lesson), Task::Fill(lesson, fill)] {
            assert_eq!(task(&path(wanted)), Some(wanted));
        }
        for odd in ["wanted/mp4/x", "wanted/fill/x", "wanted/x", "lessons/mp4/x"] {
            assert_eq!(task(&Path::from(odd)), None);
        }
    }
}
