//! One track of a fill: encoded frames in, one segment for each gap entry out, cut where the entries are. Pure but for the muxer.

use std::collections::VecDeque;

use super::coded::Coded;
use crate::{
    pipeline::{
        repair::Stamp,
        splitter::{Ended, Step},
    },
    recording::index::Entry,
    unit::{Frame, Track},
};

/// An entry whose last frame ends so much early is still whole: a recording does not end on our grid.
const SHORT_US: i64 = 150_000;

/// A gap entry and where it lies in the stretch, microseconds.
#[derive(Debug, Clone)]
struct Span {
    from: i64,
    to: i64,
    entry: Entry,
}

/// An entry that was filled.
#[derive(Debug)]
pub(super) struct Whole {
    /// The gap entry.
    pub(super) entry: Entry,
    /// Its first frame comes so much after the entry's date, microseconds; negative is before it.
    pub(super) late_us: i64,
}

/// Lays frames into gap entries.
#[derive(Debug)]
pub(super) struct GapCutter {
    track: Track,
    spans: VecDeque<Span>,
    /// The first entry is being filled since then, with frames up to here.
    open: Option<(i64, i64)>,
    segment: u64,
    /// Entries whose parts were cut and have not come out of the muxer; without one, what comes out is of no use.
    cut: VecDeque<Option<Whole>>,
}

impl GapCutter {
    /// For the gap entries of one rendition, in order; `from` is the UTC of the stretch's beginning.
    pub(super) fn new(track: Track, from: i64, entries: impl Iterator<Item = Entry>) -> Self {
        let span = |entry: Entry| {
            let at = (entry.pdt - from) * 1000;
            Span { from: at, to: at + i64::try_from(entry.duration_us).unwrap_or(0), entry }
        };
        Self { track, spans: entries.map(span).collect(), open: None, segment: 0, cut: VecDeque::new() }
    }

    /// Where entries begin, microseconds: the picture needs key frames there.
    pub(super) fn starts(&self) -> Vec<i64> {
        self.spans.iter().map(|span| span.from).collect()
    }

    /// Takes a frame; what the muxer is to do with it.
    pub(super) fn push(&mut self, coded: &Coded) -> Vec<Step> {
        let (at, slack) = (coded.at_us, coded.step_us / 2);
        let mut steps = Vec::new();
        while self.spans.front().is_some_and(|span| at + slack >= span.to) {
            self.close(at, true, &mut steps);
        }
        let Some(span) = self.spans.front() else { return steps };
        if at + slack < span.from {
            return steps;
        }
        if self.open.is_none() {
            // An entry is filled from its beginning or not at all.
            if at - span.from > 2 * coded.step_us || !coded.key {
                return steps;
            }
            self.open = Some((at, at));
        }
        self.open = self.open.map(|(since, _)| (since, at + coded.step_us));
        let frame =
            Frame { track: self.track, dts_ms: 0, cts_ms: 0, key: coded.key, data: coded.data.clone() };
        steps.push(Step::Frame(frame, Stamp { dts_us: at, pts_us: at }));
        steps
    }

    /// No more frames come.
    pub(super) fn finish(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        if let (Some((_, until)), Some(span)) = (self.open, self.spans.front()) {
            let whole = until + SHORT_US >= span.to;
            self.close(until, whole, &mut steps);
        }
        steps
    }

    fn close(&mut self, at: i64, whole: bool, steps: &mut Vec<Step>) {
        let Some(span) = self.spans.pop_front() else { return };
        let Some((since, until)) = self.open.take() else { return };
        // A hole before the next frame is none of this segment.
        let end = at.min(span.to.max(until));
        let ended = Ended {
            start_us: since,
            duration_us: end - since,
            independent: true,
            segment: self.segment,
            last_of_segment: true,
        };
        self.segment += 1;
        let late_us = since - span.from;
        self.cut.push_back(
            (whole && until + SHORT_US >= span.to).then_some(Whole { entry: span.entry, late_us }),
        );
        steps.push(Step::Cut(self.track, ended));
    }

    /// The entry of the next part that comes out of the muxer, if the part is of use.
    pub(super) fn came_out(&mut self) -> Option<Whole> {
        self.cut.pop_front().flatten()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::live::event::Rendition;

    const FROM: i64 = 50_000;

    fn lane() -> GapCutter {
        let entry = |msn: u64, pdt: i64, ms: u64| Entry {
            rendition: Rendition::Video,
            msn,
            pdt,
            duration_us: ms * 1000,
            discontinuity: false,
            media: None,
        };
        let entries = [entry(5, FROM + 100, 2000), entry(6, FROM + 2100, 2000), entry(7, FROM + 4100, 1300)];
        GapCutter::new(Track::Video, FROM, entries.into_iter())
    }

    /// Pushes frames of 25/s over this time, with a key frame where an entry begins; the entries that come out, how late each is, and
    /// how long.
    fn laid(from_us: i64, to_us: i64) -> (Vec<u64>, Vec<i64>, Vec<i64>) {
        let mut lane = lane();
        let mut starts: VecDeque<i64> = lane.starts().into();
        let (mut steps, mut at) = (Vec::new(), from_us);
        while at < to_us {
            let mut key = at == from_us;
            while starts.front().is_some_and(|start| at + 20_000 >= *start) {
                starts.pop_front();
                key = true;
            }
            steps.extend(lane.push(&Coded { at_us: at, step_us: 40_000, key, data: Bytes::new() }));
            at += 40_000;
        }
        steps.extend(lane.finish());
        let cuts: Vec<i64> = steps
            .iter()
            .filter_map(|step| if let Step::Cut(_, ended) = step { Some(ended.duration_us) } else { None })
            .collect();
        let came: Vec<Whole> = cuts.iter().filter_map(|_| lane.came_out()).collect();
        (
            came.iter().map(|whole| whole.entry.msn).collect(),
            came.iter().map(|whole| whole.late_us).collect(),
            cuts,
        )
    }

    fn filled(from_us: i64, to_us: i64) -> Vec<u64> {
        laid(from_us, to_us).0
    }

    #[test]
    fn each_entry_is_filled_exactly() {
        let (came, late, cuts) = laid(-1_000_000, 9_000_000);
        assert_eq!(came, [5, 6, 7]);
        // Entries begin at 100, 2100 and 4100 ms.
        assert_eq!(late, [-20_000, -20_000, -20_000]);
        // The frames lie on a grid of 40 ms, the entries do not: the last one has a frame more.
        assert_eq!(cuts, [2_000_000, 2_000_000, 1_320_000]);
    }

    #[test]
    fn an_entry_is_filled_from_its_beginning_to_its_end_or_not_at_all() {
        assert_eq!(filled(1_000_000, 9_000_000), [6, 7], "it begins in the first one");
        assert_eq!(filled(0, 3_000_000), [5], "it ends in the second one");
        assert_eq!(filled(0, 4_060_000), [5, 6], "a frame less is whole");
        assert!(filled(6_000_000, 9_000_000).is_empty());
        assert!(filled(-9_000_000, 0).is_empty());
    }
}
