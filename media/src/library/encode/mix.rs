//! From the channels of a file to those of an episode: one for speech, two for music. Pure.

/// Which part of a file with two and more channels becomes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    /// The mean of left and right, with what the others have of it.
    Both,
    /// One channel alone: the other one is its opposite, and the mean would be silence.
    First,
}

/// Of power: a mean that has less than this of the louder channel's has lost what was said.
const LOST: f64 = 0.02;

/// Powers of a file's first two channels and of their mean, as sums.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Powers {
    first: f64,
    second: f64,
    mean: f64,
}

impl Powers {
    /// Counts interleaved frames.
    pub(super) fn add(&mut self, frames: &[f32], channels: usize) {
        if channels < 2 {
            return;
        }
        for frame in frames.chunks_exact(channels) {
            let (left, right) = (f64::from(frame[0]), f64::from(frame[1]));
            let mean = f64::midpoint(left, right);
            self.first += left * left;
            self.second += right * right;
            self.mean += mean * mean;
        }
    }

    /// How to fold it.
    pub(super) fn fold(&self) -> Fold {
        let louder = self.first.max(self.second);
        if self.first > LOST * louder && self.mean < LOST * louder { Fold::First } else { Fold::Both }
    }
}

/// Appends frames of `from` channels as frames of `to` (1 or 2) channels to `out`.
pub(super) fn mix(frames: &[f32], from: usize, to: usize, fold: Fold, out: &mut Vec<f32>) {
    if from == to {
        return out.extend_from_slice(frames);
    }
    for frame in frames.chunks_exact(from.max(1)) {
        let [left, right] = stereo(frame);
        match (to, fold) {
            (2, _) => out.extend([left, right]),
            (_, Fold::First) => out.push(left),
            (_, Fold::Both) => out.push(f32::midpoint(left, right)),
        }
    }
}

/// Left and right of a frame (ITU-R BS.775 for five and more channels, without the one of low effects), scaled so that nothing
/// becomes louder than the loudest.
fn stereo(frame: &[f32]) -> [f32; 2] {
    const SIDE: f32 = std::f32::consts::FRAC_1_SQRT_2;
    match *frame {
        [] => [0.0; 2],
        [mono] => [mono; 2],
        [left, right] => [left, right],
        [left, right, centre] => {
            [(left + SIDE * centre) / (1.0 + SIDE), (right + SIDE * centre) / (1.0 + SIDE)]
        }
        [left, right, back_left, back_right] => {
            [(left + SIDE * back_left) / (1.0 + SIDE), (right + SIDE * back_right) / (1.0 + SIDE)]
        }
        [left, right, centre, ref rest @ ..] => {
            // Five channels have no low one; six and more have it in the fourth place.
            let rest = if rest.len() > 2 { &rest[1..] } else { rest };
            let whole = 1.0 + 2.0 * SIDE;
            let side = |n: usize| rest.get(n).copied().unwrap_or(0.0);
            [(left + SIDE * (centre + side(0))) / whole, (right + SIDE * (centre + side(1))) / whole]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_folded_without_becoming_louder() {
        for channels in 1..=8 {
            let mut out = Vec::new();
            mix(&vec![1.0; channels * 3], channels, 1, Fold::Both, &mut out);
            assert_eq!(out.len(), 3);
            assert!(out.iter().all(|sample| *sample <= 1.0 + 1e-6 && *sample > 0.5), "{channels}: {out:?}");
        }
        let mut out = Vec::new();
        mix(&[0.2, 0.4], 1, 2, Fold::Both, &mut out);
        assert_eq!(out, [0.2, 0.2, 0.4, 0.4]);
    }

    #[test]
    fn a_channel_that_is_the_opposite_of_the_other_does_not_silence_it() {
        let mut opposite = Powers::default();
        opposite.add(&[0.5, -0.5, 0.3, -0.3], 2);
        assert_eq!(opposite.fold(), Fold::First);
        let mut one_sided = Powers::default();
        one_sided.add(&[0.0, 0.5, 0.0, -0.5], 2);
        assert_eq!(one_sided.fold(), Fold::Both);
        assert_eq!(Powers::default().fold(), Fold::Both);
    }
}
