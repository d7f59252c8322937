//! When the publisher is asked for a key frame: browsers send one only when they are asked.

use crate::timing::SEGMENT_MIN_US;

/// Asked again when none came: a question takes a round trip, and a key frame is sent in pieces, some of them twice.
const AGAIN_US: i64 = 1_000_000;

/// Why a key frame is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A segment can end.
    Rhythm,
    /// Nothing can be shown without one.
    Need,
}

/// Remembers the last key frame and the last question.
#[derive(Debug, Default)]
pub struct KeyFrames {
    /// Media times, as segments are cut by these: a key frame that comes earlier ends none.
    segment_us: Option<i64>,
    newest_us: i64,
    /// When it was asked for, or began to come.
    last_asked_us: Option<i64>,
    /// Nothing can be shown until one comes.
    needed: bool,
}

impl KeyFrames {
    /// A picture of this media time came.
    pub fn came(&mut self, key: bool, media_us: i64) {
        self.newest_us = media_us;
        if key {
            self.needed = false;
            if self.ends_segment() {
                self.segment_us = Some(media_us);
            }
        }
    }

    /// The first packet of a key frame is there: the others are on their way.
    pub fn comes(&mut self, now_us: i64) {
        self.last_asked_us = Some(now_us);
    }

    /// A picture was lost: the next ones cannot be shown without a key frame.
    pub fn need(&mut self) {
        self.needed = true;
    }

    /// Whether a key frame now would end the segment under way; also when the timestamps jumped back.
    fn ends_segment(&self) -> bool {
        self.segment_us.is_none_or(|start| !(0..SEGMENT_MIN_US).contains(&(self.newest_us - start)))
    }

    /// Whether to ask now, and why; if so, it counts as asked.
    pub fn ask(&mut self, now_us: i64) -> Option<Why> {
        let why = match (self.needed, self.ends_segment()) {
            (true, _) => Why::Need,
            (false, true) => Why::Rhythm,
            (false, false) => return None,
        };
        if self.last_asked_us.is_some_and(|asked| now_us - asked < AGAIN_US) {
            return None;
        }
        self.last_asked_us = Some(now_us);
        Some(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asked_at_once_then_in_the_rhythm_of_segments_and_after_a_loss() {
        let mut keys = KeyFrames::default();
        assert_eq!(keys.ask(0), Some(Why::Rhythm));
        assert_eq!(keys.ask(100_000), None, "asked lately");
        keys.came(true, 7_000_000);
        keys.came(false, 8_866_000);
        assert_eq!(keys.ask(2_050_000), None, "a key frame now would not end the segment");
        keys.came(false, 8_900_000);
        assert_eq!(keys.ask(2_060_000), Some(Why::Rhythm));
        keys.came(true, 8_933_000);
        keys.came(true, 10_000_000);
        keys.came(false, 10_840_000);
        assert_eq!(keys.ask(3_090_000), Some(Why::Rhythm), "the one between ended nothing");
        keys.came(true, 10_900_000);
        keys.need();
        assert_eq!(keys.ask(4_100_000), Some(Why::Need));
        assert_eq!(keys.ask(4_200_000), None);
        assert_eq!(keys.ask(5_100_000), Some(Why::Need), "none came");
        keys.came(true, 11_000_000);
        keys.came(false, 1_000);
        assert_eq!(keys.ask(9_000_000), Some(Why::Rhythm), "the timestamps jumped");
    }

    #[test]
    fn one_that_is_under_way_is_not_asked_for_again() {
        let mut keys = KeyFrames::default();
        assert_eq!(keys.ask(0), Some(Why::Rhythm));
        keys.comes(900_000);
        keys.need();
        assert_eq!(keys.ask(1_800_000), None);
        assert_eq!(keys.ask(1_900_000), Some(Why::Need), "it did not get through");
    }
}
