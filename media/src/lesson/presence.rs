//! Which tracks of a publisher are there, by what arrives. Pure.

use yunke_protocol::{Tracks, UtcMillis};

use crate::unit::Track;

/// Sound comes 20 times a second and more: without it for so long it is missing.
const SOUND_MS: i64 = 1_500;
/// A picture may be at rest. Without one for so long it is missing,
const PICTURE_MS: i64 = 4_000;
/// or for twice the time that lay between two of the last pictures; at most this.
const REST_MS: i64 = 12_000;
/// While nothing else has come for so long either, it is the line that stands still, and not one of the tracks.
const ALONE_MS: i64 = 1_000;

/// When the tracks came.
#[derive(Debug, Default)]
pub(super) struct Presence {
    sound_at: Option<UtcMillis>,
    picture_at: Option<UtcMillis>,
    /// Between the last pictures; the larger of two.
    rests: [i64; 2],
}

impl Presence {
    /// A frame of this track arrived.
    pub(super) fn came(&mut self, track: Track, now: UtcMillis) {
        match track {
            Track::Audio => self.sound_at = Some(now),
            Track::Video => {
                if let Some(before) = self.picture_at.replace(now) {
                    self.rests = [self.rests[1], now - before];
                }
            }
        }
    }

    /// What is there.
    pub(super) fn tracks(&self, now: UtcMillis) -> Tracks {
        let last = self.sound_at.max(self.picture_at);
        let there = |at: Option<UtcMillis>, patience: i64| {
            at.zip(last).is_some_and(|(at, last)| now - at < patience || last - at < ALONE_MS)
        };
        let picture = there(self.picture_at, self.patience_ms());
        Tracks { picture, sound: there(self.sound_at, SOUND_MS), pictured: picture }
    }

    /// How long a picture may be at rest before it is missing.
    pub(super) fn patience_ms(&self) -> i64 {
        (self.rests[0].max(self.rests[1]) * 2).clamp(PICTURE_MS, REST_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(pictures: &[i64], sounds: std::ops::Range<i64>) -> Presence {
        let mut presence = Presence::default();
        for at in pictures {
            presence.came(Track::Video, *at);
        }
        for at in sounds.step_by(21) {
            presence.came(Track::Audio, at);
        }
        presence
    }

    fn is(presence: &Presence, now: i64) -> (bool, bool) {
        let Tracks { picture, sound, .. } = presence.tracks(now);
        (picture, sound)
    }

    #[test]
    fn what_never_came_is_not_there() {
        assert_eq!(is(&Presence::default(), 0), (false, false));
        assert_eq!(is(&fed(&[], 0..500), 500), (false, true));
        assert_eq!(is(&fed(&[0, 40], 0..0), 50), (true, false));
    }

    #[test]
    fn a_track_that_stops_is_missing_after_its_time() {
        let presence = fed(&[0, 40], 0..5_000);
        assert_eq!((is(&presence, 4_030), is(&presence, 4_041)), ((true, true), (false, true)));
        let pictures: Vec<i64> = (0..100).map(|n| n * 40).collect();
        let silent = fed(&pictures, 0..1_000);
        assert_eq!((is(&silent, 2_480), is(&silent, 2_500)), ((true, true), (true, false)));
    }

    #[test]
    fn a_slide_at_rest_is_no_missing_picture() {
        let slides = fed(&[0, 5_000, 10_000], 0..22_000);
        assert_eq!((is(&slides, 19_990), is(&slides, 20_000)), ((true, true), (false, true)));
    }

    #[test]
    fn a_line_that_stands_still_has_not_lost_one_track() {
        let pictures: Vec<i64> = (0..25).map(|n| n * 40).collect();
        assert_eq!(is(&fed(&pictures, 0..1_000), 3_900), (true, true));
    }
}
