//! What is recorded of a lesson: the index, and where everything lies in the object store.
//!
//! Pure: types, paths and how index pages add up. The writer is in [`super`], the reader is the replay.
//!
//! ```text
//! lessons/<lesson>/index/00000000.json      pages of the index, PAGE_ENTRIES entries each; the last one is
//! lessons/<lesson>/index/00000001.json        put again whenever segments were added
//! lessons/<lesson>/index.json               the whole index, put once when the lesson has ended
//! lessons/<lesson>/video/<stream>-<msn>.m4s a segment
//! lessons/<lesson>/video/<stream>-init<n>.mp4
//! ```
//! A segment is put before the page that names it, and every put replaces the object as a whole, so what an
//! index names exists, whenever the process was killed. Putting a page costs some kilobytes however long the
//! lesson is. While the lesson runs, and after a crash, the index is the sum of its pages.

use object_store::path::Path;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use yunke_protocol::{LessonMillis, Tracks, UtcMillis};

use crate::live::event::{Format, Rendition};

/// Entries of one page: a minute and a half of three renditions, 20 kB.
pub const PAGE_ENTRIES: usize = 128;

/// The index of a lesson, or one page of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// The lesson.
    pub lesson: Uuid,
    /// UTC of lesson position 0.
    pub zero_at: UtcMillis,
    /// The lesson's length once it has ended and the recording is complete; only in the whole index.
    pub length_ms: Option<LessonMillis>,
    /// Initialization sections, each in the page in which it is first used.
    pub inits: Vec<InitEntry>,
    /// Segments and gaps, per rendition in order of time; the renditions interleave.
    pub entries: Vec<Entry>,
    /// Which tracks arrived, each from its time on; where nothing did there are gaps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arrivals: Vec<Arrival>,
    /// Streams of the fills that were put in the place of gaps, in their order; not part of the recording itself.
    #[serde(skip)]
    pub fills: Vec<u64>,
}

/// Which tracks really arrived from a time on. What is missing is filled, and players have to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// When it was noticed.
    pub at: UtcMillis,
    /// What arrived.
    #[serde(flatten)]
    pub tracks: Tracks,
}

/// An initialization section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitEntry {
    /// Of which rendition.
    pub rendition: Rendition,
    /// The stream it belongs to.
    pub stream: u64,
    /// Its number in the rendition of the stream.
    pub number: u32,
    /// What it describes.
    pub format: Format,
}

/// A segment, or a gap of a segment's length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Of which rendition.
    pub rendition: Rendition,
    /// Media sequence number.
    pub msn: u64,
    /// UTC of its first frame.
    pub pdt: UtcMillis,
    /// Media time it lasts, microseconds.
    pub duration_us: u64,
    /// `EXT-X-DISCONTINUITY` stands before it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub discontinuity: bool,
    /// Where its bytes are; none for a gap, or when the store would not take them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<MediaEntry>,
}

/// The bytes of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaEntry {
    /// The stream it belongs to.
    pub stream: u64,
    /// The number of its initialization section.
    pub init: u32,
    /// Size of the object.
    pub bytes: u64,
    /// Starts with a key frame.
    pub independent: bool,
    /// Its first frame is presented so much after the entry's date, microseconds; negative is before it. Only fills have it, whose
    /// frames do not lie where the lesson's would have.
    #[serde(default, skip_serializing_if = "exact")]
    pub late_us: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn exact(late_us: &i64) -> bool {
    *late_us == 0
}

impl Index {
    /// Without entries.
    pub fn new(lesson: Uuid, zero_at: UtcMillis) -> Self {
        Self {
            lesson,
            zero_at,
            length_ms: None,
            inits: Vec::new(),
            entries: Vec::new(),
            arrivals: Vec::new(),
            fills: Vec::new(),
        }
    }

    /// Adds the next page.
    pub fn append(&mut self, page: Self) {
        self.inits.extend(page.inits);
        self.entries.extend(page.entries);
        self.arrivals.extend(page.arrivals);
        self.length_ms = self.length_ms.or(page.length_ms);
    }

    /// The initialization section of an entry.
    pub fn init_of(&self, rendition: Rendition, media: &MediaEntry) -> Option<&InitEntry> {
        self.inits.iter().find(|init| {
            init.rendition == rendition && init.stream == media.stream && init.number == media.init
        })
    }

    /// Which edition of the recording it is; goes into names.
    pub fn edition(&self) -> String {
        self.fills.iter().fold("0".to_owned(), |name, stream| format!("{name}-{stream:x}"))
    }

    /// The last number used, over all renditions.
    pub fn last_msn(&self) -> Option<u64> {
        self.entries.iter().map(|entry| entry.msn).max()
    }

    /// UTC of the end of the furthest entry.
    pub fn end(&self) -> Option<UtcMillis> {
        self.entries.iter().map(Entry::end).max()
    }

