//! The first pass: decodes a file from its beginning to its end, measures it, and asks a second decoder whether it is as long.

use std::path::Path;

use super::{
    error::EncodeError,
    measure::Meter,
    mix::{Fold, Powers, mix},
    sniff::Kind,
    source::{Decoder, Facts, Form},
    wire::alive,
};

/// Two decoders agree to this, seconds and frames: one of them leaves in what the encoder of an MP3 put at both ends.
const AGREED_SECONDS: f64 = 0.1;
const AGREED_FRAMES: f64 = 3_500.0;
/// Of the length: beyond this, files that are not damaged are refused, as nobody can say which is right.
const UNCERTAIN: f64 = 0.1;

/// What is to be heard.
pub(super) struct Wanted<'a> {
    /// 1 or 2: others are folded.
    pub(super) channels: usize,
    /// Seconds; more is refused.
    pub(super) longest: f64,
    /// Is told per cent.
    pub(super) progress: &'a dyn Fn(u8),
}

/// What was heard.
pub(super) struct Heard {
    pub(super) meter: Meter,
    pub(super) facts: Facts,
    /// Of the first frames.
    pub(super) form: Form,
    pub(super) fold: Fold,
    pub(super) decoder: Decoder,
    powers: Powers,
}

impl Heard {
    pub(super) fn seconds(&self) -> f64 {
        self.meter.seconds()
    }
}

/// Hears the file with the better decoder for its kind, or the other one, and compares their lengths.
pub(super) fn listen(file: &Path, kind: Kind, wanted: &Wanted<'_>) -> Result<Heard, EncodeError> {
    let [first, second] = Decoder::of(kind);
    let mut heard = match folded(file, kind, first, wanted) {
        Ok(heard) => heard,
        Err(cause @ (EncodeError::Unreadable | EncodeError::NotAudio | EncodeError::Drm)) => {
            return match folded(file, kind, second, wanted) {
                Err(EncodeError::Unreadable | EncodeError::NotAudio) => Err(cause),
                other => other,
            };
        }
        Err(error) => return Err(error),
    };
    if kind == Kind::Wav && heard.facts.codec.starts_with("pcm") {
        // That is arithmetic. The other one believes the head, and has been seen to read a strange one for ever.
        return Ok(heard);
    }
    let Some(other) = length(file, kind, second, wanted.longest) else { return Ok(heard) };
    let apart = (other - heard.seconds()).abs();
    if apart <= AGREED_SECONDS + AGREED_FRAMES / f64::from(heard.form.rate) {
        return Ok(heard);
    }
    tracing::warn!(
        first = heard.seconds(),
        second = other,
        kind = kind.name(),
        "two decoders have different lengths"
    );
    let damaged = heard.facts.damaged;
    if other > heard.seconds()
        && let Ok(longer) = folded(file, kind, second, wanted)
    {
        heard = longer;
        // Of MP3s the other one stops where the first header says, or its guess: behind it there may be more, or another file.
        if kind == Kind::Mpeg {
            return Ok(heard);
        }
    }
    if !damaged && !heard.facts.damaged && apart > UNCERTAIN * heard.seconds() {
        return Err(EncodeError::Length);
    }
    heard.facts.damaged = true;
    Ok(heard)
}

/// With one decoder; if the mean of its channels turns out to be silence, with one channel.
fn folded(file: &Path, kind: Kind, decoder: Decoder, wanted: &Wanted<'_>) -> Result<Heard, EncodeError> {
    let heard = with(file, kind, decoder, Fold::Both, wanted)?;
    match heard.powers.fold() {
        Fold::First if wanted.channels == 1 => with(file, kind, decoder, Fold::First, wanted),
        _ => Ok(heard),
    }
}

/// With this decoder and no other.
pub(super) fn with(
    file: &Path,
    kind: Kind,
    decoder: Decoder,
    fold: Fold,
    wanted: &Wanted<'_>,
) -> Result<Heard, EncodeError> {
    let mut source = decoder.open(file, kind)?;
    let (mut frames, mut mixed, mut powers) = (Vec::new(), Vec::new(), Powers::default());
    let mut begun: Option<(Meter, Form)> = None;
    let (mut cut, mut said, mut expected) = (false, 0, None);
    loop {
        alive();
        let form = match source.next(&mut frames) {
            Ok(Some(form)) => form,
            Ok(None) => break,
            // What came before it is there.
            Err(EncodeError::Unreadable) if begun.is_some() => {
                cut = true;
                break;
            }
            Err(error) => return Err(error),
        };
        let channels = u32::try_from(wanted.channels).unwrap_or(1);
        let unmeasured = EncodeError::Unreadable;
        let (meter, _) = match &mut begun {
            Some(begun) => begun,
            none => none.insert((Meter::new(channels, form.rate).ok_or(unmeasured)?, form)),
        };
        powers.add(&frames, form.channels);
        mixed.clear();
        mix(&frames, form.channels, wanted.channels, fold, &mut mixed);
        meter.change(form.rate).and_then(|()| meter.add(&mixed)).ok_or(EncodeError::Unreadable)?;
        let seconds = meter.seconds();
        if seconds > wanted.longest {
            return Err(EncodeError::TooLong);
        }
        let all = *expected.get_or_insert_with(|| source.facts().claimed.unwrap_or(0.0));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
        let percent = if all > 0.0 { (seconds / all * 100.0).min(100.0) as u8 } else { 0 };
        if percent >= said + 4 {
            said = percent;
            (wanted.progress)(percent);
        }
    }
    let (meter, form) = begun.ok_or(EncodeError::Unreadable)?;
    let mut facts = source.facts();
    facts.damaged |= cut;
    Ok(Heard { meter, facts, form, fold, decoder, powers })
}

/// How long the file is by this decoder, seconds; none: it cannot say.
fn length(file: &Path, kind: Kind, decoder: Decoder, longest: f64) -> Option<f64> {
    let mut source = decoder.open(file, kind).ok()?;
    let (mut frames, mut seconds) = (Vec::new(), 0.0);
    while let Ok(Some(form)) = source.next(&mut frames) {
        alive();
        #[expect(clippy::cast_precision_loss, reason = "seconds")]
        let length = (frames.len() / form.channels) as f64 / f64::from(form.rate);
        seconds += length;
        if seconds > longest {
            break;
        }
    }
    (seconds > 0.0).then_some(seconds)
}
