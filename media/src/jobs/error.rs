//! Why work cannot be done.

use axum::http::StatusCode;

use crate::{recording::no_space, upload::UploadError};

/// Why work cannot be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum JobError {
    /// The recording is not complete.
    #[error("the recording is not complete")]
    NotReady,
    /// Nothing was recorded.
    #[error("nothing was recorded")]
    Nothing,
    /// More than a file can have.
    #[error("the recording is too long for one file")]
    TooLong,
    /// It was changed while it was read.
    #[error("the recording was changed meanwhile")]
    Changed,
    /// What the index names is missing or is something else.
    #[error("the recording is damaged")]
    Damaged,
    /// No such fill.
    #[error("there is no such fill")]
    FillUnknown,
    /// Empty, too large, or more than was announced.
    #[error("the file is empty, too large, or larger than announced")]
    FillSize,
    /// Moved too far.
    #[error("a fill is moved by at most twelve hours")]
    FillOffset,
    /// The file was removed after its time; the fill stays as it is.
    #[error("the file is not kept any more")]
    FileGone,
    /// The same file was sent before.
    #[error("this file was sent before")]
    FillExists,
    /// The file is whole already.
    #[error("the file is whole already")]
    FillComplete,
    /// The piece does not begin where the last one ended.
    #[error("the file has {0} bytes so far")]
    Offset(u64),
    /// It does not say where the piece begins.
    #[error("Upload-Offset is missing")]
    OffsetMissing,
    /// Neither `WebM` nor MP4.
    #[error("this is no WebM and no MP4")]
    NotARecording,
    /// The recording has none.
    #[error("the recording has no gaps")]
    NoGaps,
    /// The file begins after the last gap.
    #[error("the file lies beside all gaps")]
    NoOverlap,
    /// Enough.
    #[error("the lesson has too many fills")]
    TooManyFills,
    /// The disk does not take it.
    #[error("the disk does not take it")]
    Disk,
    /// What is left of the disk is for lessons.
    #[error("the disk has no room for it")]
    DiskFull,
    /// Too much is waiting.
    #[error("too much work is waiting")]
    Busy,
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[source] object_store::Error),
}

impl From<object_store::Error> for JobError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Damaged,
            full if no_space(&full) => Self::DiskFull,
            other => Self::Store(other),
        }
    }
}

impl From<UploadError> for JobError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Unknown => Self::FillUnknown,
            UploadError::Locked | UploadError::Busy | UploadError::Broken | UploadError::Expired => {
                Self::Busy
            }
            UploadError::Offset(received) => Self::Offset(received),
            UploadError::TooLarge => Self::FillSize,
            UploadError::Unfit => Self::NotARecording,
            UploadError::DiskFull => Self::DiskFull,
            UploadError::Disk => Self::Disk,
        }
    }
}

impl JobError {
    /// For programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NotReady => "replay_not_ready",
            Self::Nothing => "nothing_recorded",
            Self::TooLong => "too_long",
            Self::Damaged => "recording_damaged",
            Self::FillUnknown => "not_found",
            Self::FillSize => "file_size",
            Self::FillOffset => "offset_wrong",
            Self::FileGone => "file_gone",
            Self::FillExists => "fill_exists",
            Self::FillComplete => "fill_complete",
            Self::Offset(_) => "upload_offset",
            Self::OffsetMissing => "upload_offset_missing",
            Self::NotARecording => "not_a_recording",
            Self::NoGaps => "no_gaps",
            Self::NoOverlap => "no_overlap",
            Self::TooManyFills => "too_many_fills",
            Self::DiskFull => "disk_full",
            Self::Busy | Self::Changed => "busy",
            Self::Disk | Self::Store(_) => "storage",
        }
    }

    /// For HTTP.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Busy | Self::Store(_) | Self::Disk => StatusCode::SERVICE_UNAVAILABLE,
            Self::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::FillUnknown => StatusCode::NOT_FOUND,
            Self::FillSize => StatusCode::PAYLOAD_TOO_LARGE,
            Self::FillOffset | Self::OffsetMissing => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotARecording => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            _ => StatusCode::CONFLICT,
        }
    }
}