    /// Stretches in which a track did not arrive while the other one did, on the lesson's timeline: first those without a
    /// picture, then those without sound.
    pub fn lacks(&self) -> [Vec<(LessonMillis, LessonMillis)>; 2] {
        let end = self.end().unwrap_or(self.zero_at);
        let ends = self.arrivals.iter().skip(1).map(|arrival| arrival.at).chain([end]);
        let stretches: Vec<_> = self.arrivals.iter().zip(ends).collect();
        let lacks = |missing: fn(&Tracks) -> bool| {
            let mut found: Vec<(LessonMillis, LessonMillis)> = Vec::new();
            for (arrival, to) in stretches.iter().filter(|(arrival, _)| missing(&arrival.tracks)) {
                let (from, to) = ((arrival.at - self.zero_at).max(0), to - self.zero_at);
                match found.last_mut() {
                    Some(last) if last.1 == from => last.1 = to,
                    _ if to > from => found.push((from, to)),
                    _ => {}
                }
            }
            found
        };
        [lacks(|tracks| !tracks.picture), lacks(|tracks| !tracks.sound)]
    }

    /// Discontinuities so far: those of the rendition that has most.
    pub fn discontinuities(&self) -> u64 {
        let count = |rendition| {
            self.entries.iter().filter(|e| e.rendition == rendition && e.discontinuity).count() as u64
        };
        Rendition::ALL.into_iter().map(count).max().unwrap_or_default()
    }
}

impl Entry {
    /// UTC of its end.
    pub fn end(&self) -> UtcMillis {
        let millis = (self.duration_us + 500) / 1000;
        self.pdt.saturating_add(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}

/// Whether this file is of an edition that has the stream of this fill.
pub fn edition_has(file: &str, stream: u64) -> bool {
    let edition = file.split_once('.').map_or(file, |(edition, _)| edition);
    edition.split('-').skip(1).any(|fill| u64::from_str_radix(fill, 16) == Ok(stream))
}

/// The whole index of a lesson that has ended.
pub fn index_path(lesson: Uuid) -> Path {
    Path::from(format!("lessons/{lesson}/index.json"))
}

/// Where the pages lie.
pub fn pages_prefix(lesson: Uuid) -> Path {
    Path::from(format!("lessons/{lesson}/index"))
}

/// One page; names sort as numbers do.
pub fn page_path(lesson: Uuid, page: u32) -> Path {
    Path::from(format!("lessons/{lesson}/index/{page:08}.json"))
}

/// Where the segments of a rendition lie.
pub fn rendition_prefix(lesson: Uuid, rendition: Rendition) -> Path {
    Path::from(format!("lessons/{lesson}/{}", rendition.name()))
}

/// A segment.
pub fn segment_path(lesson: Uuid, rendition: Rendition, stream: u64, msn: u64) -> Path {
    Path::from(format!("lessons/{lesson}/{}/{stream}-{msn}.m4s", rendition.name()))
}

/// An initialization section.
pub fn init_path(lesson: Uuid, rendition: Rendition, stream: u64, number: u32) -> Path {
    Path::from(format!("lessons/{lesson}/{}/{stream}-init{number}.mp4", rendition.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(rendition: Rendition, msn: u64) -> Entry {
        let pdt = 1_000_000 + i64::try_from(msn).expect("small") * 2000;
        let media = MediaEntry { stream: 5, init: 0, bytes: 10, independent: true, late_us: 0 };
        Entry { rendition, msn, pdt, duration_us: 1_999_600, discontinuity: msn == 3, media: Some(media) }
    }

    #[test]
    fn pages_add_up_to_the_whole() {
        let lesson = Uuid::from_u128(1);
        let mut first = Index::new(lesson, 1_000_000);
        first.entries = vec![entry(Rendition::Video, 0), entry(Rendition::Audio, 0)];
        let mut second = Index::new(lesson, 1_000_000);
        second.entries = vec![entry(Rendition::Video, 3)];
        let json = serde_json::to_string(&second).expect("plain data");
        first.append(serde_json::from_str(&json).expect("just written"));
        assert_eq!(first.last_msn(), Some(3));
        assert_eq!(first.end(), Some(1_008_000));
        assert_eq!(first.discontinuities(), 1);
    }

    #[test]
    fn what_did_not_arrive_is_known_of_each_track() {
        let mut index = Index::new(Uuid::nil(), 1_000_000);
        index.entries = vec![entry(Rendition::Video, 0), entry(Rendition::Video, 9)];
        let arrival = |at, picture, sound| Arrival { at, tracks: Tracks { picture, sound, pictured: true } };
        index.arrivals = vec![
            arrival(999_000, false, true),
            arrival(1_004_000, true, true),
            arrival(1_006_000, true, false),
            arrival(1_008_000, false, true),
            arrival(1_009_000, false, true),
        ];
        let json = serde_json::to_string(&index).expect("plain data");
        let again: Index = serde_json::from_str(&json).expect("just written");
        assert_eq!(again.lacks(), [vec![(0, 4_000), (8_000, 20_000)], vec![(6_000, 8_000)]]);
        assert_eq!(Index::new(Uuid::nil(), 0).lacks(), [vec![], vec![]]);
    }

    #[test]
    fn an_edition_names_its_fills() {
        let mut index = Index::new(Uuid::nil(), 0);
        assert!(!edition_has(&format!("{}.mp4head", index.edition()), 0), "the recording itself is no fill");
        index.fills = vec![26, 300];
        let file = format!("{}.mp4head", index.edition());
        assert_eq!([26, 300, 1, 2].map(|stream| edition_has(&file, stream)), [true, true, false, false]);
    }

    #[test]
    fn pages_sort_by_number() {
        let lesson = Uuid::nil();
        assert!(page_path(lesson, 9).as_ref() < page_path(lesson, 10).as_ref());
        assert!(page_path(lesson, 0).prefix_matches(&pages_prefix(lesson)));
    }
}
