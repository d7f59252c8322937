//! Renders a media playlist (RFC 8216bis 4.4), whole or as a delta update.

use std::{fmt::Write as _, time::Duration};

use yunke_protocol::UtcMillis;

use super::{
    HOLD_BACK, PARTS_LISTED, SKIP_BOUNDARY, TARGET_DURATION,
    names::{self, Kind},
    ring::Ring,
    segment::{Open, PartEntry, Segment},
    track::Track,
};
use crate::live::event::NumberedInit;

/// The whole playlist of a track.
pub fn full(ring: &Ring, track: &Track) -> String {
    render(ring, track, 0)
}

/// The delta update, if there is anything to skip (RFC 8216bis 6.2.5.1).
pub fn delta(ring: &Ring, track: &Track) -> Option<String> {
    let skipped = if ring.ended() { 0 } else { skippable(track) };
    (skipped > 0).then(|| render(ring, track, skipped))
}

/// Segments that lie wholly before the skip boundary, counted from the end of the last whole segment.
fn skippable(track: &Track) -> usize {
    let after =
        |at: usize| track.listed().iter().skip(at + 1).map(|segment| segment.duration).sum::<Duration>();
    (0..track.listed().len()).take_while(|&at| after(at) >= SKIP_BOUNDARY).count()
}

fn render(ring: &Ring, track: &Track, skipped: usize) -> String {
    let mut writer = Writer { track, target: ring.start().part_target, out: String::with_capacity(12 << 10) };
    writer.head(skipped);
    let mut init = None;
    let listed = track.listed();
    let open = track.open().map_or(Duration::ZERO, |open| open.duration);
    let mut to_end = listed.iter().map(|segment| segment.duration).sum::<Duration>() + open;
    for (at, segment) in listed.iter().enumerate() {
        to_end = to_end.saturating_sub(segment.duration);
        if at < skipped {
            // A tag that stood in the skipped stretch is not repeated: the player has it.
            init = segment.init().or(init);
        } else {
            init = writer.segment(segment, init, to_end <= PARTS_LISTED && !ring.ended());
        }
    }
    if let Some(open) = track.open() {
        writer.open(open, init);
    }
    if ring.ended() {
        writer.line(format_args!("#EXT-X-ENDLIST"));
        return writer.out;
    }
    if !ring.in_outage() {
        let hinted = track.name(Kind::Part(track.next_part()));
        writer.line(format_args!("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{hinted}\""));
    }
    for other in ring.tracks().iter().filter(|other| other.rendition() != track.rendition()) {
        writer.report(other);
    }
    writer.out
}

struct Writer<'a> {
    track: &'a Track,
    target: Duration,
    out: String,
}

type Map<'a> = Option<&'a std::sync::Arc<NumberedInit>>;

