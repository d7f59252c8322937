//! What outlives the process: the account, the certificate with its key, and when a certificate was asked for. Written so that
//! a power cut leaves the old or the new, read so that whatever else it leaves is as if it were not there.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

/// Larger files are none of ours.
const FILE_BYTES: u64 = 1 << 20;

/// A folder that nobody else reads.
#[derive(Debug, Clone)]
pub(super) struct Disk(PathBuf);

impl Disk {
    pub(super) fn open(folder: PathBuf) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        Ok(Self(folder))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The text of a file; `None`: there is none, or nothing of use in it, which is said once per start.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let mut text = String::new();
        let read =
            File::open(self.path(name)).and_then(|file| file.take(FILE_BYTES).read_to_string(&mut text));
        match read {
            Ok(_) if text.bytes().any(|byte| byte != 0 && !byte.is_ascii_whitespace()) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Ok(_) => {
                self.useless(name, "it is empty");
                None
            }
            Err(error) => {
                self.useless(name, &error.to_string());
                None
            }
        }
    }

    /// The same as a value.
    pub(super) fn value<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        serde_json::from_str(&text).map_err(|_| self.useless(name, "it is damaged")).ok()
    }

    /// A file that is there and says nothing.
    pub(super) fn useless(&self, name: &str, problem: &str) {
        tracing::error!(file = %self.path(name).display(), problem, "a file cannot be used; another is made");
    }

    /// Whole, on the disk, and for nobody else.
    pub(super) fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let draft = self.path(&format!("{name}.draft"));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, self.path(name))?;
        File::open(&self.0)?.sync_all()
    }

    pub(super) fn write_value(&self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.write(name, &serde_json::to_string(value)?)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_a_power_cut_leaves_is_as_if_it_were_not_there() {
        let home = tempfile::tempdir().expect("a folder");
        let disk = Disk::open(home.path().join("acme")).expect("made");
        assert_eq!(disk.text("a"), None);
        for rest in [&b""[..], b"\0\0\0\0\0\0\0\0", b" \n", b"\xff\xfe{", b"{\"half\":"] {
            std::fs::write(disk.path("a"), rest).expect("written");
            assert_eq!(disk.value::<serde_json::Value>("a"), None, "{rest:?}");
        }
        disk.write_value("a", &vec![1, 2]).expect("written");
        assert_eq!(disk.value::<Vec<u8>>("a"), Some(vec![1, 2]));
        let mode = |path: &Path| path.metadata().expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&disk.path("a")), mode(disk.folder())), (0o600, 0o700));
    }
}
