//! symphonia: MPEG audio, FLAC, Vorbis, PCM, ALAC and plain AAC, without a line of C.

use std::{fs::File, panic::AssertUnwindSafe, path::Path};

use symphonia::core::{
    codecs::{
        CodecParameters,
        audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions},
    },
    common::Limit,
    errors::Error,
    formats::{FormatOptions, FormatReader, TrackType, probe::Hint},
    io::{MediaSourceStream, MediaSourceStreamOptions},
    meta::{ChapterGroup, MetadataOptions, MetadataRevision},
};

use super::{
    form::{Facts, Form, Source},
    wav::Relaid,
};
use crate::library::encode::{error::EncodeError, sniff::Kind};

/// Packets in a row that cannot be decoded: the rest is noise.
const BROKEN: u32 = 2_000;
/// Text of a tag; more is left out.
const TAG_BYTES: usize = 2 << 20;
/// A picture; a larger one is left out.
const PICTURE_BYTES: usize = 16 << 20;

/// A file being decoded.
pub(super) struct Native {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    facts: Facts,
    broken: u32,
}

/// What is written in a file.
#[derive(Default)]
pub(in crate::library::encode) struct Written {
    pub(in crate::library::encode) revisions: Vec<MetadataRevision>,
    pub(in crate::library::encode) chapters: Option<ChapterGroup>,
}

/// `Some(Kind::Wav)`: only the samples of a WAV file, however damaged what is around them; else all that is written in a file.
fn reader(file: &Path, kind: Option<Kind>) -> Result<(Box<dyn FormatReader>, bool), EncodeError> {
    let file = File::open(file)?;
    let size = file.metadata()?.len();
    let (source, claims_more) = match kind {
        Some(Kind::Wav) => Relaid::wav(file, size)?,
        _ => (Relaid::plain(file, size), false),
    };
    let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
    let limits = MetadataOptions::default()
        .limit_tag_bytes(Limit::Maximum(TAG_BYTES))
        .limit_visual_bytes(Limit::Maximum(PICTURE_BYTES));
    let format = caught(|| {
        symphonia::default::get_probe().probe(&Hint::new(), stream, FormatOptions::default(), limits)
    })?;
    Ok((format, claims_more))
}

/// A decoder that panics has met a file it cannot read: the other one is asked.
fn caught<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, EncodeError> {
    match std::panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::info!(%error, "symphonia cannot read the file");
            Err(EncodeError::Unreadable)
        }
        Err(_) => Err(EncodeError::Unreadable),
    }
}

impl Native {
    pub(super) fn open(file: &Path, kind: Kind) -> Result<Self, EncodeError> {
        let (format, claims_more) = reader(file, Some(kind))?;
        let track = format.default_track(TrackType::Audio).ok_or(EncodeError::NotAudio)?;
        let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
            return Err(EncodeError::NotAudio);
        };
        let decoder = decoder(parameters)?;
        let info = decoder.codec_info();
        let lossless = ["flac", "alac"].contains(&info.short_name) || info.short_name.starts_with("pcm");
        // Of MPEG audio without a header for it this is a guess by the first frames; whoever asks reads the header itself.
        let claimed = track.num_frames.zip(parameters.sample_rate);
        #[expect(clippy::cast_precision_loss, reason = "seconds")]
        let claimed = claimed.map(|(frames, rate)| frames as f64 / f64::from(rate.max(1)));
        let facts = Facts {
            codec: info.short_name.to_owned(),
            bits: parameters.bits_per_sample.filter(|_| lossless),
            claimed: claimed.filter(|_| kind != Kind::Mpeg),
            damaged: claims_more,
        };
        Ok(Self { track: track.id, decoder, format, facts, broken: 0 })
    }

    fn step(&mut self, frames: &mut Vec<f32>) -> Result<Option<Form>, Error> {
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(None),
                Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    self.facts.damaged |= self.format.format_info().short_name != "mp3";
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            if packet.track_id != self.track {
                continue;
            }
            match self.decoder.decode(&packet) {
                Ok(decoded) if decoded.is_empty() => {}
                Ok(decoded) => {
                    let (rate, channels) = (decoded.spec().rate(), decoded.spec().channels().count());
                    decoded.copy_to_vec_interleaved(frames);
                    self.broken = 0;
                    return Form::checked(rate, channels).map(Some).map_err(|_| Error::Unsupported("form"));
                }
                Err(Error::DecodeError(_) | Error::ResetRequired) if self.broken < BROKEN => {
                    self.broken += 1;
                    self.facts.damaged = true;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn decoder(parameters: &AudioCodecParameters) -> Result<Box<dyn AudioDecoder>, EncodeError> {
    caught(|| {
        symphonia::default::get_codecs().make_audio_decoder(parameters, &AudioDecoderOptions::default())
    })
}

impl Source for Native {
    fn next(&mut self, frames: &mut Vec<f32>) -> Result<Option<Form>, EncodeError> {
        caught(|| self.step(frames))
    }

    fn facts(&self) -> Facts {
        self.facts.clone()
    }
}

/// What is written in it; nothing, if it cannot be read.
pub(super) fn written(file: &Path) -> Written {
    let Ok((mut format, _)) = reader(file, None) else { return Written::default() };
    let chapters = format.chapters().cloned();
    let mut revisions = Vec::new();
    let mut metadata = format.metadata();
    // The newest is the last.
    while let Some(revision) = metadata.pop() {
        revisions.push(revision);
    }
    revisions.extend(metadata.current().cloned());
    Written { revisions, chapters }
}
