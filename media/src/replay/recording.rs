//! A recorded lesson as a player sees it: playlists and files, made of the index. Pure.

use std::{borrow::Cow, collections::HashMap, fmt::Write as _, time::Duration};

use yunke_protocol::{LessonMillis, Stretch, UtcMillis};

use crate::{
    live::{
        core::{
            TARGET_DURATION,
            multivariant::{self, Offer, Variant},
            names::{Kind, Name},
            playlist::{Seconds, Utc},
        },
        event::{Format, Rendition},
    },
    recording::{
        fill::Filled,
        index::{Entry, Index},
    },
};

/// What a recording offers.
#[derive(Debug)]
pub struct Recording {
    /// `index.m3u8`, if there is anything to play.
    pub index: Option<String>,
    /// `listen.m3u8`, if there is sound.
    pub listen: Option<String>,
    /// The media playlists.
    pub playlists: Vec<(Rendition, String)>,
    /// Segments by name.
    pub segments: HashMap<Name, File>,
}

/// A recorded segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// Size.
    pub bytes: u64,
    /// The stretch of time in it.
    pub interval: (UtcMillis, UtcMillis),
}

impl Recording {
    /// Renders what the index says. Gaps stay in the playlists, so that playing time goes on as the lesson's timeline does
    /// and both renditions keep step; those at the very end are left out, for nothing comes after them.
    ///
    /// Of segments that lie wholly outside of the stretch nothing is said or given. Those at its edges reach beyond it, by
    /// less than a segment: `EXT-X-START` says where to begin, and players stop at the end.
    pub fn new(index: &Index, stretch: Stretch) -> Self {
        let tracks: Vec<Track> =
            Rendition::ALL.iter().filter_map(|of| Track::of(index, *of, stretch)).collect();
        let variants: Vec<Variant> = tracks.iter().filter(|track| track.whole).map(Track::variant).collect();
        let independent = tracks.iter().all(Track::independent);
        let lacks = lacks(index);
        let offer = |offer| multivariant::text(&variants, offer, independent).map(|text| text + &lacks);
        Self {
            index: offer(Offer::Everything),
            listen: offer(Offer::SoundOnly),
            playlists: tracks.iter().map(|track| (track.rendition, track.playlist())).collect(),
            segments: tracks
                .iter()
                .flat_map(|track| &track.entries)
                .filter_map(|entry| file(entry))
                .collect(),
        }
    }

    /// Gives what a fill had, too, of which its playlists say nothing any more.
    pub fn keep(&mut self, zero_at: UtcMillis, stretch: Stretch, filled: &Filled) {
        let entries = filled.entries.iter().filter(|entry| is_shown(zero_at, stretch, entry));
        self.segments.extend(entries.filter_map(file));
    }
}

/// What one of the tracks lacks, for pages that say so: the other one goes on, and in its place there is a still, or silence.
fn lacks(index: &Index) -> String {
    let of = |(track, stretches): (&str, Vec<(LessonMillis, LessonMillis)>)| {
        let listed: Vec<_> = stretches.iter().map(|(from, to)| format!("{from}-{to}")).collect();
        if listed.is_empty() {
            return String::new();
        }
        format!("#EXT-X-SESSION-DATA:DATA-ID=\"org.yunke.without-{track}\",VALUE=\"{}\"\n", listed.join(","))
    };
    let [picture, sound] = index.lacks();
    [("picture", picture), ("sound", sound)].map(of).concat()
}

/// Whether something of an entry lies in the stretch.
fn is_shown(zero_at: UtcMillis, stretch: Stretch, entry: &Entry) -> bool {
    let to = stretch.to_ms().map_or(UtcMillis::MAX, |to| zero_at.saturating_add(to));
    // The first segment may begin a moment before zero; all of it belongs to the lesson.
    let after = stretch.from_ms() <= 0 || entry.end() > zero_at.saturating_add(stretch.from_ms());
    entry.pdt < to && after
}

fn file(entry: &Entry) -> Option<(Name, File)> {
    let media = entry.media.as_ref()?;
    let kind = Kind::Segment(entry.msn);
    let name = Name { rendition: entry.rendition, kind, stream: media.stream };
    Some((name, File { bytes: media.bytes, interval: (entry.pdt, entry.end()) }))
}

/// One rendition of the recording, up to its last media.
struct Track<'a> {
    rendition: Rendition,
    index: &'a Index,
    entries: Vec<Cow<'a, Entry>>,
    /// It is there where the others are.
    whole: bool,
    /// How far into the first segment the stretch begins, if it is not the start of the lesson.
    start: Option<Duration>,
}

/// A rendition that was made of another is offered if it has this much of it: whoever chose it would miss the rest.
const WHOLE_PERCENT: usize = 95;

