//! How far a playlist reaches, and what that means for a request: answer now, wait, or refuse (RFC 8216bis 6.2.5.2).

use super::directives::Directives;

/// What to do with a request for a playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Answer with the current playlist.
    Now,
    /// Ask again when the playlist has changed.
    Wait,
    /// 400.
    Bad(Reason),
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// `_HLS_part` says nothing by itself.
    #[error("_HLS_part without _HLS_msn")]
    PartWithoutMsn,
    /// More than two segments ahead.
    #[error("_HLS_msn is more than two segments ahead")]
    MsnTooFar,
    /// Beyond the advance part limit.
    #[error("_HLS_part is too many parts ahead")]
    PartTooFar,
}

/// How far a playlist reaches. The default is that of a playlist without anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    /// Media sequence number of the first listed segment.
    pub first_msn: u64,
    /// For each listed whole segment the number of its parts; `None` for a gap.
    pub whole: Vec<Option<u32>>,
    /// Parts of the segment under way.
    pub open_parts: u32,
    /// Advance part limit: 3 s in parts.
    pub part_limit: u32,
    /// There is a whole segment with media, so that every player can begin.
    pub ready: bool,
    /// `EXT-X-ENDLIST` stands.
    pub ended: bool,
}

impl Frontier {
    /// Number of the first segment that is not whole.
    pub fn next_msn(&self) -> u64 {
        self.first_msn + self.whole.len() as u64
    }

    /// Nothing is listed: the stream has just begun, and a playlist of nothing is no answer to anybody, whatever they saw of
    /// the stream before it.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.open_parts == 0
    }

    /// The rule for one request.
    pub fn resolve(&self, directives: Directives) -> Resolution {
        if self.ended {
            return Resolution::Now;
        }
        match (directives.msn, directives.part) {
            (None, Some(_)) => Resolution::Bad(Reason::PartWithoutMsn),
            (None, None) => now_if(self.ready),
            // The last segment is next_msn - 1.
            (Some(msn), _) if msn > self.next_msn() + 1 => Resolution::Bad(Reason::MsnTooFar),
            (Some(msn), None) => now_if(msn < self.next_msn() && !self.is_empty()),
            (Some(msn), Some(part)) => self.resolve_part(msn, part),
        }
    }

    fn resolve_part(&self, msn: u64, part: u32) -> Resolution {
        // Past the end of its segment: part 0 of the next.
        let over = self.parts_of_whole(msn).is_some_and(|parts| part >= parts);
        let (msn, part) = if over { (msn + 1, 0) } else { (msn, part) };
        if msn < self.next_msn() {
            // Evicted, there, or a gap (which has no parts and is all there is to say about it).
            return now_if(!self.is_empty());
        }
        let there = if msn == self.next_msn() { self.open_parts } else { 0 };
        if part < there && msn == self.next_msn() {
            Resolution::Now
        } else if part >= there.saturating_add(self.part_limit) {
            Resolution::Bad(Reason::PartTooFar)
        } else {
            Resolution::Wait
        }
    }

    /// Parts of a whole segment that is listed and no gap.
    fn parts_of_whole(&self, msn: u64) -> Option<u32> {
        let at = usize::try_from(msn.checked_sub(self.first_msn)?).ok()?;
        self.whole.get(at).copied().flatten()
    }
}

fn now_if(condition: bool) -> Resolution {
    if condition { Resolution::Now } else { Resolution::Wait }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Segments 10 and 11 whole with 7 parts each, 12 a gap, 13 under way with 2 parts.
    fn frontier() -> Frontier {
        Frontier {
            first_msn: 10,
            whole: vec![Some(7), Some(7), None],
            open_parts: 2,
            part_limit: 10,
            ready: true,
            ended: false,
        }
    }

    fn ask(msn: u64, part: impl Into<Option<u32>>) -> Resolution {
        frontier().resolve(Directives { msn: Some(msn), part: part.into(), skip: false })
    }

    #[test]
    fn what_is_there_is_answered_now_and_the_next_is_waited_for() {
        assert_eq!(frontier().resolve(Directives::default()), Resolution::Now);
        assert_eq!(ask(12, None), Resolution::Now);
        assert_eq!(ask(13, None), Resolution::Wait);
        assert_eq!(ask(13, 1), Resolution::Now);
        assert_eq!(ask(13, 2), Resolution::Wait);
        assert_eq!(ask(14, 0), Resolution::Wait);
    }

    #[test]
    fn an_evicted_segment_is_answered_with_the_whole_playlist() {
        assert_eq!(ask(0, None), Resolution::Now);
        assert_eq!(ask(9, 3), Resolution::Now);
        assert_eq!(ask(9, u32::MAX), Resolution::Now);
    }

    #[test]
    fn a_part_past_the_end_of_its_segment_is_part_0_of_the_next() {
        assert_eq!(ask(10, 6), Resolution::Now);
        assert_eq!(ask(10, 7), Resolution::Now, "11.0 is there");
        assert_eq!(ask(11, 7), Resolution::Now, "12 is a gap, and that is news");
        let mut last = frontier();
        last.whole.pop();
        last.open_parts = 0;
        let past = Directives { msn: Some(11), part: Some(7), skip: false };
        assert_eq!(last.resolve(past), Resolution::Wait, "12.0 is not there");
        last.open_parts = 1;
        assert_eq!(last.resolve(past), Resolution::Now);
    }

    #[test]
    fn too_far_ahead_is_refused() {
        assert_eq!(ask(14, None), Resolution::Wait);
        assert_eq!(ask(15, None), Resolution::Bad(Reason::MsnTooFar));
        assert_eq!(ask(u64::MAX, 0), Resolution::Bad(Reason::MsnTooFar));
        assert_eq!(ask(13, 11), Resolution::Wait);
        assert_eq!(ask(13, 12), Resolution::Bad(Reason::PartTooFar));
        assert_eq!(ask(14, 10), Resolution::Bad(Reason::PartTooFar));
        assert_eq!(ask(13, u32::MAX), Resolution::Bad(Reason::PartTooFar));
    }

    #[test]
    fn a_part_needs_its_segment() {
        let only_part = Directives { msn: None, part: Some(0), skip: false };
        assert_eq!(frontier().resolve(only_part), Resolution::Bad(Reason::PartWithoutMsn));
    }

    #[test]
    fn after_the_end_directives_are_ignored() {
        let ended = Frontier { ended: true, ..frontier() };
        for directives in [
            Directives { msn: None, part: Some(0), skip: true },
            Directives { msn: Some(u64::MAX), part: None, skip: false },
        ] {
            assert_eq!(ended.resolve(directives), Resolution::Now);
        }
    }

    #[test]
    fn without_a_whole_segment_a_plain_request_waits() {
        let young = Frontier { whole: vec![], ready: false, ..frontier() };
        assert_eq!(young.resolve(Directives::default()), Resolution::Wait);
    }

    #[test]
    fn who_comes_from_the_stream_before_waits_for_the_first_part_of_this_one() {
        let mut begun = Frontier { whole: vec![], open_parts: 0, ready: false, ..frontier() };
        for (msn, part) in [(9, None), (9, Some(7)), (10, None), (10, Some(0)), (11, Some(0))] {
            assert_eq!(begun.resolve(Directives { msn: Some(msn), part, skip: true }), Resolution::Wait);
        }
        begun.open_parts = 1;
        for (msn, part) in [(9, None), (9, Some(7)), (10, Some(0))] {
            assert_eq!(begun.resolve(Directives { msn: Some(msn), part, skip: true }), Resolution::Now);
        }
    }
}
