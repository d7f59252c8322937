//! `[library]`: how large the files of the audio-lesson library may be.

use serde::{Deserialize, Serialize};

use super::error::ConfigError;

/// `[library]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LibraryConfig {
    /// Largest file that is taken, in megabytes (1,000,000 bytes).
    pub max_file_mb: u32,
    /// What all files together may have, in gigabytes; 0: as much as the disk has.
    pub quota_gb: u32,
    /// Files that may be on their way at a time; others wait on the page.
    pub max_pending: u32,
}

impl Default for LibraryConfig {
    fn default() -> Self {
        Self { max_file_mb: 2_000, quota_gb: 0, max_pending: 2_000 }
    }
}

impl LibraryConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if !(1..=8_000).contains(&self.max_file_mb) {
            return Err(ConfigError::value("library.max_file_mb", "must be 1 to 8000"));
        }
        if !(1..=100_000).contains(&self.max_pending) {
            return Err(ConfigError::value("library.max_pending", "must be 1 to 100000"));
        }
        Ok(())
    }

    /// Largest file, in bytes.
    pub fn max_file_bytes(&self) -> u64 {
        u64::from(self.max_file_mb) * 1_000_000
    }

    /// All files together, in bytes; `None`: no limit.
    pub fn quota_bytes(&self) -> Option<u64> {
        (self.quota_gb > 0).then(|| u64::from(self.quota_gb) * 1_000_000_000)
    }
}
