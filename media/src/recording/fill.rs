//! Fills: what takes the place of a recording's gaps, kept beside the recording, which is never rewritten. Pure.
//!
//! ```text
//! lessons/<lesson>/fills/<fill>.json        one fill: where its file lies on the timeline, and once ready its entries
//! lessons/<lesson>/video/<stream>-<msn>.m4s its segments, under a stream number of its own and the gaps' sequence numbers
//! retired/<lesson>/<stream>.json            what a fill had before it was moved or withdrawn, as long as it may be played
//! ```
//! Each entry of a fill replaces exactly one entry of the index that has no media: the same rendition, number, date and
//! length. So nothing moves, and a fill that is withdrawn leaves the recording as it was.

use std::collections::{BTreeSet, HashMap, HashSet};

use object_store::path::Path;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use yunke_protocol::{FillPlan, FilledGap, UtcMillis};

use super::index::{Entry, Index, InitEntry};
use crate::live::event::Rendition;

/// Holes shorter than this between two entries are rounding.
const ROUNDING_MS: i64 = 50;

/// A fill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FillRecord {
    /// Its id.
    pub fill: Uuid,
    /// When it was asked for.
    pub created_at: UtcMillis,
    /// The file.
    pub plan: FillPlan,
    /// Added to the file's start.
    pub offset_ms: i64,
    /// How far it is.
    pub state: FillState,
}

/// How far a fill is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum FillState {
    /// The file is being sent.
    Sending,
    /// The file is whole; the work is to be done.
    Wanted {
        /// The number its stream will have, also of a worker that begins again.
        stream: u64,
    },
    /// It is part of the replay.
    Ready(Filled),
    /// It cannot be used.
    Failed {
        /// Why.
        code: String,
    },
}

/// What a fill has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    /// The number of its stream.
    pub stream: u64,
    /// Its initialization sections.
    pub inits: Vec<InitEntry>,
    /// What replaces entries of the index; all have media.
    pub entries: Vec<Entry>,
}

/// What a fill had: no part of the replay any more, but named by the playlists of those who opened it before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    /// Since when.
    pub at: UtcMillis,
    /// What it had.
    pub filled: Filled,
}

impl FillRecord {
    /// UTC of the file's first frame, moved as asked.
    pub fn begins_at(&self) -> UtcMillis {
        self.plan.starts_at.saturating_add(self.offset_ms)
    }
}

impl Index {
    /// Puts a fill in the place of gaps. Entries that are no gaps any more stay as they are.
    pub fn apply(&mut self, filled: &Filled) {
        let new: HashMap<_, _> =
            filled.entries.iter().map(|entry| ((entry.rendition, entry.msn), entry)).collect();
        for entry in self.entries.iter_mut().filter(|entry| entry.media.is_none()) {
            if let Some(new) = new.get(&(entry.rendition, entry.msn)) {
                entry.media.clone_from(&new.media);
            }
        }
        self.inits.extend(filled.inits.iter().cloned());
        self.fills.push(filled.stream);
        // Where the stream changes there is a discontinuity, and at the same number in the other rendition, too:
        // players lay both side by side by counting them.
        let mut seams = BTreeSet::new();
        for rendition in Rendition::ALL {
            let mut last = None;
            for entry in self.entries.iter().filter(|entry| entry.rendition == rendition) {
                let Some(media) = &entry.media else { continue };
                let now = (media.stream, media.init);
                let filled = |(stream, _): (u64, u32)| self.fills.contains(&stream);
                if let Some(before) = last.replace(now)
                    && before != now
                    && (filled(before) || filled(now))
                {
                    seams.insert(entry.msn);
                }
            }
        }
        for entry in &mut self.entries {
            entry.discontinuity |= seams.contains(&entry.msn);
        }
    }

    /// Stretches of the lesson for which picture or sound has no media though the recording has it, ascending. What was made of them
    /// here may be missing: the replay does without.
    pub fn missing(&self) -> Vec<FilledGap> {
        stretches(self.zero_at, self.gap_entries().filter(|entry| !entry.rendition.is_transcoded()))
    }

    /// Entries without media, of renditions the recording has; the renditions interleave.
    pub fn gap_entries(&self) -> impl Iterator<Item = &Entry> {
        let has: HashSet<_> = self.inits.iter().map(|init| init.rendition).collect();
        self.entries.iter().filter(move |entry| entry.media.is_none() && has.contains(&entry.rendition))
    }
}

