//! Types that all parts of an export share.

use std::sync::Arc;

use axum::body::Bytes;
use tokio::sync::mpsc;

/// Where the pieces of a file go; an error ends the download so that the client sees it is not whole.
pub(crate) type Pieces = mpsc::Sender<Result<Bytes, std::io::Error>>;

/// A lesson and what belongs to it, shared by the pages of an export.
pub(crate) type SharedLesson = Arc<yunke_store::Lesson>;
