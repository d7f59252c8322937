//! Holds peaks down without a click: the gain is the smallest that any sample within the look-ahead needs, smoothed over it, so
//! that it is low enough when the sample comes. Length and time stay as they are.

use std::collections::VecDeque;

/// How far it looks ahead, seconds.
const AHEAD: f64 = 0.005;

/// Of interleaved frames of one rate.
#[derive(Debug)]
pub(super) struct Limiter {
    channels: usize,
    ceiling: f32,
    /// Frames of the look-ahead.
    ahead: usize,
    delayed: VecDeque<f32>,
    /// Gains that frames within the look-ahead need, ascending, each with the frame's number.
    needed: VecDeque<(u64, f32)>,
    /// The smallest of them for each of the last frames, and their sum.
    smallest: VecDeque<f32>,
    sum: f64,
    frame: u64,
}

impl Limiter {
    /// Nothing is louder than `ceiling` (an amplitude) behind it.
    pub(super) fn new(rate: u32, channels: usize, ceiling: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred frames")]
        let ahead = ((f64::from(rate) * AHEAD) as usize).max(1);
        #[expect(clippy::cast_possible_truncation, reason = "an amplitude")]
        let ceiling = ceiling as f32;
        Self {
            channels: channels.max(1),
            ceiling,
            ahead,
            delayed: VecDeque::new(),
            needed: VecDeque::new(),
            smallest: VecDeque::new(),
            sum: 0.0,
            frame: 0,
        }
    }

    /// Takes frames; what is ready is put behind `out`.
    pub(super) fn push(&mut self, frames: &[f32], out: &mut Vec<f32>) {
        for frame in frames.chunks_exact(self.channels) {
            self.delayed.extend(frame);
            let peak = frame.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            self.step(if peak > self.ceiling { self.ceiling / peak } else { 1.0 }, out);
        }
    }

    /// The rest.
    pub(super) fn end(&mut self, out: &mut Vec<f32>) {
        while !self.delayed.is_empty() {
            self.step(1.0, out);
        }
    }

    fn step(&mut self, gain: f32, out: &mut Vec<f32>) {
        while self.needed.back().is_some_and(|(_, known)| *known >= gain) {
            self.needed.pop_back();
        }
        self.needed.push_back((self.frame, gain));
        // The window of the smallest is as long as that of the mean and the delay together: each frame of the mean has seen
        // the frame that comes out now.
        while self.needed.front().is_some_and(|(at, _)| at + (self.ahead as u64) <= self.frame) {
            self.needed.pop_front();
        }
        let smallest = self.needed.front().map_or(1.0, |(_, gain)| *gain);
        self.smallest.push_back(smallest);
        self.sum += f64::from(smallest);
        if self.smallest.len() > self.ahead {
            self.sum -= f64::from(self.smallest.pop_front().unwrap_or(1.0));
        }
        self.frame += 1;
        if self.frame >= self.ahead as u64 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a gain")]
            let gain = ((self.sum / self.smallest.len() as f64) as f32).min(1.0);
            for _ in 0..self.channels {
                let Some(sample) = self.delayed.pop_front() else { return };
                // Rounding must not lift it over the ceiling.
                out.push((sample * gain).clamp(-self.ceiling, self.ceiling));
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "samples of a test")]
mod tests {
    use super::*;

    fn limited(frames: &[f32]) -> Vec<f32> {
        let (mut limiter, mut out) = (Limiter::new(48_000, 1, 0.5), Vec::new());
        for piece in frames.chunks(1000) {
            limiter.push(piece, &mut out);
        }
        limiter.end(&mut out);
        out
    }

    #[test]
    fn what_is_quiet_passes_as_it_is_and_a_peak_is_held_down_in_its_place() {
        let tone: Vec<f32> = (0..48_000).map(|n| 0.4 * (n as f32 * 0.1).sin()).collect();
        let passed = limited(&tone);
        assert_eq!(passed.len(), tone.len());
        assert!(passed.iter().zip(&tone).all(|(after, before)| (after - before).abs() < 1e-5));
        let mut peaky = tone.clone();
        peaky[20_000] = 1.0;
        let held = limited(&peaky);
        assert_eq!(held.len(), tone.len());
        assert!(held.iter().all(|sample| sample.abs() <= 0.5));
        assert!(held[20_000] > 0.45, "{}", held[20_000]);
        let far = |n: &usize| n.abs_diff(20_000) > 500;
        assert!((0..48_000).filter(far).all(|n| (held[n] - tone[n]).abs() < 1e-5));
    }

    #[test]
    fn a_sound_shorter_than_the_look_ahead_comes_out_whole() {
        assert_eq!(limited(&[0.1, 1.0, -0.2]).len(), 3);
        assert!(limited(&[]).is_empty());
    }
}
