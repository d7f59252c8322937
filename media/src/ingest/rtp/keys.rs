//! When the publisher is asked for a key frame: browsers send one only when they are asked.

use crate::pipeline::splitter::SEGMENT_MIN_US;

/// Asked again when none came.
const AGAIN_US: i64 = 500_000;

/// Remembers the last key frame and the last question.
#[derive(Debug, Default)]
pub struct KeyFrames {
    /// Media times, as segments are cut by these: a key frame that comes earlier ends none.
    segment_us: Option<i64>,
    newest_us: i64,
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

    /// A picture was lost: the next ones cannot be shown without a key frame.
    pub fn need(&mut self) {
        self.needed = true;
    }

    /// Whether a key frame now would end the segment under way; also when the timestamps jumped back.
    fn ends_segment(&self) -> bool {
        self.segment_us.is_none_or(|start| !(0..SEGMENT_MIN_US).contains(&(self.newest_us - start)))
    }

    /// Whether to ask now; if so, it counts as asked.
    pub fn ask(&mut self, now_us: i64) -> bool {
        let due = self.needed || self.ends_segment();
        let asked_lately = self.last_asked_us.is_some_and(|asked| now_us - asked < AGAIN_US);
        if !due || asked_lately {
            return false;
        }
        self.last_asked_us = Some(now_us);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asked_at_once_then_in_the_rhythm_of_segments_and_after_a_loss() {
        let mut keys = KeyFrames::default();
        assert!(keys.ask(0));
        assert!(!keys.ask(100_000), "asked lately");
        keys.came(true, 7_000_000);
        keys.came(false, 8_866_000);
        assert!(!keys.ask(2_050_000), "a key frame now would not end the segment");
        keys.came(false, 8_900_000);
        assert!(keys.ask(2_060_000));
        keys.came(true, 8_933_000);
        keys.came(true, 10_000_000);
        keys.came(false, 10_840_000);
        assert!(keys.ask(2_590_000), "the one between ended nothing");
        keys.came(true, 10_900_000);
        keys.need();
        assert!(keys.ask(3_100_000));
        assert!(!keys.ask(3_200_000));
        assert!(keys.ask(3_700_000), "none came");
        keys.came(true, 11_000_000);
        keys.came(false, 1_000);
        assert!(keys.ask(9_000_000), "the timestamps jumped");
    }
}
