//! Days and years as the centres count them: they begin at midnight in Asia/Shanghai.

use std::ops::Range;

use jiff::{
    Timestamp, Zoned,
    tz::{Offset, TimeZone},
};
use yunke_store::UtcMillis;

/// Asia/Shanghai has had no other offset since 1991; a fixed one needs no time zone database.
fn shanghai() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

fn zoned(at: UtcMillis) -> Zoned {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(shanghai())
}

/// The day of a moment.
pub fn day_of(at: UtcMillis) -> Range<UtcMillis> {
    let day = zoned(at).date();
    start_of(day)..start_of(day.tomorrow().unwrap_or(day))
}

/// The year of a moment, and from when until when it is.
pub fn year_of(at: UtcMillis) -> (i16, Range<UtcMillis>) {
    let year = zoned(at).year();
    let first = |year| start_of(jiff::civil::Date::new(year, 1, 1).unwrap_or(jiff::civil::Date::MAX));
    (year, first(year)..first(year + 1))
}

fn start_of(day: jiff::civil::Date) -> UtcMillis {
    day.to_zoned(shanghai()).map_or(UtcMillis::MAX, |midnight| midnight.timestamp().as_millisecond())
}

/// To the minute: `2028-02-28 23:00`.
pub fn local_minute(at: UtcMillis) -> String {
    zoned(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A moment as people in the centres read it: `2028-02-28 23:00:00`.
pub fn local_time(at: UtcMillis) -> String {
    zoned(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The day of a moment: `2028-02-28`.
pub fn local_day(at: UtcMillis) -> String {
    zoned(at).strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2028-02-28 16:00 UTC is midnight of the leap day in Shanghai.
    const LEAP_DAY: UtcMillis = 1_835_366_400_000;

    #[test]
    fn a_day_begins_at_midnight_in_shanghai() {
        assert_eq!(day_of(LEAP_DAY), LEAP_DAY..LEAP_DAY + 86_400_000);
        assert_eq!(day_of(LEAP_DAY - 1), LEAP_DAY - 86_400_000..LEAP_DAY);
    }

    #[test]
    fn a_year_ends_eight_hours_before_utc_does() {
        let (year, range) = year_of(LEAP_DAY);
        assert_eq!((year, range.end - range.start), (2028, 366 * 86_400_000));
        assert_eq!(year_of(range.end).0, 2029);
        assert_eq!(year_of(range.end - 1).0, 2028);
    }
}
