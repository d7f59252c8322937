//! The work from its beginning to its end: look, measure, encode, measure again.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use yunke_protocol::{AudioFacts, AudioRendition, AudioSource, AudioStep, WAVEFORM_POINTS};

use super::{
    attempt::{LENGTH_TOLERANCE, Run},
    chapters, claims, cover, drm,
    error::EncodeError,
    files::{renditions, sha256},
    gain::{CEILING_DBTP, Measured, TARGET_LUFS, gain_db},
    listen::{self, Heard, Wanted},
    measure::Meter,
    mix::Fold,
    render::{Plan, RATE, Rendered},
    sandbox,
    sniff::{self, Kind},
    source::{self, Decoder},
    tags,
    wire::{Order, Report, say},
};

/// Tags in front of each other that are skipped.
const TAGS: usize = 8;
/// So much of the content is looked at.
const BEGINNING: u64 = 128 << 10;
/// Peaks between samples and those the encoders add, dB: samples stay so far below the ceiling.
const HEADROOM_DB: f64 = 0.8;
/// Further attempts, each with what the one before has shown.
const ATTEMPTS: usize = 3;
/// A frame of AAC: so much is in front, and at most as much behind.
const PRIMING: f64 = 1024.0 / 48_000.0;
/// A frame of Opus: at most so much is behind.
const OPUS_FRAME: f64 = 0.02;
/// Silence shorter than this stays, and so much of it is left before the first and behind the last word, seconds.
const TRIM_FROM: f64 = 0.5;
const TRIM_KEEPS: f64 = 0.3;
/// A header that claims more than this of what there is describes another file: some of it is missing.
const CLAIMS_MORE: f64 = 1.02;
const CLAIMS_MORE_SECONDS: f64 = 1.0;

/// Makes an episode of the file. The renditions, their tables and the cover lie in the order's folder afterwards.
pub(super) fn episode(order: &Order) -> Result<AudioFacts, EncodeError> {
    say(&Report::Step(AudioStep::Probe, 0));
    let (kind, beginning) = probe(&order.file)?;
    if drm::locked(&order.file, kind)? {
        return Err(EncodeError::Drm);
    }
    let sha256 = sha256(&order.file)?;
    let written = source::written(&order.file);
    let mut tags = tags::tags(&written);
    if kind == Kind::Mp4 && tags.chapters.is_empty() {
        tags.chapters = chapters::chapters(&order.file);
    }
    let channels = if order.music { 2 } else { 1 };
    say(&Report::Step(AudioStep::Loudness, 3));
    let wanted = Wanted {
        channels,
        longest: seconds(order.longest_ms),
        progress: &|percent| {
            say(&Report::Step(AudioStep::Loudness, 3 + percent / 4));
        },
    };
    let mut heard = listen::listen(&order.file, kind, &wanted)?;
    match kind {
        Kind::Mpeg => heard.facts.claimed = claims::mpeg_seconds(&beginning),
        Kind::Ogg => {
            // Opus counts at this rate whatever was recorded (RFC 7845 4).
            let rate = if heard.facts.codec.to_lowercase().contains("opus") { RATE } else { heard.form.rate };
            let ogg = claims::ogg(&order.file, &beginning, rate)?;
            heard.facts.damaged |= ogg.cut;
            heard.facts.claimed = ogg.seconds;
        }
        _ => {}
    }
    let measured = heard.meter.measured().ok_or(EncodeError::Silent)?;
    sandbox::heard(heard.seconds())?;
    let stretch = if order.trim_silence { trimmed(&heard) } else { (0.0, heard.seconds()) };
    say(&Report::Length(millis(stretch.1 - stretch.0)));
    let mut made = make(order, kind, &heard, measured, stretch)?;
    say(&Report::Step(AudioStep::Waveform, 96));
    let waveform = STANDARD.encode(made.meter.waveform(WAVEFORM_POINTS, 1.0));
    say(&Report::Step(AudioStep::Cover, 98));
    let picture = cover::chosen(tags::pictures(&written).into_iter());
    if let Some((bytes, _)) = &picture {
        std::fs::write(order.folder.join("cover"), bytes)?;
    }
    let length_ms = millis(made.length);
    let trimmed_start_ms = millis(stretch.0);
    tags::moved(&mut tags.chapters, trimmed_start_ms, length_ms);
    let claims_more = heard
        .facts
        .claimed
        .is_some_and(|claimed| claimed > heard.seconds() * CLAIMS_MORE + CLAIMS_MORE_SECONDS);
    Ok(AudioFacts {
        length_ms,
        sha256,
        loudness_lufs: made.measured.and_then(|measured| measured.loudness).map(tenths),
        true_peak_dbtp: made.measured.map(|measured| tenths(measured.true_peak)),
        gain_db: tenths(made.gain_db),
        trimmed_start_ms,
        incomplete: heard.facts.damaged || claims_more,
        source: AudioSource {
            container: kind.name().to_owned(),
            codec: heard.facts.codec.clone(),
            rate_hz: heard.form.rate,
            channels: u32::try_from(heard.form.channels).unwrap_or(0),
            bits: heard.facts.bits,
        },
        waveform,
        renditions: std::mem::take(&mut made.renditions),
        cover: picture.map(|(_, cover)| cover),
        tags,
    })
}

