//! The rows of an export, page by page, with their totals and the hash that ties the file to them.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use yunke_store::{Page, RollEntry, RollFilter, RollPart, StoreError, UtcMillis};

use super::{
    columns::{self, COLUMNS, Cell},
    shared::SharedLesson,
    totals::{Places, Totals},
};
use crate::{
    core::Core,
    evidence::{Records, Window},
};

/// Members whose evidence is read at once.
const PAGE: usize = 100;

/// Why an export broke off.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DetailError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The temporary file failed.
    #[error("the temporary file failed")]
    File(#[from] std::io::Error),
    /// The CSV could not be written.
    #[error("the CSV could not be written")]
    Csv(#[from] ::csv::Error),
    /// The XLSX could not be written.
    #[error("the XLSX could not be written")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    /// The client went away.
    #[error("the client went away")]
    ClientGone,
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopped,
}

/// An export before its first row.
pub struct Detail {
    /// The lesson.
    pub lesson: SharedLesson,
    /// Who asked for it.
    pub made_by: String,
    /// When.
    pub made_at: UtcMillis,
    /// The parts of the tree it is limited to, in words.
    pub scope: String,
    /// Whether one can still come.
    pub window: Window,
    roll: Vec<RollEntry>,
    next: usize,
    records: Records,
    places: Places,
    totals: Totals,
    hash: Sha256,
}

/// Who asks for an export, of what, when.
pub struct ExportRequest {
    /// The lesson.
    pub lesson: SharedLesson,
    /// Whether one can still come to it.
    pub window: Window,
    /// Only members inside these.
    pub paths: Vec<String>,
    /// The same, in words.
    pub scope: String,
    /// Who asks.
    pub made_by: String,
    /// Now.
    pub made_at: UtcMillis,
}

impl Detail {
    /// Before its first row.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn new(core: &Core, request: ExportRequest) -> Result<Self, DetailError> {
        let ExportRequest { lesson, window, paths, scope, made_by, made_at } = request;
        let filter = RollFilter { within: paths, part: RollPart::All, query: String::new(), user_id: None };
        let everybody = Page { offset: 0, limit: i64::MAX };
        // Names and branches, not evidence: a lesson of 21,000 is a few megabytes.
        let roll = core.store.roll(lesson.id, &filter, everybody).await?.entries;
        // The whole tree: the names above an organizer's part are no secret, and 中心 stands in each row.
        let places = Places::new(core.store.units_ever().await?);
        let records = Records::new(core.store.clone(), &lesson, made_at).await?;
        let (totals, hash) = (Totals::default(), Sha256::new());
        let mut detail =
            Self { lesson, made_by, made_at, scope, window, roll, next: 0, records, places, totals, hash };
        detail.add_to_hash(COLUMNS.iter().map(|(heading, _)| (*heading).to_owned()));
        Ok(detail)
    }

    /// The next rows; empty: there are no more.
    pub async fn page(&mut self) -> Result<Vec<[Cell; COLUMNS.len()]>, DetailError> {
        let page = self.roll[self.next..self.roll.len().min(self.next + PAGE)].to_vec();
        self.next += page.len();
        let came: Vec<Uuid> = page.iter().filter(|entry| entry.attended).map(|entry| entry.user_id).collect();
        let records = self.records.of_all(&came).await?;
        let mut rows = Vec::with_capacity(page.len());
        for entry in &page {
            let record = records.iter().find(|record| record.evidence.user_id == entry.user_id);
            let row = match record {
                Some(record) => columns::row(&self.lesson, entry, record, &self.places),
                None => columns::missing(&self.lesson, entry, self.window, &self.places),
            };
            self.totals.add(entry, record);
            self.add_to_hash(row.iter().map(Cell::text));
            rows.push(row);
        }
        Ok(rows)
    }

    /// What the rows given so far add up to.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// SHA-256 over the heading and the rows given so far: their texts, each ended by U+001F, each row by
    /// U+001E, in UTF-8.
    pub fn hash(&self) -> String {
        use std::fmt::Write as _;
        self.hash.clone().finalize().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    fn add_to_hash(&mut self, texts: impl Iterator<Item = String>) {
        for text in texts {
            self.hash.update(text.as_bytes());
            self.hash.update([0x1f]);
        }
        self.hash.update([0x1e]);
    }
}
