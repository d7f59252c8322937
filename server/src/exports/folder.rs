//! The folder of finished exports, below the data folder: names, phone numbers and study records of people, so it is its owner's
//! alone. A file is named by its job and by nothing that anybody typed.

use std::{
    collections::HashSet,
    io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::PathBuf,
};

use uuid::Uuid;

use crate::core::Core;

/// The folder.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Of this server.
    pub(super) fn of(core: &Core) -> Self {
        Self(core.config.data_dir.join("exports"))
    }

    /// Where the file of a job is.
    pub(super) fn file(&self, id: Uuid) -> PathBuf {
        self.0.join(id.to_string())
    }

    /// Makes the folder, and removes what belongs to no job of these.
    pub(super) async fn prepare(&self, kept: Vec<Uuid>) -> io::Result<()> {
        let folder = self.clone();
        blocking(move || {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder.0)?;
            std::fs::set_permissions(&folder.0, std::fs::Permissions::from_mode(0o700))?;
            let kept: HashSet<String> = kept.iter().map(Uuid::to_string).collect();
            for entry in std::fs::read_dir(&folder.0)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    continue;
                }
                if !kept.contains(entry.file_name().to_string_lossy().as_ref()) {
                    std::fs::remove_file(entry.path())?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Removes the files of these jobs; of whom there is none is fine.
    pub(super) async fn remove(&self, gone: Vec<Uuid>) {
        let folder = self.clone();
        let removed = blocking(move || {
            for id in gone {
                match std::fs::remove_file(folder.file(id)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            Ok(())
        });
        if let Err(error) = removed.await {
            tracing::error!(%error, "the file of an export could not be removed");
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_belongs_to_no_job_is_removed_and_nobody_else_may_look() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = Folder(home.path().join("exports"));
        folder.prepare(Vec::new()).await.expect("made");
        let [kept, gone] = [1, 2].map(Uuid::from_u128);
        for id in [kept, gone] {
            std::fs::write(folder.file(id), "x").expect("written");
        }
        std::fs::write(folder.file(gone).with_extension("draft"), "x").expect("written");
        folder.prepare(vec![kept]).await.expect("again");
        let left: Vec<_> =
            std::fs::read_dir(&folder.0).expect("read").map(|one| one.expect("one").path()).collect();
        assert_eq!(left, [folder.file(kept)]);
        let mode = std::fs::metadata(&folder.0).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        folder.remove(vec![kept, gone]).await;
        assert!(!folder.file(kept).exists());
    }
}