impl Writer<'_> {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.out.write_fmt(line);
        self.out.push('\n');
    }

    fn head(&mut self, skipped: usize) {
        let part = self.target;
        self.line(format_args!(
            "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:{}",
            TARGET_DURATION.as_secs()
        ));
        self.line(format_args!(
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL={},HOLD-BACK={},PART-HOLD-BACK={}",
            Seconds(SKIP_BOUNDARY),
            Seconds(HOLD_BACK),
            Seconds(part * 3),
        ));
        self.line(format_args!("#EXT-X-PART-INF:PART-TARGET={}", Seconds(part)));
        self.line(format_args!("#EXT-X-MEDIA-SEQUENCE:{}", self.track.first_listed()));
        self.line(format_args!("#EXT-X-DISCONTINUITY-SEQUENCE:{}", self.track.discontinuities()));
        if independent(self.track) {
            self.line(format_args!("#EXT-X-INDEPENDENT-SEGMENTS"));
        }
        if skipped > 0 {
            self.line(format_args!("#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}"));
        }
    }

    fn segment<'s>(&mut self, segment: &'s Segment, init: Map<'s>, parts: bool) -> Map<'s> {
        let init = self.begin(segment.discontinuity, segment.init(), init);
        self.line(format_args!("#EXT-X-PROGRAM-DATE-TIME:{}", Utc(segment.pdt)));
        if parts {
            self.parts(segment.first_part, &segment.parts);
        }
        if segment.init().is_none() {
            self.line(format_args!("#EXT-X-GAP"));
        }
        let name = self.track.name(Kind::Segment(segment.msn));
        self.line(format_args!("#EXTINF:{},\n{name}", Seconds(segment.duration)));
        init
    }

    fn open<'s>(&mut self, open: &'s Open, init: Map<'s>) {
        self.begin(open.discontinuity, Some(&open.init), init);
        self.line(format_args!("#EXT-X-PROGRAM-DATE-TIME:{}", Utc(open.pdt())));
        self.parts(open.first_part, &open.parts);
    }

    /// `EXT-X-DISCONTINUITY` and `EXT-X-MAP` where they are due; returns the map now in force.
    fn begin<'s>(&mut self, discontinuity: bool, needed: Map<'s>, in_force: Map<'s>) -> Map<'s> {
        if discontinuity {
            self.line(format_args!("#EXT-X-DISCONTINUITY"));
        }
        let Some(needed) = needed else { return in_force };
        if in_force.is_none_or(|map| map.number != needed.number) {
            let name = self.track.name(Kind::Init(needed.number));
            self.line(format_args!("#EXT-X-MAP:URI=\"{name}\""));
        }
        Some(needed)
    }

    fn parts(&mut self, first: u64, parts: &[PartEntry]) {
        for (number, part) in (first..).zip(parts) {
            // Encoders with millisecond clocks overshoot by up to 1 ms; the target must never be exceeded.
            let duration = Seconds(part.duration.min(self.target));
            let name = self.track.name(Kind::Part(number));
            let independent = if part.independent { ",INDEPENDENT=YES" } else { "" };
            self.line(format_args!("#EXT-X-PART:DURATION={duration},URI=\"{name}\"{independent}"));
        }
    }

    fn report(&mut self, other: &Track) {
        let uri = names::playlist(other.rendition());
        let parts = |count: usize| (count as u64).checked_sub(1);
        let (msn, part) = match (other.open(), other.listed().back()) {
            (Some(open), _) => (open.msn, parts(open.parts.len())),
            (None, Some(last)) => (last.msn, parts(last.parts.len())),
            (None, None) => return,
        };
        match part {
            Some(part) => self
                .line(format_args!("#EXT-X-RENDITION-REPORT:URI=\"{uri}\",LAST-MSN={msn},LAST-PART={part}")),
            None => self.line(format_args!("#EXT-X-RENDITION-REPORT:URI=\"{uri}\",LAST-MSN={msn}")),
        }
    }
}

/// Every segment in the playlist, the one under way included, can be decoded by itself.
pub fn independent(track: &Track) -> bool {
    track.listed().iter().all(Segment::independent)
        && track.open().is_none_or(|open| open.parts.first().is_none_or(|part| part.independent))
}

/// A duration in decimal seconds, to the microsecond, rounded to nearest.
pub struct Seconds(pub Duration);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let micros = (self.0.as_nanos() + 500) / 1000;
        write!(f, "{}.{:06}", micros / 1_000_000, micros % 1_000_000)
    }
}

/// A time in ISO 8601 with milliseconds.
pub struct Utc(pub UtcMillis);

impl std::fmt::Display for Utc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (days, ms) = (self.0.div_euclid(86_400_000), self.0.rem_euclid(86_400_000));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1000)
    }
}

/// The date of a day since 1970-01-01, in the proleptic Gregorian calendar. Years are counted from March, so that the
/// leap day is the last of its year, and in eras of 400 years, which all have the same number of days.
fn civil(days: i64) -> (i64, i64, i64) {
    const ERA_DAYS: i64 = 146_097;
    const EPOCH: i64 = 719_468; // 0000-03-01 to 1970-01-01
    let day = days.saturating_add(EPOCH);
    let (era, day) = (day.div_euclid(ERA_DAYS), day.rem_euclid(ERA_DAYS));
    let year = (day - day / 1460 + day / 36_524 - day / (ERA_DAYS - 1)) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next_year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_dates() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_311_792_123, "2026-11-22T01:43:12.123Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Utc(ms).to_string(), text);
        }
    }

    #[test]
    fn seconds_are_rounded_to_the_microsecond() {
        assert_eq!(Seconds(Duration::from_nanos(2_021_333_333)).to_string(), "2.021333");
        assert_eq!(Seconds(Duration::from_nanos(299_999_999)).to_string(), "0.300000");
    }
}
