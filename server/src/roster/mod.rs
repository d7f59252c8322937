//! A roster from a file: read as text, columns given a meaning, compared with the people there are, shown, and only then written.
//! It must write nothing that was not shown, copy no cell to another person, and never guess what a file has lost.

mod columns;
mod lines;
mod options;
mod places;
mod plan;
pub mod read;
mod rows;
mod service;
mod template;

#[cfg(test)]
mod tests;

pub use self::{
    columns::{Columns, Field, KnownColumns, find_columns},
    lines::{FieldChange, Line, LineCounts, Reason, ReasonCode},
    options::ImportOptions,
    plan::{Plan, PlanFacts, plan},
    rows::{FileRow, Told, file_rows},
    service::{
        Confirmed, ImportNotes, ImportSummary, Imports, Leavers, Progress, Request, Stage, is_undoable,
    },
    template::template,
};
