//! Settled results: what evidence was judged to be worth, kept in the store so that years of units and members are read at once.
//!
//! A cache and nothing else. Every row comes from the same judgement as a lesson's table and is written whole; it must never be
//! added up in place, and never decide: a member's evidence page and a lesson's table judge anew.

mod figures;
mod report;
mod row;
mod settle;

pub use report::{Part, Progress, ReportFigures, YearParts, year_parts};
pub use settle::{Results, ToCome, keep_settled};

/// Credit hours × 1000 a member is to have in a year; a branch secretary.
pub const TARGETS: yunke_store::YearTargets = yunke_store::YearTargets { lower: 32_000, upper: 56_000 };
