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

/// A calendar year, or a month of it (1 to 12); `None`: there is none.
pub fn period(year: i16, month: Option<i8>) -> Option<Range<UtcMillis>> {
    let first = jiff::civil::Date::new(year, month.unwrap_or(1), 1).ok()?;
    let next = match month {
        None => jiff::civil::Date::new(year.checked_add(1)?, 1, 1).ok()?,
        Some(_) => first.last_of_month().tomorrow().ok()?,
    };
    Some(start_of(first)..start_of(next))
}

/// The calendar months from the one that begins the span to its end.
pub fn months_of(span: Range<UtcMillis>) -> impl Iterator<Item = Range<UtcMillis>> {
    std::iter::successors(Some(month_of(span.start)), |month| Some(month_of(month.end)))
        .take_while(move |month| month.start < span.end)
}

fn month_of(at: UtcMillis) -> Range<UtcMillis> {
    let first = zoned(at).date().first_of_month();
    start_of(first)..start_of(first.last_of_month().tomorrow().unwrap_or(first))
}

/// The calendar month of a moment, as year × 12 + month − 1.
pub fn month_number(at: UtcMillis) -> i64 {
    let date = zoned(at).date();
    i64::from(date.year()) * 12 + i64::from(date.month()) - 1
}

/// When a calendar month begins.
pub fn start_of_month(month: i64) -> UtcMillis {
    let year = i16::try_from(month.div_euclid(12)).unwrap_or(i16::MAX);
    let of_year = i8::try_from(month.rem_euclid(12) + 1).unwrap_or(1);
    start_of(jiff::civil::Date::new(year, of_year, 1).unwrap_or(jiff::civil::Date::MAX))
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

    /// OCA/hr-attendance#244, odoo#257932: "last month" is no 30 days, and midnight is not that of UTC.
    #[test]
    fn a_month_is_one_of_the_calendar_in_shanghai() {
        let february = period(2028, Some(2)).expect("there is one");
        assert_eq!((february.end - february.start, february.end), (29 * 86_400_000, LEAP_DAY + 86_400_000));
        let year = period(2028, None).expect("there is one");
        assert_eq!(year, year_of(LEAP_DAY).1);
        let months: Vec<_> = months_of(year.clone()).collect();
        assert_eq!((months.len(), months[1].clone(), months[11].end), (12, february.clone(), year.end));
        assert_eq!(months_of(february.clone()).collect::<Vec<_>>(), [february]);
        // 1 January, 00:30 in Shanghai, is 16:30 of the year before in London.
        assert_eq!(local_time(year.start + 30 * 60_000), "2028-01-01 00:30:00");
        assert_eq!(
            (period(2028, Some(13)), period(2028, Some(0)), period(i16::MAX, None)),
            (None, None, None)
        );
    }

    /// OCA/hr-attendance#244, odoo#257932.
    #[test]
    fn months_and_years_are_calendar_periods_of_shanghai() {
        // 1 January 2028, 00:30 there; 16:30 UTC of the last day of the year before.
        let at = 1_830_270_600_000;
        assert_eq!(local_time(at), "2028-01-01 00:30:00");
        assert_eq!((year_of(at).0, month_number(at)), (2028, 2028 * 12));
        assert_eq!(month_number(at - 1_800_001), 2027 * 12 + 11, "half an hour earlier it is December");
        assert_eq!(start_of_month(2028 * 12), at - 1_800_000);
        assert_eq!(month_number(start_of_month(2028 * 12 + 1)), 2028 * 12 + 1);
        assert_eq!(
            start_of_month(2028 * 12 + 2) - start_of_month(2028 * 12 + 1),
            29 * 86_400_000,
            "a leap year"
        );
    }

    #[test]
    fn a_year_ends_eight_hours_before_utc_does() {
        let (year, range) = year_of(LEAP_DAY);
        assert_eq!((year, range.end - range.start), (2028, 366 * 86_400_000));
        assert_eq!(year_of(range.end).0, 2029);
        assert_eq!(year_of(range.end - 1).0, 2028);
    }
}
