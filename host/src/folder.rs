//! One folder, one process. Two servers on one database would give each other's leases away and count twice; two media
//! services would write into one recording.
//!
//! The lock is the kernel's: it is gone with its process, however that ended.

use std::{
    fs::{File, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

/// The file that is locked, in the folder itself.
const FILE: &str = ".owner";

/// Longest that is read of who holds a lock.
const OWNER_BYTES: u64 = 20;

/// A folder that is this process's own until it is dropped.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

/// Why a folder cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// Another process has it.
    #[error(
        "{} is in use already{owner}: a folder is for one process. End that one first, or give this one another folder",
        .folder.display()
    )]
    Taken {
        /// Which.
        folder: PathBuf,
        /// ` by process 123`, where that is known.
        owner: String,
    },
    /// The file cannot be made or locked.
    #[error("{} cannot be locked: {source}", .file.display())]
    Failed {
        /// The lock's file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl FolderLock {
    /// Takes the folder, which must exist, or says who has it.
    pub fn take(folder: &Path) -> Result<Self, FolderError> {
        let file = folder.join(FILE);
        let failed = |source| FolderError::Failed { file: file.clone(), source };
        let mut open = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&file)
            .map_err(failed)?;
        match open.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(FolderError::Taken { folder: folder.to_owned(), owner: owner(&mut open) });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        // Only for the sentence above; on a full disk the lock is as good without it.
        let _ = open.set_len(0).and_then(|()| write!(open, "{}", std::process::id()));
        Ok(Self { _file: open })
    }
}

fn owner(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(OWNER_BYTES).read_to_string(&mut text));
    match (read, text.trim().parse::<u32>()) {
        (Ok(_), Ok(id)) => format!(" by process {id}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_owner_and_is_free_when_it_is_gone() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let first = FolderLock::take(home.path()).expect("free");
        let second = FolderLock::take(home.path()).expect_err("taken");
        assert!(second.to_string().contains(&format!("by process {}", std::process::id())), "{second}");
        drop(first);
        FolderLock::take(home.path()).expect("free again");
    }

    #[test]
    fn a_file_that_is_left_behind_keeps_nobody_out() {
        let home = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(home.path().join(FILE), "4194304 and no number").expect("written");
        FolderLock::take(home.path()).expect("nobody holds it");
        assert!(matches!(FolderLock::take(&home.path().join("none")), Err(FolderError::Failed { .. })));
    }
}
