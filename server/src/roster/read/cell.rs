//! The cells of workbooks as people see them. A date is a day of the calendar and never a moment: no time zone comes near it.

use calamine::{Data, DataRef, ExcelDateTime};

use super::{Cell, Flaw};

/// From this on a number has more digits than a spreadsheet keeps.
const DIGITS_END: f64 = 1e15;

/// The day after the last one a spreadsheet knows, counted from 1900.
const DAYS_END: f64 = 2_958_466.0;

/// What stands in a cell.
pub(super) fn of(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::default(),
        DataRef::String(text) | DataRef::DurationIso(text) => Cell::text(text.as_str()),
        DataRef::SharedString(text) => Cell::text(*text),
        #[expect(clippy::cast_precision_loss, reason = "what has more digits than fit is refused anyway")]
        DataRef::Int(whole) => number(*whole as f64),
        DataRef::Float(figure) => number(*figure),
        DataRef::Bool(yes) => Cell::text(if *yes { "TRUE" } else { "FALSE" }),
        DataRef::DateTime(at) => date(*at),
        DataRef::DateTimeIso(text) => Cell::text(text.strip_suffix("T00:00:00").unwrap_or(text)),
        DataRef::Error(error) => Cell { text: error.to_string(), flaw: Some(Flaw::Error) },
    }
}

/// The same of a cell that has its text for itself.
pub(super) fn of_owned(value: &Data) -> Cell {
    match value {
        Data::Empty => Cell::default(),
        Data::String(text) | Data::DurationIso(text) => Cell::text(text.as_str()),
        Data::Int(whole) => of(&DataRef::Int(*whole)),
        Data::Float(figure) => number(*figure),
        Data::Bool(yes) => of(&DataRef::Bool(*yes)),
        Data::DateTime(at) => date(*at),
        Data::DateTimeIso(text) => Cell::text(text.strip_suffix("T00:00:00").unwrap_or(text)),
        Data::Error(error) => Cell { text: error.to_string(), flaw: Some(Flaw::Error) },
    }
}

/// As text: a phone number of 11 digits is one again.
fn number(value: f64) -> Cell {
    let flaw = (value.abs() >= DIGITS_END).then_some(Flaw::DigitsLost);
    let text = if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value}") };
    Cell { text, flaw }
}

fn date(at: ExcelDateTime) -> Cell {
    let days = at.as_f64();
    if at.is_duration() || !(0.0..DAYS_END).contains(&days) {
        // A phone number in a column that shows dates.
        return number(days);
    }
    let (year, month, day, hour, minute, ..) = at.to_ymd_hms_milli();
    let day = format!("{year:04}-{month:02}-{day:02}");
    Cell::text(if days.fract() == 0.0 { day } else { format!("{day} {hour:02}:{minute:02}") })
}