/// Entries as stretches of the lesson.
pub fn stretches<'a>(zero_at: UtcMillis, entries: impl Iterator<Item = &'a Entry>) -> Vec<FilledGap> {
    let mut all: Vec<(i64, i64)> =
        entries.map(|entry| (entry.pdt - zero_at, entry.end() - zero_at)).collect();
    all.sort_unstable();
    let mut merged: Vec<FilledGap> = Vec::new();
    for (from_ms, to_ms) in all {
        match merged.last_mut() {
            Some(last) if from_ms <= last.to_ms + ROUNDING_MS => last.to_ms = last.to_ms.max(to_ms),
            _ => merged.push(FilledGap { from_ms, to_ms }),
        }
    }
    merged
}

/// Where the fills of a lesson lie.
pub fn fills_prefix(lesson: Uuid) -> Path {
    Path::from(format!("lessons/{lesson}/fills"))
}

/// One fill.
pub fn fill_path(lesson: Uuid, fill: Uuid) -> Path {
    Path::from(format!("lessons/{lesson}/fills/{fill}.json"))
}

/// Where what fills had lies: of all lessons, of one of them.
pub fn retired_prefix(lesson: Option<Uuid>) -> Path {
    Path::from(lesson.map_or_else(|| "retired".to_owned(), |lesson| format!("retired/{lesson}")))
}

/// What a fill had under this number.
pub fn retired_path(lesson: Uuid, stream: u64) -> Path {
    Path::from(format!("retired/{lesson}/{stream}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{live::event::Format, recording::index::MediaEntry};

    fn entry(rendition: Rendition, msn: u64, stream: Option<u64>, discontinuity: bool) -> Entry {
        let media =
            stream.map(|stream| MediaEntry { stream, init: 0, bytes: 9, independent: true, late_us: 0 });
        let pdt = 10_000 + i64::try_from(msn).expect("small") * 2000;
        Entry { rendition, msn, pdt, duration_us: 2_000_000, discontinuity, media }
    }

    /// Media, two gaps, media of another stream, media.
    fn recording() -> Index {
        let mut index = Index::new(Uuid::nil(), 10_000);
        for rendition in [Rendition::Video, Rendition::Audio] {
            let format = Format::Audio { codec: String::new(), rate: 1, channels: 1 };
            index.inits.push(InitEntry { rendition, stream: 1, number: 0, format });
            index.entries.extend([
                entry(rendition, 0, Some(1), true),
                entry(rendition, 1, None, false),
                entry(rendition, 2, None, false),
                entry(rendition, 3, Some(2), true),
                entry(rendition, 4, Some(2), false),
            ]);
        }
        index
    }

    fn seams(index: &Index, rendition: Rendition) -> Vec<u64> {
        let marked = index.entries.iter().filter(|entry| entry.rendition == rendition && entry.discontinuity);
        marked.map(|entry| entry.msn).collect()
    }

    #[test]
    fn a_fill_takes_the_place_of_gaps_and_nothing_moves() {
        let mut index = recording();
        assert_eq!(index.missing(), [FilledGap { from_ms: 2000, to_ms: 6000 }]);
        let entries = [Rendition::Video, Rendition::Audio]
            .map(|r| [entry(r, 1, Some(7), false), entry(r, 2, Some(7), false)]);
        // One that is no gap: it stays as it is.
        let wrong = entry(Rendition::Video, 4, Some(7), false);
        let filled =
            Filled { stream: 7, inits: Vec::new(), entries: [entries.concat(), vec![wrong]].concat() };
        let before: Vec<_> =
            index.entries.iter().map(|entry| (entry.msn, entry.pdt, entry.duration_us)).collect();
        index.apply(&filled);
        let after: Vec<_> =
            index.entries.iter().map(|entry| (entry.msn, entry.pdt, entry.duration_us)).collect();
        assert_eq!(before, after);
        assert!(index.missing().is_empty());
        assert_eq!(index.entries[4].media.as_ref().map(|media| media.stream), Some(2));
        for rendition in [Rendition::Video, Rendition::Audio] {
            assert_eq!(seams(&index, rendition), [0, 1, 3]);
        }
        assert_ne!(index.edition(), recording().edition());
    }

    #[test]
    fn where_only_one_rendition_is_filled_both_count_the_same_discontinuities() {
        let mut index = recording();
        let entries = vec![entry(Rendition::Video, 2, Some(7), false)];
        index.apply(&Filled { stream: 7, inits: Vec::new(), entries });
        assert_eq!(seams(&index, Rendition::Video), [0, 2, 3]);
        assert_eq!(seams(&index, Rendition::Audio), [0, 2, 3]);
        assert_eq!(index.missing(), [FilledGap { from_ms: 2000, to_ms: 6000 }], "the sound is still missing");
    }
}
