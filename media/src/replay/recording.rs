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
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::recording::index::{Arrival, InitEntry, MediaEntry};
    use yunke_protocol::Tracks;

    const ZERO: UtcMillis = 1_795_311_792_000;

    fn entry(rendition: Rendition, msn: u64, stream: Option<u64>, discontinuity: bool) -> Entry {
        let bytes = if rendition == Rendition::Video { 500_000 } else { 32_000 };
        let media = stream.map(|stream| MediaEntry { stream, init: 0, bytes, independent: true, late_us: 0 });
        let pdt = ZERO + i64::try_from(msn).expect("small") * 2000;
        Entry { rendition, msn, pdt, duration_us: 2_000_000, discontinuity, media }
    }

    /// Two segments, a gap, a segment of another stream, and a gap at the end.
    fn index() -> Index {
        let mut index = Index::new(Uuid::from_u128(1), ZERO);
        for (rendition, format) in [
            (
                Rendition::Video,
                Format::Video { codec: "avc1.64001f".into(), width: 640, height: 360, fps_milli: 25_000 },
            ),
            (Rendition::Audio, Format::Audio { codec: "mp4a.40.2".into(), rate: 48_000, channels: 1 }),
        ] {
            for stream in [10, 11] {
                index.inits.push(InitEntry { rendition, stream, number: 0, format: format.clone() });
            }
            index.entries.extend([
                entry(rendition, 0, Some(10), true),
                entry(rendition, 1, Some(10), false),
                entry(rendition, 2, None, false),
                entry(rendition, 3, Some(11), true),
                entry(rendition, 4, None, false),
            ]);
        }
        index
    }

    fn playlist(recording: &Recording, rendition: Rendition) -> Option<&str> {
        recording.playlists.iter().find(|(of, _)| *of == rendition).map(|(_, text)| text.as_str())
    }

    #[test]
    fn the_playlist_of_a_recording() {
        let recording = Recording::new(&index(), Stretch::WHOLE);
        assert_eq!(
            playlist(&recording, Rendition::Video).expect("there is a picture"),
            "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:0\n\
             #EXT-X-INDEPENDENT-SEGMENTS\n\
             #EXT-X-MAP:URI=\"video-i0-a.mp4\"\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:43:12.000Z\n#EXTINF:2.000000,\nvideo-s0-a.m4s\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:43:14.000Z\n#EXTINF:2.000000,\nvideo-s1-a.m4s\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:43:16.000Z\n#EXT-X-GAP\n#EXTINF:2.000000,\nvideo-s2-0.m4s\n\
             #EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"video-i0-b.mp4\"\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:43:18.000Z\n#EXTINF:2.000000,\nvideo-s3-b.m4s\n\
             #EXT-X-ENDLIST\n"
        );
        assert_eq!(recording.segments.len(), 6);
        let name = Name::parse("audio-s3-b.m4s").expect("a name");
        assert_eq!(recording.segments[&name], File { bytes: 32_000, interval: (ZERO + 6000, ZERO + 8000) });
    }

    #[test]
    fn the_multivariant_playlists_of_a_recording() {
        let recording = Recording::new(&index(), Stretch::WHOLE);
        let text = recording.index.expect("there is something");
        assert!(text.contains("BANDWIDTH=2128000,AVERAGE-BANDWIDTH=2128000,CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=640x360,FRAME-RATE=25.000"));
        let listen = recording.listen.expect("there is sound");
        assert!(listen.contains("BANDWIDTH=128000") && !listen.contains("video"));
    }

    #[test]
    fn a_recording_says_where_a_track_is_missing() {
        let mut index = index();
        let tracks = |picture| Tracks { picture, sound: true, pictured: true };
        index.arrivals = [(0, true), (2_000, false), (4_000, true)]
            .map(|(at, picture)| Arrival { at: ZERO + at, tracks: tracks(picture) })
            .to_vec();
        let recording = Recording::new(&index, Stretch::WHOLE);
        let said = "\n#EXT-X-SESSION-DATA:DATA-ID=\"org.yunke.without-picture\",VALUE=\"2000-4000\"\n";
        assert!(recording.index.is_some_and(|text| text.ends_with(said) && !text.contains("without-sound")));
    }

    /// A low-bitrate audio rendition that began a segment late and ended one early.
    fn with_small_sound(kept: std::ops::Range<u64>) -> Recording {
        let format = Format::Audio { codec: "mp4a.40.2".into(), rate: 48_000, channels: 1 };
        with_small(Rendition::AudioLow, Rendition::Audio, &format, &kept)
    }

    fn with_small_picture(kept: std::ops::Range<u64>) -> Recording {
        let format =
            Format::Video { codec: "avc1.64001e".into(), width: 640, height: 360, fps_milli: 30_000 };
        with_small(Rendition::VideoLow, Rendition::Video, &format, &kept)
    }

    fn with_small(
        rendition: Rendition,
        of: Rendition,
        format: &Format,
        kept: &std::ops::Range<u64>,
    ) -> Recording {
        let mut index = index();
        for stream in [10, 11] {
            index.inits.push(InitEntry { rendition, stream, number: 0, format: format.clone() });
        }
        let like = |audio: &Entry| Entry { rendition, ..audio.clone() };
        let source = |entry: &&Entry| entry.rendition == of && kept.contains(&entry.msn);
        let small: Vec<Entry> = index.entries.iter().filter(source).map(like).collect();
        index.entries.extend(small);
        Recording::new(&index, Stretch::WHOLE)
    }

    #[test]
    fn a_small_sound_is_offered_when_it_is_whole() {
        let recording = with_small_sound(0..5);
        let listen = recording.listen.as_deref().expect("there is sound");
        let variants: Vec<&str> = listen.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(variants, ["audio48.m3u8", "audio.m3u8"]);
        let text = recording.index.as_deref().expect("there is something");
        let variants: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(variants, ["video.m3u8", "audio48.m3u8"]);
    }

    #[test]
    fn a_small_sound_in_pieces_is_as_long_as_the_lesson_and_not_offered() {
        let recording = with_small_sound(1..3);
        let full = playlist(&recording, Rendition::Audio).expect("there is sound");
        let small = playlist(&recording, Rendition::AudioLow).expect("there is some");
        let lines = |text: &str, tag: &str| text.lines().filter(|line| line.starts_with(tag)).count();
        assert_eq!(lines(small, "#EXTINF"), lines(full, "#EXTINF"));
        assert_eq!(lines(small, "#EXT-X-DISCONTINUITY"), lines(full, "#EXT-X-DISCONTINUITY"));
        assert_eq!((lines(full, "#EXT-X-GAP"), lines(small, "#EXT-X-GAP")), (1, 3));
        assert!(!recording.listen.expect("there is sound").contains("audio48"));
    }

    #[test]
    fn a_small_picture_is_offered_when_it_is_whole_and_never_to_listen_to() {
        let variants = |text: Option<String>| -> Vec<String> {
            let text = text.expect("there is something");
            text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
        };
        let whole = with_small_picture(0..5);
        assert_eq!(variants(whole.listen), ["audio.m3u8"]);
        assert_eq!(variants(whole.index), ["video.m3u8", "video360.m3u8", "audio.m3u8"]);
        let pieces = with_small_picture(1..3);
        let small = playlist(&pieces, Rendition::VideoLow).expect("there is some");
        assert_eq!(small.matches("#EXT-X-GAP").count(), 3, "as long as the lesson: {small}");
        assert_eq!(variants(pieces.index), ["video.m3u8", "audio.m3u8"]);
    }

    fn shown(from_ms: i64, to_ms: Option<i64>) -> Recording {
        Recording::new(&index(), Stretch::new(from_ms, to_ms))
    }

    #[test]
    fn of_a_trimmed_recording_only_what_meets_the_stretch_is_there() {
        let recording = shown(2_500, Some(6_000));
        assert_eq!(
            playlist(&recording, Rendition::Video).expect("there is a picture"),
            "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:1\n\
             #EXT-X-INDEPENDENT-SEGMENTS\n\
             #EXT-X-START:TIME-OFFSET=0.500000,PRECISE=YES\n\
             #EXT-X-MAP:URI=\"video-i0-a.mp4\"\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:43:14.000Z\n#EXTINF:2.000000,\nvideo-s1-a.m4s\n\
             #EXT-X-ENDLIST\n",
            "the gap that ends the stretch is left out, dates stay what they were"
        );
        let names: Vec<_> = recording.segments.keys().map(Name::to_string).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(names.iter().all(|name| name.contains("-s1-")), "{names:?}");
    }

    #[test]
    fn the_edges_of_a_stretch_are_exact() {
        let count = |from, to| shown(from, to).segments.len() / 2;
        assert_eq!(count(0, None), 3);
        assert_eq!((count(1_999, None), count(2_000, None)), (3, 2));
        assert_eq!((count(0, Some(6_000)), count(0, Some(6_001))), (2, 3));
        assert_eq!((count(4_000, Some(6_000)), count(8_000, None)), (0, 0), "gaps only");
        let nothing = shown(4_000, Some(6_000));
        assert!(nothing.index.is_none() && playlist(&nothing, Rendition::Video).is_none());
        let from_the_gap = shown(5_000, None);
        let from_the_gap = playlist(&from_the_gap, Rendition::Video).expect("there is a picture");
        assert!(from_the_gap.contains("#EXT-X-START:TIME-OFFSET=1.000000,PRECISE=YES\n"), "{from_the_gap}");
    }

    #[test]
    fn a_recording_without_sound_or_without_anything() {
        let mut silent = index();
        silent.entries.retain(|entry| entry.rendition == Rendition::Video);
        let recording = Recording::new(&silent, Stretch::WHOLE);
        assert!(recording.listen.is_none() && playlist(&recording, Rendition::Audio).is_none());
        assert!(!recording.index.expect("there is a picture").contains("AUDIO"));
        silent.entries.clear();
        assert!(Recording::new(&silent, Stretch::WHOLE).index.is_none());
    }
}
