//! Why the library refuses.

use axum::http::StatusCode;

use crate::{recording::no_space, upload::UploadError};

/// Why the library refuses what the server asks for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum LibraryError {
    /// No such version.
    #[error("there is no such version")]
    Unknown,
    /// Empty, or larger than anything that is taken.
    #[error("the file is empty or too large")]
    Size,
    /// The version was announced as another file.
    #[error("the version was announced as another file")]
    Exists,
    /// The original is not kept any more; it has to be uploaded again.
    #[error("the file is not kept any more")]
    FileGone,
    /// A name that is too long, or too many versions at a time.
    #[error("the request has no meaning: {0}")]
    Request(&'static str),
    /// What it says of itself cannot be read.
    #[error("a record of the library is damaged")]
    Damaged,
    /// A worker says it has made what no worker makes: the file it read has taken it over, or it is broken.
    #[error("a worker says what cannot be: {0}")]
    Worker(&'static str),
    /// The disk, or too many at a time.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[source] object_store::Error),
}

impl From<object_store::Error> for LibraryError {
    fn from(error: object_store::Error) -> Self {
        if no_space(&error) { Self::Upload(UploadError::DiskFull) } else { Self::Store(error) }
    }
}

impl LibraryError {
    /// A file on the disk cannot be read.
    pub(super) fn unread(error: std::io::Error) -> Self {
        object_store::Error::Generic { store: "disk", source: error.into() }.into()
    }

    /// For programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Unknown | Self::Upload(UploadError::Unknown) => "unknown",
            Self::Size | Self::Upload(UploadError::TooLarge) => "audio_size",
            Self::Exists => "audio_exists",
            Self::FileGone => "file_gone",
            Self::Request(_) => "request_invalid",
            Self::Damaged => "damaged",
            Self::Worker(_) => "internal",
            Self::Upload(UploadError::DiskFull) => "disk_full",
            Self::Upload(UploadError::Disk) | Self::Store(_) => "storage",
            Self::Upload(_) => "busy",
        }
    }

    /// For HTTP.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Unknown | Self::Upload(UploadError::Unknown) => StatusCode::NOT_FOUND,
            Self::Size | Self::Upload(UploadError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Exists | Self::FileGone => StatusCode::CONFLICT,
            Self::Request(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Damaged | Self::Worker(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Upload(UploadError::DiskFull) => StatusCode::INSUFFICIENT_STORAGE,
            Self::Upload(_) | Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
