//! Measures a sound while it goes by: loudness, true peak, the picture of its peaks, where its silence ends.

use ebur128::{Channel, EbuR128, Mode};

use super::{bits::db, gain::Measured};

/// One point of the envelope, frames a second.
const POINTS_A_SECOND: u32 = 50;
/// Quieter stretches count as silence: a whisper has -45 dBFS, a quiet room less than -60.
const SILENCE_DBFS: f64 = -56.0;
/// Nothing in it reaches this: the file is silent as a whole.
const NOTHING_DBFS: f64 = -80.0;

/// A measurement under way. Memory: 4 bytes for each 20 ms, 9 MB for ten hours.
pub(super) struct Meter {
    channels: u32,
    rate: u32,
    loudness: EbuR128,
    true_peak: f64,
    /// Power as loudness counts it, and frames.
    power: f64,
    frames: u64,
    /// Length of what had another rate, seconds.
    before: f64,
    /// Peak and power of the point under way, and its frames.
    point: (f32, f64, u32),
    /// Peaks of the points so far.
    peaks: Vec<f32>,
    /// First and last point that is no silence.
    sound: Option<(usize, usize)>,
}

impl Meter {
    /// Of frames of one channel, which counts twice, or of two.
    pub(super) fn new(channels: u32, rate: u32) -> Option<Self> {
        Some(Self {
            channels,
            rate,
            loudness: meter(channels, rate)?,
            true_peak: 0.0,
            power: 0.0,
            frames: 0,
            before: 0.0,
            point: (0.0, 0.0, 0),
            peaks: Vec::new(),
            sound: None,
        })
    }

    /// What comes next has another rate.
    pub(super) fn change(&mut self, rate: u32) -> Option<()> {
        if rate == self.rate {
            return Some(());
        }
        self.before = self.seconds();
        self.frames = 0;
        self.point.2 = 0;
        self.take_peak();
        self.loudness.change_parameters(self.channels, rate).ok()?;
        dual_mono(&mut self.loudness, self.channels)?;
        self.rate = rate;
        Some(())
    }

    /// Counts interleaved frames.
    pub(super) fn add(&mut self, frames: &[f32]) -> Option<()> {
        self.loudness.add_frames_f32(frames).ok()?;
        let channels = self.channels as usize;
        let size = (self.rate / POINTS_A_SECOND).max(1);
        let twice = if channels == 1 { 2.0 } else { 1.0 };
        for frame in frames.chunks_exact(channels) {
            for sample in frame {
                self.point.0 = self.point.0.max(sample.abs());
                self.point.1 += f64::from(*sample) * f64::from(*sample);
            }
            self.point.2 += 1;
            if self.point.2 == size {
                self.power += self.point.1 * twice;
                self.close(size);
            }
        }
        self.frames += (frames.len() / channels) as u64;
        Some(())
    }

    fn close(&mut self, size: u32) {
        let mean = self.point.1 / f64::from(size) / f64::from(self.channels);
        if 10.0 * mean.max(1e-12).log10() > SILENCE_DBFS {
            let n = self.peaks.len();
            self.sound = Some((self.sound.map_or(n, |(first, _)| first), n));
        }
        self.peaks.push(self.point.0);
        self.point = (0.0, 0.0, 0);
    }

    fn take_peak(&mut self) {
        for channel in 0..self.channels {
            self.true_peak = self.true_peak.max(self.loudness.true_peak(channel).unwrap_or(0.0));
        }
    }

    /// Length so far.
    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    pub(super) fn seconds(&self) -> f64 {
        self.before + self.frames as f64 / f64::from(self.rate)
    }

    /// What came of it; none: it is silent.
    pub(super) fn measured(&mut self) -> Option<Measured> {
        if self.point.2 > 0 {
            let size = self.point.2;
            self.power += self.point.1 * if self.channels == 1 { 2.0 } else { 1.0 };
            self.close(size);
        }
        self.take_peak();
        let loudest = self.peaks.iter().fold(0.0_f32, |peak, point| peak.max(*point));
        if db(loudest.into()) < NOTHING_DBFS {
            return None;
        }
        let loudness = self.loudness.loudness_global().ok().filter(|loudness| loudness.is_finite());
        let frames = self.seconds() * f64::from(self.rate);
        let mean = -0.691 + 10.0 * (self.power / frames.max(1.0)).max(1e-12).log10();
        Some(Measured { loudness, mean, true_peak: db(self.true_peak) })
    }

