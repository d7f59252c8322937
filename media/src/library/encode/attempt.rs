//! The second pass: decodes the file again, brings it to its loudness and encodes it.

use std::path::Path;

use yunke_protocol::AudioStep;

use super::{
    bits::amplitude,
    error::EncodeError,
    limiter::Limiter,
    listen::Heard,
    mix::mix,
    render::{Plan, Render, Rendered},
    sniff::Kind,
    source,
    wire::{Order, Report, alive, say},
};

/// What comes out is as long as what went in, seconds.
pub(super) const LENGTH_TOLERANCE: f64 = 0.012;

/// One attempt.
pub(super) struct Run<'a> {
    pub(super) order: &'a Order,
    pub(super) kind: Kind,
    pub(super) heard: &'a Heard,
    pub(super) stretch: (f64, f64),
    pub(super) lift: f64,
    pub(super) ceiling: f64,
    pub(super) plan: Plan,
}

impl Run<'_> {
    /// Decodes the file again and encodes it into these two. What the first pass heard is in them, or it fails.
    pub(super) fn encode(&self, aac: &Path, opus: &Path) -> Result<Rendered, EncodeError> {
        let mut source = self.heard.decoder.open(&self.order.file, self.kind)?;
        #[expect(clippy::cast_possible_truncation, reason = "a gain")]
        let gain = amplitude(self.lift) as f32;
        let (mut frames, mut mixed, mut ready) = (Vec::new(), Vec::new(), Vec::new());
        let mut work: Option<(Render, Limiter)> = None;
        let (mut at, channels) = (0.0, self.plan.channels);
        let (mut form, mut said) = (self.heard.form, 0);
        let ended = loop {
            alive();
            // What the first pass took for the end is the end.
            let next = match source.next(&mut frames) {
                Ok(Some(next)) if at < self.stretch.1 => next,
                Ok(_) => break EncodeError::Length,
                Err(error) => break error,
            };
            let count = frames.len() / next.channels;
            let (from, rate) = (at, f64::from(next.rate));
            #[expect(clippy::cast_precision_loss, reason = "seconds")]
            let length = count as f64 / rate;
            at += length;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the frames")]
            let place = |time: f64| (((time - from) * rate).round().max(0.0) as usize).min(count);
            let kept = place(self.stretch.0)..place(self.stretch.1);
            if kept.is_empty() {
                continue;
            }
            mixed.clear();
            let kept = &frames[kept.start * next.channels..kept.end * next.channels];
            mix(kept, next.channels, channels, self.heard.fold, &mut mixed);
            for sample in &mut mixed {
                *sample *= gain;
            }
            let coded = source::Form { rate: next.rate, channels };
            ready.clear();
            let (render, limiter) = match &mut work {
                Some(work) => work,
                none => none.insert((
                    Render::begin(aac, opus, self.plan, coded)?,
                    Limiter::new(next.rate, channels, amplitude(self.ceiling)),
                )),
            };
            if form.rate != next.rate && form.rate != 0 {
                limiter.end(&mut ready);
                render.push(&ready)?;
                ready.clear();
                *limiter = Limiter::new(next.rate, channels, amplitude(self.ceiling));
                render.change(coded);
            }
            form = next;
            limiter.push(&mixed, &mut ready);
            render.push(&ready)?;
            let percent = percent(at - self.stretch.0, self.stretch.1 - self.stretch.0);
            if percent >= said + 2 {
                said = percent;
                say(&Report::Step(AudioStep::Encode, 30 + percent / 10 * 6));
            }
        };
        // The first pass heard more: what is here is another sound, whatever this one stopped at.
        if at + LENGTH_TOLERANCE < self.stretch.1 {
            tracing::error!(
                went_in = at,
                came_out = self.stretch.1,
                "a file was decoded to its end once, and not again"
            );
            return Err(ended);
        }
        let (mut render, mut limiter) = work.ok_or(EncodeError::Unreadable)?;
        ready.clear();
        limiter.end(&mut ready);
        render.push(&ready)?;
        render.finish()
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
fn percent(done: f64, all: f64) -> u8 {
    (done / all.max(0.001) * 100.0).clamp(0.0, 100.0) as u8
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::{
        library::encode::{
            listen::{self, Wanted},
            mix::Fold,
            source::Decoder,
        },
        pipeline::packager,
    };

    #[test]
    fn what_is_decoded_short_the_second_time_is_no_episode() {
        packager::init().expect("GStreamer");
        let dir = tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| dir.path().join(name);
        let (file, samples) = (at("a.wav"), 16_000_u32 * 10);
        let before = [
            &b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data"[..],
            &[0; 4],
        ];
        let mut wav = std::fs::File::create(&file).expect("made");
        wav.write_all(&before.concat()).expect("written");
        for n in 0..samples {
            let sample = i16::try_from(n * 400 % 20_000).expect("small");
            wav.write_all(&sample.to_le_bytes()).expect("written");
        }
        let wanted = Wanted { channels: 1, longest: 100.0, progress: &|_| {} };
        let heard =
            listen::with(&file, Kind::Wav, Decoder::Native, Fold::Both, &wanted).expect("it is heard");
        let order = Order {
            file: file.clone(),
            folder: dir.path().to_owned(),
            trim_silence: false,
            music: false,
            longest_ms: 100_000,
        };
        let plan = Plan { channels: 1, aac: 64_000, opus: Some(32_000) };
        let stretch = (0.0, heard.seconds());
        let run =
            Run { order: &order, kind: Kind::Wav, heard: &heard, stretch, lift: 0.0, ceiling: -2.0, plan };
        run.encode(&at("whole.m4a"), &at("whole.webm")).expect("as long as it was");
        wav.set_len(160_000).expect("cut");
        let error = run.encode(&at("half.m4a"), &at("half.webm")).err().expect("half is missing");
        assert_eq!(error.code(), "length_uncertain", "{error}");
    }
}
