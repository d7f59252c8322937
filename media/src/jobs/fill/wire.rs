//! What the service and the process that does a fill tell each other: the order on its standard input, reports on its output.

use std::{io::Write as _, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::recording::{
    fill::{FillRecord, Filled},
    no_space,
};

/// What is to be done.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) store_dir: PathBuf,
    pub(super) file: PathBuf,
    pub(super) lesson: uuid::Uuid,
    pub(super) record: FillRecord,
    /// The number of the new stream.
    pub(super) stream: u64,
}

/// What is said of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Report {
    /// Per cent.
    Progress(u8),
    /// The last word.
    Over(Outcome),
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// Segments lie in the store.
    Done(Filled),
    /// Why not.
    Failed(String),
}

impl Outcome {
    pub(super) fn failed(code: &str) -> Self {
        Self::Failed(code.to_owned())
    }
}

/// Why a file cannot fill anything.
#[derive(Debug, thiserror::Error)]
pub(super) enum FillError {
    /// Neither `WebM` nor MP4.
    #[error("it is no recording")]
    NotARecording,
    /// It cannot be read.
    #[error("the file cannot be read")]
    Unreadable,
    /// A codec that is not known.
    #[error("the file has a codec that is not known")]
    Codec,
    /// More pixels than any lesson has.
    #[error("the picture is too large")]
    Picture,
    /// Neither picture nor sound of use.
    #[error("the file has nothing the lesson has")]
    Nothing,
    /// It covers no gap.
    #[error("the file covers no gap")]
    NoOverlap,
    /// It covers a gap, but no segment of it from its beginning to its end.
    #[error("the file is too short for a segment of a gap")]
    TooShort,
    /// The recording is not there.
    #[error("the recording is not complete")]
    NotReady,
    /// GStreamer could not do what it always can.
    #[error("GStreamer failed")]
    Gst,
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[from] object_store::Error),
}

impl FillError {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NotARecording => "not_a_recording",
            Self::Unreadable => "file_unreadable",
            Self::Codec => "codec_unknown",
            Self::Picture => "picture_too_large",
            Self::Nothing => "file_empty",
            Self::NoOverlap => "no_overlap",
            Self::TooShort => "too_short",
            Self::NotReady => "replay_not_ready",
            Self::Gst => "internal",
            Self::Store(error) if no_space(error) => "disk_full",
            Self::Store(_) => "storage",
        }
    }
}

/// Reports to the service.
pub(super) fn say(report: &Report) {
    let line = serde_json::to_string(report).expect("plain data");
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        // The service is gone; when it is back it begins anew.
        std::process::exit(1);
    }
}
