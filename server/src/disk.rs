//! The disk the data lie on, as health tells it: whether anything can be written there, and whether lessons are recorded.
//! It must never be asked so often that asking costs something.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
};

use tokio::sync::Mutex;

/// An answer is good for so many milliseconds: `/health` is open to everybody.
const GOOD_FOR_MS: i64 = 5_000;

/// What is written to see whether something can be: more than what a file system keeps beside a file's name.
const PROBE: [u8; 16 << 10] = [b'.'; 16 << 10];

/// The media service records no further below this many free bytes, or a twentieth of a small disk; what is left is the
/// database's (media/src/recording/reserve.rs).
const RESERVE_BYTES: u64 = 256 << 20;

/// How a disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// It takes what comes.
    Well,
    /// Lessons are not recorded; people sign in and are counted.
    Low,
    /// Nothing can be written.
    Closed,
}

/// The last answer.
#[derive(Debug, Default)]
pub struct DiskCheck(Mutex<Option<(i64, Disk)>>);

impl DiskCheck {
    /// How the disk of a folder is, as of some seconds ago at most. `uptime` in milliseconds.
    pub async fn look(&self, folder: &Path, uptime: i64) -> Disk {
        let mut last = self.0.lock().await;
        if let Some((at, disk)) = *last
            && uptime - at < GOOD_FOR_MS
        {
            return disk;
        }
        let folder = folder.to_owned();
        let looked = tokio::task::spawn_blocking(move || look(&folder)).await;
        let disk = looked.unwrap_or(Disk::Closed);
        *last = Some((uptime, disk));
        disk
    }
}

fn look(folder: &Path) -> Disk {
    if let Err(error) = probe(&folder.join(".probe")) {
        tracing::error!(%error, "health: nothing can be written to the data folder");
        return Disk::Closed;
    }
    match rustix::fs::statvfs(folder) {
        Ok(disk) if is_low(disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize) => Disk::Low,
        _ => Disk::Well,
    }
}

fn is_low(free: u64, size: u64) -> bool {
    free <= RESERVE_BYTES.min(size / 20)
}

fn probe(file: &Path) -> io::Result<()> {
    let written = File::create(file).and_then(|mut probe| {
        probe.write_all(&PROBE)?;
        probe.sync_data()
    });
    let removed = std::fs::remove_file(file);
    written.and(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_that_is_gone_is_told_when_the_last_answer_is_old() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let folder = home.path().join("data");
        std::fs::create_dir(&folder).expect("made");
        let check = DiskCheck::default();
        assert_ne!(check.look(&folder, 0).await, Disk::Closed);
        assert_eq!(std::fs::read_dir(&folder).expect("there").count(), 0, "nothing is left behind");
        std::fs::remove_dir(&folder).expect("removed");
        assert_ne!(check.look(&folder, GOOD_FOR_MS - 1).await, Disk::Closed);
        assert_eq!(check.look(&folder, GOOD_FOR_MS).await, Disk::Closed);
    }

    #[test]
    fn recordings_stop_before_the_database_does() {
        assert!(is_low(256 << 20, 1 << 40) && !is_low((256 << 20) + 1, 1 << 40));
        assert!(is_low(50 << 20, 1000 << 20) && !is_low(51 << 20, 1000 << 20));
    }
}
