//! Exports an organizer takes along, as CSV and XLSX: 个人明细 of a lesson at once, and all kinds as jobs in the background. Rows are
//! computed from the evidence page by page and go out as they come; an export is never held in memory whole.

mod book;
mod columns;
mod csv;
mod detail;
mod error;
mod file_name;
mod folder;
mod gathering;
mod hash;
mod jobs;
mod kinds;
mod list;
mod listened;
mod making;
mod notes;
mod output;
mod shared;
mod sheet;
mod totals;
mod xlsx;

pub use self::csv::{neutral, unprotected};
pub use columns::{COLUMNS, Cell};
pub use detail::{Detail, ExportRequest};
pub use error::DetailError;
pub use file_name::{
    content_disposition, job_disposition, listening_disposition, radio_name, recording_name,
};
pub use jobs::{Exports, keep_exports};
pub use kinds::title;
pub use listened::{ListenedRow, Listening};
pub use making::{ExportParameters, Windows};
pub use totals::Totals;
pub use yunke_store::ExportFormat;

use axum::body::Body;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

use crate::{core::Core, problem::source_chain};

/// Exports under way at once; each holds one page of rows. Who asks for one more is told to try again.
const AT_ONCE: usize = 4;

/// Pieces of a file that may wait for a slow client; then the export waits, and nothing else.
const WAITING_PIECES: usize = 8;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// The media type of a format.
pub fn media_type(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ExportFormat::Csv => "text/csv; charset=utf-8",
    }
}

/// The right to make one export, while it lasts.
pub struct ExportPlace(SemaphorePermit<'static>);

impl ExportPlace {
    /// `None` when too many are under way.
    pub fn take() -> Option<Self> {
        PLACES.try_acquire().ok().map(Self)
    }
}

/// The file of what was heard of a series. Works through all of it: off the async workers.
pub fn listening_file(format: ExportFormat, listening: &Listening) -> Result<Vec<u8>, DetailError> {
    match format {
        ExportFormat::Csv => listening.csv(),
        ExportFormat::Xlsx => listening.xlsx(),
    }
}

/// Starts an export. The file's bytes follow as the body is read.
pub fn start(place: ExportPlace, core: &Core, format: ExportFormat, detail: Detail) -> Body {
    let (pieces, outlet) = mpsc::channel(WAITING_PIECES);
    let stopping = core.stopping.clone();
    core.tasks.spawn(async move {
        let ExportPlace(_place) = place;
        let file = async {
            match format {
                ExportFormat::Csv => csv::write(detail, &pieces).await,
                ExportFormat::Xlsx => xlsx::write(detail, &pieces).await,
            }
        };
        let done = tokio::select! {
            () = stopping.cancelled() => Err(DetailError::Stopped),
            done = file => done,
        };
        if let Err(error) = done {
            tracing::error!(error = source_chain(&error), "an export broke off");
            let _ = pieces.send(Err(std::io::Error::other("the export broke off"))).await;
        }
    });
    let stream = futures_util::stream::unfold(outlet, async |mut outlet| {
        let piece = outlet.recv().await?;
        Some((piece, outlet))
    });
    Body::from_stream(stream)
}
