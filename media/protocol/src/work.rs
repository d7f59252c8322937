//! Work on a recording, done by the media node after the lesson: what the server asks for and how far it is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far a piece of work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkStage {
    /// Nobody has asked for it.
    None,
    /// It waits for other work.
    Queued,
    /// Under way.
    Running,
    /// Done.
    Ready,
    /// It could not be done.
    Failed,
}

/// A piece of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkStatus {
    /// How far it is.
    pub stage: WorkStage,
    /// Of the work, while it is running.
    pub percent: Option<u8>,
    /// Size of the file, once it is ready.
    pub bytes: Option<u64>,
    /// Why it failed; the page has the words.
    pub code: Option<String>,
}

impl WorkStatus {
    /// At this stage, without figures.
    pub fn at(stage: WorkStage) -> Self {
        Self { stage, percent: None, bytes: None, code: None }
    }

    /// Under way.
    pub fn running(percent: u8) -> Self {
        Self { percent: Some(percent.min(100)), ..Self::at(WorkStage::Running) }
    }

    /// A file of this size is there.
    pub fn ready(bytes: u64) -> Self {
        Self { bytes: Some(bytes), ..Self::at(WorkStage::Ready) }
    }

    /// It could not be done, for this reason.
    pub fn failed(code: &str) -> Self {
        Self { code: Some(code.to_owned()), ..Self::at(WorkStage::Failed) }
    }
}

/// The control interface refuses; with it goes a 4xx or 503.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorkRefusal {
    /// Why, such as `replay_not_ready`; the server passes it on.
    pub code: String,
}
