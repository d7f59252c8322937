//! Takes the drift out of sound. A sound card does not run at the rate it names, so its samples take a little longer or
//! shorter than they should. Players play samples one after the other, whatever time stands on them: at 100 millionths the
//! sound would be a third of a second away from the picture after an hour. So it is given as many samples as its time has,
//! a little faster or slower, by at most 0.5 %.
//!
//! Pure: samples in, samples out.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "nanoseconds of a correction, places in a packet and 16-bit samples, all of them small and in bounds"
)]

/// Samples a second.
const RATE: f64 = 48_000.0;
/// Interleaved.
const CHANNELS: usize = 2;
/// No faster and no slower than this: 9 cents, which is not heard.
const MAX_CHANGE: f64 = 0.005;
/// What the samples are off the timeline is made good over this, seconds.
const MEND_SECONDS: f64 = 1.0;
/// What lies further off is no drift: it is a hole, or sound that comes twice, and is laid where it says.
const RESET_NS: i64 = 60_000_000;
/// So much is missing at once when a packet was lost; clocks move less.
const HOLE_NS: i64 = 15_000_000;
/// Samples before those that came, which the curve through them needs.
const BEFORE: usize = 3;

type Frame = [f64; CHANNELS];

/// Makes sound as long as its times say.
#[derive(Debug, Default)]
pub struct Mender {
    /// Where the sound began that has no hole since, and samples that went out of it.
    laid: Option<(i64, i64)>,
    /// Where the next that comes should lie.
    ends_ns: Option<i64>,
    /// The last samples of what came before.
    before: [Frame; BEFORE],
    /// Where the next sample that goes out lies, in samples since the second of `before`.
    next: f64,
}

impl Mender {
    /// Takes 16-bit samples that lie at `at_ns`; where what goes out lies, and its samples. They come two samples later.
    pub fn push(&mut self, at_ns: i64, samples: &[i16]) -> (i64, Vec<i16>) {
        let hole = self.ends_ns.is_some_and(|ends| at_ns - ends >= HOLE_NS);
        let expected = self.laid.map(|(start, out)| start + nanos(out));
        let expected = expected.filter(|at| !hole && (at_ns - at).abs() <= RESET_NS);
        let place = expected.unwrap_or(at_ns);
        if expected.is_none() {
            self.laid = Some((at_ns, 0));
        }
        let missing = (at_ns - place) as f64 * RATE / 1e9;
        let change = (missing / (MEND_SECONDS * RATE)).clamp(-MAX_CHANGE, MAX_CHANGE);
        let step = 1.0 / (1.0 + change);
        let (frames, _) = samples.as_chunks::<CHANNELS>();
        self.ends_ns = i64::try_from(frames.len()).ok().map(|came| at_ns + nanos(came));
        let came = frames.iter().map(|frame| frame.map(f64::from));
        let all: Vec<Frame> = self.before.into_iter().chain(came).collect();
        let mut out = Vec::with_capacity(samples.len() + 2 * CHANNELS);
        // The curve at a place goes through the two samples beside it and by the two beyond.
        while let Some(four) = all.get(self.next as usize..).and_then(|rest| rest.first_chunk::<4>()) {
            let between = self.next.fract();
            out.extend((0..CHANNELS).map(|n| curve(four.map(|frame| frame[n]), between)));
            self.next += step;
        }
        self.next -= (all.len() - BEFORE) as f64;
        if let Some(last) = all.last_chunk::<BEFORE>() {
            self.before = *last;
        }
        if let Some((_, count)) = &mut self.laid {
            *count += i64::try_from(out.len() / CHANNELS).unwrap_or_default();
        }
        (place, out)
    }
}

/// Between the second and the third of four samples (Catmull and Rom, 1974).
fn curve(samples: [f64; 4], between: f64) -> i16 {
    let [before, first, second, behind] = samples;
    let slope = second - before;
    let bend = 2.0 * before - 5.0 * first + 4.0 * second - behind;
    let twist = 3.0 * (first - second) + behind - before;
    let value = first + 0.5 * between * (slope + between * (bend + between * twist));
    value.round().clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16
}

fn nanos(samples: i64) -> i64 {
    samples.saturating_mul(1_000_000) / 48
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: usize = 960;
    const LOUD: f64 = 10_000.0;

    /// A tone of 1 kHz by a sound card that is fast by so many millionths: how far what goes out is off at the end, ns, and
    /// the left channel of it.
    fn heard(ppm: i64, seconds: i64) -> (i64, Vec<i16>) {
        let mut mender = Mender::default();
        let (mut out, mut until) = (Vec::new(), None);
        let mut off = 0;
        for n in 0..seconds * 50 {
            let first = n * 960;
            let samples: Vec<i16> = (first..first + 960)
                .map(|at| (LOUD * (at as f64 * std::f64::consts::TAU / 48.0).sin()) as i16)
                .flat_map(|value| [value, -value])
                .collect();
            let at_ns = n * 20_000_000 - n * 20 * ppm;
            let (place, made) = mender.push(at_ns, &samples);
            assert!(until.is_none_or(|until| place == until), "no hole and no step, packet {n}");
            out.extend(made.iter().step_by(2));
            until = Some(nanos(i64::try_from(out.len()).expect("fits")));
            off = at_ns - place;
        }
        (off, out)
    }

    #[test]
    fn a_sound_card_that_drifts_is_heard_where_it_was_played_without_a_click() {
        for ppm in [-2_000, -200, 0, 200, 2_000] {
            let (off, out) = heard(ppm, 12);
            assert!(off.abs() <= 3_000_000, "{off} ns off at {ppm} ppm");
            // A tone has no steps: two samples differ by less than its slope, and it is as loud as it was.
            let slope = LOUD * std::f64::consts::TAU / 48.0 * 1.02 + 2.0;
            let steps = out.windows(2).map(|two| (f64::from(two[1]) - f64::from(two[0])).abs());
            assert!(steps.clone().fold(0.0, f64::max) <= slope, "a click at {ppm} ppm");
            let loudest = out.iter().copied().max().unwrap_or_default();
            assert!((LOUD * 0.99..=LOUD * 1.01).contains(&f64::from(loudest)), "{loudest} at {ppm} ppm");
        }
    }

    #[test]
    fn without_drift_nothing_is_changed() {
        let (_, out) = heard(0, 2);
        let first: Vec<i16> = out.iter().skip(2).take(96).copied().collect();
        let given: Vec<i16> =
            (0..96).map(|at| (LOUD * (f64::from(at) * std::f64::consts::TAU / 48.0).sin()) as i16).collect();
        assert_eq!(first, given);
    }

    #[test]
    fn a_hole_is_laid_where_it_says_and_a_step_of_the_clock_is_mended_slowly() {
        let silence = [0; PACKET * CHANNELS];
        let mut mender = Mender::default();
        mender.push(0, &silence);
        assert_eq!(mender.push(40_000_000, &silence).0, 40_000_000, "a packet was lost");
        assert_eq!(mender.push(120_000_000, &silence).0, 120_000_000);
        // 14 ms later than counted: no hole, and every packet is at most 0.5 % longer.
        let mut at_ns = 154_000_000;
        let mut place = 0;
        for _ in 0..600 {
            let (at, made) = mender.push(at_ns, &silence);
            let frames = made.len() / CHANNELS;
            assert!((959..=965).contains(&frames), "{frames} of 960");
            (place, at_ns) = (at, at_ns + 20_000_000);
        }
        assert!((at_ns - 20_000_000 - place).abs() < 1_000_000, "made good after 12 s");
    }
}