/// What the file is, and the beginning of its content, tags skipped.
fn probe(path: &Path) -> Result<(Kind, Vec<u8>), EncodeError> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Err(EncodeError::Empty);
    }
    let mut at = 0;
    let mut beginning = Vec::new();
    for _ in 0..TAGS {
        beginning.clear();
        file.seek(SeekFrom::Start(at))?;
        (&mut file).take(BEGINNING).read_to_end(&mut beginning)?;
        match sniff::tag_bytes(&beginning) {
            Some(bytes) => at += bytes,
            None => break,
        }
    }
    let kind = sniff::kind(&beginning).ok_or(EncodeError::NotAudio)?;
    Ok((kind, beginning))
}

/// Where the sound begins and ends without its silence, seconds.
fn trimmed(heard: &Heard) -> (f64, f64) {
    let (whole, sound) = (heard.seconds(), heard.meter.sound());
    let Some((first, last)) = sound else { return (0.0, whole) };
    let start = if first > TRIM_FROM { first - TRIM_KEEPS } else { 0.0 };
    let end = if whole - last > TRIM_FROM { last + TRIM_KEEPS } else { whole };
    (start, end)
}

/// What was made.
struct Made {
    meter: Meter,
    /// Seconds that are played.
    length: f64,
    measured: Option<Measured>,
    gain_db: f64,
    renditions: Vec<AudioRendition>,
}

/// Encodes, decodes what came out and looks whether it is as it should be; if not, once more.
fn make(
    order: &Order,
    kind: Kind,
    heard: &Heard,
    measured: Measured,
    stretch: (f64, f64),
) -> Result<Made, EncodeError> {
    let (aac, opus) = (order.folder.join("aac.m4a"), order.folder.join("opus.webm"));
    let plan = if order.music {
        Plan { channels: 2, aac: 128_000, opus: Some(64_000) }
    } else {
        Plan { channels: 1, aac: 64_000, opus: Some(32_000) }
    };
    let mut lift = gain_db(measured, order.music);
    let bounded = lift < TARGET_LUFS - measured.loudness.unwrap_or(measured.mean) - 0.01;
    let mut ceiling = CEILING_DBTP - HEADROOM_DB;
    for attempt in 1.. {
        let run = Run { order, kind, heard, stretch, lift, ceiling, plan };
        let rendered = run.encode(&aac, &opus)?;
        let (length, out, now) = listened(&rendered, plan, &aac, &opus)?;
        let over = now.map_or(0.0, |now| now.true_peak - CEILING_DBTP);
        let short = now.and_then(|now| now.loudness).map_or(0.0, |loudness| TARGET_LUFS - loudness);
        let quiet = !bounded && short > 0.8;
        if attempt == ATTEMPTS || over <= 0.0 && !quiet {
            let renditions = renditions(order, &rendered, length)?;
            return Ok(Made { meter: out.meter, length, measured: now, gain_db: lift, renditions });
        }
        tracing::info!(over, short, "what was encoded is not yet as it should be");
        ceiling -= if over > 0.0 { over + 0.2 } else { 0.0 };
        lift += if quiet { short } else { 0.0 };
    }
    Err(EncodeError::Length)
}

/// Decodes what came out, each rendition with another decoder than the one that is next to its encoder, and measures it: how
/// long it is, what was heard of the better one, and of both the louder peak and the lower loudness.
fn listened(
    rendered: &Rendered,
    plan: Plan,
    aac: &Path,
    opus: &Path,
) -> Result<(f64, Heard, Option<Measured>), EncodeError> {
    let again = Wanted { channels: plan.channels, longest: f64::MAX, progress: &|_| {} };
    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    let length = rendered.samples as f64 / f64::from(RATE);
    let as_long = |heard: &Heard, before: f64, frame: f64| {
        let behind = heard.seconds() - before - length;
        if (-LENGTH_TOLERANCE..=frame + LENGTH_TOLERANCE).contains(&behind) {
            return Ok(());
        }
        tracing::error!(went_in = length, came_out = heard.seconds(), "a length has changed in encoding");
        Err(EncodeError::Length)
    };
    // This decoder plays what the encoder put in front, too, and its last frame to the end.
    let mut out = listen::with(aac, Kind::Mp4, Decoder::Native, Fold::Both, &again)?;
    as_long(&out, PRIMING, PRIMING)?;
    let mut now = out.meter.measured();
    if rendered.opus.is_some() {
        let mut small = listen::with(opus, Kind::Matroska, Decoder::Gst, Fold::Both, &again)?;
        as_long(&small, 0.0, OPUS_FRAME)?;
        now = match (now, small.meter.measured()) {
            (Some(one), Some(other)) => Some(one.with(other)),
            (None, None) => None,
            _ => return Err(EncodeError::Gst("one rendition has sound and the other has none")),
        };
    }
    Ok((length, out, now))
}

#[expect(clippy::cast_precision_loss, reason = "seconds")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds of days")]
fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

/// Decibels as people read them.
fn tenths(db: f64) -> f64 {
    (db * 10.0).round() / 10.0
}
