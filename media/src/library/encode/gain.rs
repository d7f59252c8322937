//! By how much a sound is lifted or lowered. Pure.

/// What everything is brought to, LUFS; mono counts as what two loudspeakers play (ITU-R BS.1770, dual mono).
pub(super) const TARGET_LUFS: f64 = -16.0;
/// No sample between samples is louder after encoding, dBTP.
pub(super) const CEILING_DBTP: f64 = -1.5;
/// A whisper is lifted by so much at most, dB: beyond it the noise of the room is what one hears.
const MOST_DB: f64 = 20.0;
/// So much may peaks of speech be held down, dB; those of music never are.
const LIMITED_DB: f64 = 8.0;

/// What was measured of a sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    /// Integrated loudness, LUFS; none if it is too short or too quiet for a block to count.
    pub(super) loudness: Option<f64>,
    /// Mean power as loudness would have it, LUFS.
    pub(super) mean: f64,
    /// dBTP.
    pub(super) true_peak: f64,
}

impl Measured {
    /// The louder peak and the lower loudness of two renditions of one sound.
    pub(super) fn with(self, other: Self) -> Self {
        let loudness = self.loudness.zip(other.loudness).map(|(one, other)| one.min(other));
        let (mean, true_peak) = (self.mean.min(other.mean), self.true_peak.max(other.true_peak));
        Self { loudness, mean, true_peak }
    }
}

/// By how much to lift it, dB. What is above the ceiling then is for the limiter.
pub(super) fn gain_db(measured: Measured, music: bool) -> f64 {
    let loudness = measured.loudness.unwrap_or(measured.mean);
    let limited = if music { 0.0 } else { LIMITED_DB };
    let room = CEILING_DBTP + limited - measured.true_peak;
    (TARGET_LUFS - loudness).min(room).min(MOST_DB)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(loudness: f64, true_peak: f64, music: bool) -> f64 {
        gain_db(Measured { loudness: Some(loudness), mean: loudness, true_peak }, music)
    }

    #[test]
    fn a_sound_is_brought_to_the_target_within_what_peaks_and_noise_allow() {
        let is = |gain: f64, wanted: f64| (gain - wanted).abs() < 1e-9;
        assert!(is(of(-21.0, -9.0, false), 5.0));
        assert!(is(of(-9.0, 0.5, false), -7.0), "a loud one is lowered");
        assert!(is(of(-24.0, -2.0, false), 8.0), "peaks of speech are held down");
        assert!(is(of(-24.0, -2.0, true), 0.5), "those of music are not");
        assert!(is(of(-69.0, -60.0, false), 20.0), "hiss stays hiss");
        let short = Measured { loudness: None, mean: -30.0, true_peak: -20.0 };
        assert!(is(gain_db(short, false), 14.0), "too short for a block");
    }
}