impl<'a> Track<'a> {
    fn of(index: &'a Index, rendition: Rendition, stretch: Stretch) -> Option<Self> {
        let from = index.zero_at.saturating_add(stretch.from_ms());
        let cut = stretch.from_ms() > 0;
        let shown = |entry: &&Entry| is_shown(index.zero_at, stretch, entry);
        let of = |rendition| {
            let of_rendition = index.entries.iter().filter(|e| e.rendition == rendition);
            let mut entries: Vec<_> = of_rendition.filter(shown).collect();
            entries.truncate(entries.iter().rposition(|entry| entry.media.is_some())? + 1);
            Some(entries)
        };
        let start = |entries: &[Cow<'_, Entry>]| {
            let into = entries.first().and_then(|first| u64::try_from(from - first.pdt).ok());
            into.filter(|ms| cut && *ms > 0).map(Duration::from_millis)
        };
        let own = of(rendition)?;
        if !rendition.is_transcoded() {
            let entries: Vec<_> = own.into_iter().map(Cow::Borrowed).collect();
            return Some(Self { rendition, index, start: start(&entries), entries, whole: true });
        }
        let sent = |rendition| of(rendition).unwrap_or_default();
        let (picture, sound) = (sent(Rendition::Video), sent(Rendition::Audio));
        let source = if rendition.is_sound() { &sound } else { &picture };
        if source.is_empty() {
            return None;
        }
        let spine = if picture.len() > sound.len() { &picture } else { &sound };
        let entries = align_to_reference(spine, &own, rendition);
        let media = |entries: &[&Entry]| entries.iter().filter(|entry| entry.media.is_some()).count();
        let whole = media(&own) * 100 >= media(source) * WHOLE_PERCENT;
        Some(Self { rendition, index, start: start(&entries), entries, whole })
    }

    fn name(&self, kind: Kind, stream: u64) -> Name {
        Name { rendition: self.rendition, kind, stream }
    }

    fn independent(&self) -> bool {
        self.entries.iter().filter_map(|entry| entry.media.as_ref()).all(|media| media.independent)
    }

    fn variant(&self) -> Variant {
        let sizes = || self.entries.iter().filter_map(|e| Some((e.media.as_ref()?.bytes * 8, e.duration_us)));
        let bps = |bits: u64, us: u64| bits.saturating_mul(1_000_000).checked_div(us).unwrap_or(0);
        let (bits, us) = sizes().fold((0, 0), |sum: (u64, u64), (bits, us)| (sum.0 + bits, sum.1 + us));
        // A very short segment says nothing about the rate a player must sustain.
        let long = sizes().filter(|(_, us)| *us >= 1_000_000).map(|(bits, us)| bps(bits, us)).max();
        let media = self.entries.iter().rev().find_map(|entry| entry.media.as_ref());
        let init = media.and_then(|media| self.index.init_of(self.rendition, media));
        let picture =
            |width, height| Format::Video { codec: "avc1.640028".into(), width, height, fps_milli: 0 };
        let format = init.map_or_else(
            || match self.rendition {
                // An index without the section it names: play it anyway, with the codecs everybody uses.
                Rendition::Video => picture(1280, 720),
                Rendition::VideoLow => picture(640, 360),
                Rendition::Audio | Rendition::AudioLow => {
                    Format::Audio { codec: "mp4a.40.2".into(), rate: 48_000, channels: 2 }
                }
            },
            |init| init.format.clone(),
        );
        Variant {
            rendition: self.rendition,
            format,
            peak_bps: long.unwrap_or_else(|| bps(bits, us)),
            average_bps: bps(bits, us),
        }
    }

    fn playlist(&self) -> String {
        let rounded = |entry: &Entry| (entry.duration_us + 500_000) / 1_000_000;
        let longest = self.entries.iter().map(|entry| rounded(entry)).max().unwrap_or(0);
        let mut out = String::with_capacity(self.entries.len() * 128 + 256);
        // Writing to a string cannot fail, here and below.
        let _ = write!(
            out,
            "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:{}\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:{}\n",
            longest.max(TARGET_DURATION.as_secs()),
            self.entries.first().map_or(0, |entry| entry.msn),
        );
        if self.independent() {
            out.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
        }
        if let Some(start) = self.start {
            let _ = writeln!(out, "#EXT-X-START:TIME-OFFSET={},PRECISE=YES", Seconds(start));
        }
        let mut map = None;
        for (at, entry) in self.entries.iter().enumerate() {
            self.segment(&mut out, entry, at == 0, &mut map);
        }
        out.push_str("#EXT-X-ENDLIST\n");
        out
    }

    fn segment(&self, out: &mut String, entry: &Entry, first: bool, map: &mut Option<(u64, u32)>) {
        if entry.discontinuity && !first {
            out.push_str("#EXT-X-DISCONTINUITY\n");
        }
        if let Some(media) = &entry.media {
            let needed = (media.stream, media.init);
            if map.replace(needed) != Some(needed) {
                let _ =
                    writeln!(out, "#EXT-X-MAP:URI=\"{}\"", self.name(Kind::Init(media.init), media.stream));
            }
        }
        let stream = entry.media.as_ref().map_or(0, |media| media.stream);
        let _ = write!(
            out,
            "#EXT-X-PROGRAM-DATE-TIME:{}\n{}#EXTINF:{},\n{}\n",
            Utc(entry.pdt),
            if entry.media.is_none() { "#EXT-X-GAP\n" } else { "" },
            Seconds(Duration::from_micros(entry.duration_us)),
            self.name(Kind::Segment(entry.msn), stream),
        );
    }
}

/// The entries of a rendition that was made, one for each of the other: it may have begun late, or ended early, and a player
/// that came to its end would take it for the lesson's.
fn align_to_reference<'a>(spine: &[&Entry], own: &[&'a Entry], rendition: Rendition) -> Vec<Cow<'a, Entry>> {
    let known: HashMap<u64, &'a Entry> = own.iter().map(|entry| (entry.msn, *entry)).collect();
    let gap = |like: &Entry| Entry { rendition, media: None, ..like.clone() };
    let entry =
        |like: &&Entry| known.get(&like.msn).map_or_else(|| Cow::Owned(gap(like)), |own| Cow::Borrowed(*own));
    spine.iter().map(entry).collect()
}

#[cfg(test)]
mod tests;
