//! The kinds of exports, by the numbers of ATTENDANCE.md: what each one's tables are, and how they are filled. They count nothing
//! themselves: people come from the roll, credit from the evidence, what was heard from the statistics.

mod branches;
mod cells;
mod corrections;
mod detail;
mod intervals;
mod lessons;
mod year;

use yunke_store::{ExportFile, ExportKind};

use super::{book::Table, error::DetailError, making::Making, output::Output};
use crate::library::Places as Listening;

/// What the file of a kind is called.
pub fn title(kind: ExportKind) -> &'static str {
    match kind {
        ExportKind::Detail => "个人明细",
        ExportKind::Intervals => "区间明细",
        ExportKind::Lessons => "课程汇总",
        ExportKind::Branches => "支部站点汇总",
        ExportKind::Year => "年度汇总",
        ExportKind::Corrections => "调整审计",
    }
}

/// Makes the file at `path`.
pub(super) async fn make(
    mut making: Making,
    listening: &Listening,
    path: std::path::PathBuf,
) -> Result<ExportFile, DetailError> {
    let kind = making.job.kind;
    let tables: &'static [Table] = match kind {
        ExportKind::Detail => &detail::TABLES,
        ExportKind::Intervals => &intervals::TABLES,
        ExportKind::Lessons => &lessons::TABLES,
        ExportKind::Branches => &branches::TABLES,
        ExportKind::Year => &year::TABLES,
        ExportKind::Corrections => &corrections::TABLES,
    };
    let words = format!("{} {}", making.parameters.words(), title(kind));
    let mut output = Output::begin(path, making.job.format, words, tables);
    let computed = match kind {
        ExportKind::Detail => detail::fill(&mut making, &mut output).await,
        ExportKind::Intervals => intervals::fill(&mut making, &mut output).await,
        ExportKind::Lessons => lessons::fill(&mut making, &mut output).await,
        ExportKind::Branches => branches::fill(&mut making, &mut output).await,
        ExportKind::Year => year::fill(&mut making, listening, &mut output).await,
        ExportKind::Corrections => corrections::fill(&mut making, &mut output).await,
    };
    let made = output.finish(computed).await?;
    // Until the last moment: what was made for somebody who may not have it is nobody's.
    making.check().await?;
    Ok(made)
}
