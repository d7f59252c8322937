//! The rows of an export, page by page, with their totals and the hash that ties the file to them.

use yunke_store::UtcMillis;

use super::{
    columns::{self, COLUMNS, Cell},
    error::DetailError,
    gathering::Gathering,
    hash::RowHash,
    shared::SharedLesson,
    totals::{Places, Totals},
};
use crate::{core::Core, evidence::Window};

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
    gathering: Gathering,
    places: Places,
    totals: Totals,
    hash: RowHash,
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
        // The whole tree: the names above an organizer's part are no secret, and 中心 stands in each row.
        let places = Places::new(core.store.units_ever().await?);
        let gathering = Gathering::new(core, &lesson, paths, made_at).await?;
        let (totals, mut hash) = (Totals::default(), RowHash::default());
        hash.add(COLUMNS.iter().map(|(heading, _)| *heading));
        Ok(Self { lesson, made_by, made_at, scope, window, gathering, places, totals, hash })
    }

    /// The next rows; empty: there are no more.
    pub async fn page(&mut self) -> Result<Vec<[Cell; COLUMNS.len()]>, DetailError> {
        let page = self.gathering.page().await?;
        let mut rows = Vec::with_capacity(page.len());
        for (entry, record) in &page {
            let row = columns::row_of(&self.lesson, entry, record.as_ref(), self.window, &self.places);
            self.totals.add(entry, record.as_ref());
            self.hash.add(row.iter().map(Cell::text));
            rows.push(row);
        }
        Ok(rows)
    }

    /// What the rows given so far add up to.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The hash of the heading and the rows given so far.
    pub fn hash(&self) -> String {
        self.hash.hex()
    }
}
