//! Renders the multivariant playlists: `index.m3u8` (picture with sound, or sound alone) and `listen.m3u8`.

use std::fmt::Write as _;

use super::{names, playlist, ring::Ring, track::Track};
use crate::live::event::{Format, Rendition};

/// What a multivariant playlist offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// All there is.
    Everything,
    /// Sound only, for a phone in a pocket.
    SoundOnly,
}

/// The multivariant playlist, or `None` while it is not known yet what the stream has, or has none of it.
pub fn render(ring: &Ring, offer: Offer) -> Option<String> {
    let known = |track: &Track| track.init().is_some() && !track.listed().is_empty();
    // A rendition that was announced is waited for until it is there or plainly missing (it has gaps then).
    if ring.tracks().iter().any(|track| track.listed().is_empty()) {
        return None;
    }
    let variants: Vec<Variant> =
        ring.tracks().iter().filter(|track| known(track)).filter_map(Variant::of).collect();
    let find = |rendition| variants.iter().find(|variant| variant.rendition == rendition);
    let video = find(Rendition::Video).filter(|_| offer == Offer::Everything);
    Some(text(video, find(Rendition::Audio), ring.tracks().iter().all(playlist::independent)))
        .filter(|text| text.contains("#EXT-X-STREAM-INF"))
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
        Some(Self {
            rendition: track.rendition(),
            format: track.init()?.init.format.clone(),
            peak_bps: rate.peak_bps,
            average_bps: rate.average_bps(),
        })
    }

    fn codec(&self) -> &str {
        match &self.format {
            Format::Video { codec, .. } | Format::Audio { codec, .. } => codec,
        }
    }
}

/// The text for a picture, a sound, or both.
pub fn text(video: Option<&Variant>, audio: Option<&Variant>, independent: bool) -> String {
    let mut out = String::from("#EXTM3U\n#EXT-X-VERSION:9\n");
    if independent {
        out.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
    }
    let audio_uri = names::playlist(Rendition::Audio);
    let channels = match audio.map(|audio| &audio.format) {
        Some(Format::Audio { channels, .. }) => *channels,
        _ => 0,
    };
    if audio.is_some() {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            out,
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound\",NAME=\"Sound\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"{channels}\",URI=\"{audio_uri}\""
        );
    }
    if let Some(video) = video {
        stream(&mut out, Some(video), audio);
        out.push_str(names::playlist(Rendition::Video));
        out.push('\n');
    }
    if audio.is_some() {
        stream(&mut out, None, audio);
        out.push_str(audio_uri);
        out.push('\n');
    }
    out
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
    out.push_str(if audio.is_some() { ",AUDIO=\"sound\"\n" } else { "\n" });
}
