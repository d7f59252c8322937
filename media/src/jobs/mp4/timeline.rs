//! From the lesson's clock to the file's: stretches in which nothing at all was recorded are cut out. Pure.

use crate::recording::index::Entry;

/// Shorter stretches without media stay: they are rounding, or a sound that starts a frame later than the picture.
const KEPT_US: i64 = 100_000;

/// What is cut out.
#[derive(Debug)]
pub(super) struct Timeline {
    origin_us: i64,
    /// Start and length of each stretch without media, ascending.
    cuts: Vec<(i64, i64)>,
}

impl Timeline {
    /// Of these entries; those without media count as nothing.
    pub(super) fn new<'a>(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut covered: Vec<(i64, i64)> = entries
            .filter(|entry| entry.media.is_some())
            .map(|entry| {
                let start = presented_us(entry);
                (start, start.saturating_add(i64::try_from(entry.duration_us).unwrap_or(i64::MAX)))
            })
            .collect();
        covered.sort_unstable();
        let origin_us = covered.first().map_or(0, |(start, _)| *start);
        let mut cuts = Vec::new();
        let mut until = origin_us;
        for (start, end) in covered {
            if start - until > KEPT_US {
                cuts.push((until, start - until));
            }
            until = until.max(end);
        }
        Self { origin_us, cuts }
    }

    /// Where an entry's first frame lies in the file, microseconds from its start.
    pub(super) fn at(&self, entry: &Entry) -> i64 {
        let at = presented_us(entry);
        let cut: i64 = self.cuts.iter().take_while(|(start, _)| *start < at).map(|(_, length)| length).sum();
        at - self.origin_us - cut
    }
}

/// When an entry's first frame is presented.
fn presented_us(entry: &Entry) -> i64 {
    let late_us = entry.media.as_ref().map_or(0, |media| media.late_us);
    entry.pdt.saturating_mul(1000).saturating_add(late_us)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{live::event::Rendition, recording::index::MediaEntry};

    fn entry(rendition: Rendition, pdt: i64, millis: u64, recorded: bool) -> Entry {
        let media =
            recorded.then_some(MediaEntry { stream: 1, init: 0, bytes: 1, independent: true, late_us: 0 });
        Entry { rendition, msn: 0, pdt, duration_us: millis * 1000, discontinuity: false, media }
    }

    #[test]
    fn what_neither_picture_nor_sound_has_is_cut_out_and_nothing_else() {
        use Rendition::{Audio, Video};
        let entries = [
            entry(Video, 1_000_000, 2_000, true),
            entry(Audio, 1_000_020, 1_970, true),
            // The picture is missing here, the sound goes on.
            entry(Audio, 1_001_990, 2_000, true),
            // Both are missing for 6 s.
            entry(Video, 1_003_990, 6_000, false),
            entry(Audio, 1_003_990, 6_000, false),
            entry(Video, 1_009_990, 2_000, true),
            entry(Audio, 1_010_010, 2_000, true),
        ];
        let timeline = Timeline::new(entries.iter());
        let at: Vec<i64> = entries.iter().map(|entry| timeline.at(entry)).collect();
        assert_eq!(at[..3], [0, 20_000, 990 * 1000 + 1_000_000]);
        assert_eq!(at[5..], [3_990_000, 4_010_000], "picture and sound keep their distance");
        assert_eq!(timeline.cuts.len(), 1);
    }

    #[test]
    fn what_a_fill_has_lies_where_it_was_recorded_and_not_where_the_gap_began() {
        let fill = |rendition, pdt, late_us| {
            let mut entry = entry(rendition, pdt, 2_000, true);
            entry.media.as_mut().expect("recorded").late_us = late_us;
            entry
        };
        // The lesson begins with the gap: the file begins with what is first.
        let entries = [
            fill(Rendition::Video, 1_000_000, 14_000),
            fill(Rendition::Audio, 1_000_010, -9_000),
            entry(Rendition::Video, 1_002_000, 2_000, true),
        ];
        let timeline = Timeline::new(entries.iter());
        let at: Vec<i64> = entries.iter().map(|entry| timeline.at(entry)).collect();
        assert_eq!(at, [13_000, 0, 1_999_000]);
    }
}