    /// Where sound begins and ends, seconds.
    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    pub(super) fn sound(&self) -> Option<(f64, f64)> {
        let at = |point: usize| point as f64 / f64::from(POINTS_A_SECOND);
        self.sound.map(|(first, last)| (at(first), at(last + 1).min(self.seconds())))
    }

    /// The peaks in at most so many stretches of equal length, scaled by `gain`: 255 is full scale.
    pub(super) fn waveform(&self, points: usize, gain: f64) -> Vec<u8> {
        let all = self.peaks.len();
        let points = points.min(all);
        let stretch = |n: usize| n * all / points.max(1);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
        let byte = |peak: f32| (f64::from(peak) * gain * 255.0).round().clamp(0.0, 255.0) as u8;
        (0..points)
            .map(|n| byte(self.peaks[stretch(n)..stretch(n + 1)].iter().fold(0.0, |a, b| a.max(*b))))
            .collect()
    }
}

fn meter(channels: u32, rate: u32) -> Option<EbuR128> {
    let mut loudness = EbuR128::new(channels, rate, Mode::I | Mode::TRUE_PEAK).ok()?;
    dual_mono(&mut loudness, channels)?;
    Some(loudness)
}

/// One channel is played by two loudspeakers.
fn dual_mono(loudness: &mut EbuR128, channels: u32) -> Option<()> {
    if channels == 1 { loudness.set_channel(0, Channel::DualMono).ok() } else { Some(()) }
}

#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "samples of a test"
)]
mod tests {
    use super::*;

    fn tone(rate: u32, seconds: f64, amplitude: f32) -> Vec<f32> {
        let frames = (f64::from(rate) * seconds) as usize;
        let step = 1000.0 * std::f32::consts::TAU / rate as f32;
        (0..frames).map(|n| amplitude * (n as f32 * step).sin()).collect()
    }

    #[test]
    fn a_tone_of_one_channel_is_as_loud_as_the_same_of_two() {
        let mut one = Meter::new(1, 48_000).expect("a meter");
        one.add(&tone(48_000, 3.0, 0.1)).expect("counted");
        let mut two = Meter::new(2, 48_000).expect("a meter");
        let both: Vec<f32> = tone(48_000, 3.0, 0.1).into_iter().flat_map(|sample| [sample; 2]).collect();
        two.add(&both).expect("counted");
        let (one, two) = (one.measured().expect("sound"), two.measured().expect("sound"));
        // EBU Tech 3341: 1 kHz at -20 dBFS in two channels is -20 LUFS.
        for measured in [one, two] {
            let loudness = measured.loudness.expect("long enough");
            assert!((loudness + 20.0).abs() < 0.1, "{measured:?}");
            assert!((measured.mean - loudness).abs() < 0.8 && (measured.true_peak + 20.0).abs() < 0.1);
        }
    }

    #[test]
    fn the_rate_may_change_in_the_middle() {
        let mut meter = Meter::new(1, 44_100).expect("a meter");
        meter.add(&tone(44_100, 2.0, 0.1)).expect("counted");
        meter.change(22_050).expect("possible");
        meter.add(&tone(22_050, 3.0, 0.1)).expect("counted");
        assert!((meter.seconds() - 5.0).abs() < 1e-6);
        let loudness = meter.measured().expect("sound").loudness.expect("long enough");
        assert!((loudness + 20.0).abs() < 0.2, "{loudness}");
        assert_eq!(meter.waveform(800, 1.0).len(), 250);
    }

    #[test]
    fn silence_at_both_ends_is_found_and_a_whisper_is_none() {
        let mut meter = Meter::new(1, 16_000).expect("a meter");
        for (seconds, amplitude) in [(2.0, 0.0), (1.0, 0.0056), (1.0, 0.1), (3.0, 0.0005)] {
            meter.add(&tone(16_000, seconds, amplitude)).expect("counted");
        }
        let (from, to) = meter.sound().expect("sound");
        assert!((from - 2.0).abs() <= 0.02 && (to - 4.0).abs() <= 0.02, "{from} {to}");
        assert!(meter.waveform(7, 2.0).iter().max() == Some(&51));
    }

    #[test]
    fn nulls_are_silent_and_what_is_too_short_to_count_has_a_mean() {
        let mut nulls = Meter::new(1, 8_000).expect("a meter");
        nulls.add(&vec![0.0; 16_000]).expect("counted");
        assert_eq!(nulls.measured(), None);
        let mut short = Meter::new(1, 48_000).expect("a meter");
        short.add(&tone(48_000, 0.3, 0.1)).expect("counted");
        let measured = short.measured().expect("sound");
        assert!(measured.loudness.is_none() && (measured.mean + 20.0).abs() < 1.0, "{measured:?}");
    }
}
