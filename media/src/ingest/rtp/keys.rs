//! When the publisher is asked for a key frame: browsers send one only when they are asked.

/// A segment lasts 2 s. A key frame needs a frame's time and a round trip to arrive.
const RHYTHM_US: i64 = 1_900_000;
/// Asked again when none came.
const AGAIN_US: i64 = 500_000;

/// Remembers the last key frame and the last question.
#[derive(Debug, Default)]
pub struct KeyFrames {
    last_key_us: Option<i64>,
    last_asked_us: Option<i64>,
    /// Nothing can be shown until one comes.
    needed: bool,
}

impl KeyFrames {
    /// One came.
    pub fn came(&mut self, now_us: i64) {
        self.last_key_us = Some(now_us);
        self.needed = false;
    }

    /// A picture was lost: the next ones cannot be shown without a key frame.
    pub fn need(&mut self) {
        self.needed = true;
    }

    /// Whether to ask now; if so, it counts as asked.
    pub fn ask(&mut self, now_us: i64) -> bool {
        let due = self.needed || self.last_key_us.is_none_or(|key| now_us - key >= RHYTHM_US);
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
        keys.came(150_000);
        assert!(!keys.ask(1_900_000));
        assert!(keys.ask(2_050_000));
        keys.came(2_100_000);
        keys.need();
        assert!(keys.ask(2_600_000));
        assert!(!keys.ask(2_700_000));
        assert!(keys.ask(3_200_000), "none came");
    }
}
