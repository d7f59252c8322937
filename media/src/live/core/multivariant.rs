//! Renders the multivariant playlists: `index.m3u8` (picture with sound, or sound alone) and `listen.m3u8`.
//!
//! A picture goes with the sound of its own kind: the publisher's with the publisher's, a transcoded one with the transcoded one. Where
//! there is no low-bitrate audio rendition (the publisher's is small enough) the publisher's takes its place.

use std::fmt::Write as _;

use super::{names, playlist, ring::Ring, track::Track};
use crate::live::event::{Format, Rendition};

/// What a multivariant playlist offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// All there is. The first variant is the one to begin with: the best.
    Everything,
    /// Sound only, for a phone in a pocket: the smallest first.
    SoundOnly,
}

/// What transcoded renditions take with all that is around them, bits per second: said before they are measured, and never less.
const LOW_SOUND_BPS: u64 = 56_000;
const LOW_PICTURE_BPS: u64 = 800_000;

/// The multivariant playlist, or `None` while it is not known yet what the stream has, or has none of it.
pub fn render(ring: &Ring, offer: Offer) -> Option<String> {
    // What the publisher sends is waited for until it is there or plainly missing (it has gaps then). What is made of it has
    // begun by then, or is left out.
    let sent = |track: &&Track| !track.rendition().is_transcoded();
    if ring.tracks().iter().filter(sent).any(|track| track.listed().is_empty()) {
        return None;
    }
    let known = |track: &&Track| {
        track.init().is_some()
            && (!track.listed().is_empty() || track.open().is_some())
            && !(track.rendition().is_transcoded() && has_stopped(ring, track))
    };
    let variants: Vec<Variant> = ring.tracks().iter().filter(known).filter_map(Variant::of).collect();
    text(&variants, offer, ring.tracks().iter().all(playlist::independent))
}

/// It has a gap where what the publisher sends goes on: who comes now is not offered it.
fn has_stopped(ring: &Ring, made: &Track) -> bool {
    let last = |track: &Track| track.listed().back().map(|last| (last.msn, last.init().is_some()));
    let sent = ring.tracks().iter().filter(|track| !track.rendition().is_transcoded());
    match (made.open(), last(made)) {
        (None, Some((msn, false))) => sent.filter_map(last).any(|(other, media)| media && other >= msn),
        _ => false,
    }
}

/// What a multivariant playlist says of a rendition; the replay has the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Which rendition.
    pub rendition: Rendition,
    /// What it contains.
    pub format: Format,
    /// Of its heaviest segment, bits per second.
    pub peak_bps: u64,
    /// Over everything, bits per second.
    pub average_bps: u64,
}

impl Variant {
    fn of(track: &Track) -> Option<Self> {
        let rate = track.rate();
        let nominal = match track.rendition() {
            Rendition::Video | Rendition::Audio => 0,
            Rendition::VideoLow => LOW_PICTURE_BPS,
            Rendition::AudioLow => LOW_SOUND_BPS,
        };
        let average_bps = match rate.average_bps() {
            0 => nominal,
            measured => measured,
        };
        Some(Self {
            rendition: track.rendition(),
            format: track.init()?.init.format.clone(),
            peak_bps: rate.peak_bps.max(nominal),
            average_bps,
        })
    }

    fn codec(&self) -> &str {
        match &self.format {
            Format::Video { codec, .. } | Format::Audio { codec, .. } => codec,
        }
    }

    fn group(&self) -> &'static str {
        if self.rendition.is_transcoded() { "sound48" } else { "sound" }
    }
}

/// The text for these renditions; `None` if the offer comes to nothing.
pub fn text(all: &[Variant], offer: Offer, independent: bool) -> Option<String> {
    let find = |rendition| all.iter().find(|variant| variant.rendition == rendition);
    let (full, low) = (find(Rendition::Audio), find(Rendition::AudioLow));
    let picture = |rendition| find(rendition).filter(|_| offer == Offer::Everything);
    let (video, small) = (picture(Rendition::Video), picture(Rendition::VideoLow));
    let mut out = String::from("#EXTM3U\n#EXT-X-VERSION:9\n");
    if independent {
        out.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
    }
    for sound in full.into_iter().chain(low) {
        let Format::Audio { channels, .. } = &sound.format else { continue };
        let (group, uri) = (sound.group(), names::playlist(sound.rendition));
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            out,
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{group}\",NAME=\"Sound\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"{channels}\",URI=\"{uri}\""
        );
    }
    // With a picture, sound alone is for who cannot have it; without one it is all there is, in both.
    let sounds = match (video.or(small), offer) {
        (Some(_), _) => [low.or(full), None],
        (None, Offer::Everything) => [full, low],
        (None, Offer::SoundOnly) => [low, full],
    };
    if video.is_some() {
        stream(&mut out, video, full.or(low));
    }
    if small.is_some() {
        stream(&mut out, small, low.or(full));
    }
    for sound in sounds.into_iter().flatten() {
        stream(&mut out, None, Some(sound));
    }
    out.contains("#EXT-X-STREAM-INF").then_some(out)
}

fn stream(out: &mut String, video: Option<&Variant>, audio: Option<&Variant>) {
    let both = || video.into_iter().chain(audio);
    let sum = |of: fn(&Variant) -> u64| both().map(of).sum::<u64>().max(1000);
    let codecs = both().map(Variant::codec).collect::<Vec<_>>().join(",");
    let _ = write!(
        out,
        "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"{codecs}\"",
        sum(|variant| variant.peak_bps),
        sum(|variant| variant.average_bps),
    );
    if let Some(Format::Video { width, height, fps_milli, .. }) = video.map(|video| &video.format) {
        let _ = write!(out, ",RESOLUTION={width}x{height}");
        if *fps_milli > 0 {
            let _ = write!(out, ",FRAME-RATE={}.{:03}", fps_milli / 1000, fps_milli % 1000);
        }
    }
    if let Some(audio) = audio {
        let _ = write!(out, ",AUDIO=\"{}\"", audio.group());
    }
    if let Some(own) = video.or(audio) {
        let _ = writeln!(out, "\n{}", names::playlist(own.rendition));
    }
}
