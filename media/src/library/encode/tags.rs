//! What is written in a file, in one shape for all kinds of tags.

use symphonia::core::meta::{
    Chapter, ChapterGroup, ChapterGroupItem, MetadataRevision, RawValue, StandardTag, Tag,
};
use yunke_protocol::{AudioChapter, AudioTags};

use super::{source::Written, text::repaired};

/// Chapters of a file.
const CHAPTERS: usize = 500;
/// Depth of chapters within chapters.
const DEPTH: usize = 4;
/// Longest title, characters.
const TITLE_CHARS: usize = 500;

/// All of it. Of several tags in a file the first that has a field has it: `ID3v2` comes before `ID3v1`, which is cut off.
pub(super) fn tags(written: &Written) -> AudioTags {
    let mut tags = AudioTags::default();
    for tag in written.revisions.iter().flat_map(all) {
        put(&mut tags, tag);
    }
    if let Some(group) = &written.chapters {
        collect(group, DEPTH, &mut tags.chapters);
    }
    tags.chapters.sort_by_key(|chapter| chapter.at_ms);
    tags.chapters.dedup_by_key(|chapter| chapter.at_ms);
    tags
}

/// Pictures of the file, the one of its front first.
pub(super) fn pictures(written: &Written) -> Vec<&[u8]> {
    use symphonia::core::meta::StandardVisualKey::FrontCover;
    let mut pictures: Vec<_> =
        written.revisions.iter().flat_map(|revision| &revision.media.visuals).collect();
    pictures.sort_by_key(|picture| picture.usage != Some(FrontCover));
    pictures.into_iter().map(|picture| &*picture.data).collect()
}

fn all(revision: &MetadataRevision) -> impl Iterator<Item = &Tag> {
    revision.media.tags.iter().chain(revision.per_track.iter().flat_map(|track| &track.metadata.tags))
}

fn put(tags: &mut AudioTags, tag: &Tag) {
    let text = |place: &mut Option<String>, value: &str, most: usize| {
        let value: String = repaired(value).chars().take(most).collect();
        if place.is_none() && !value.is_empty() {
            *place = Some(value);
        }
    };
    match &tag.std {
        Some(StandardTag::TrackTitle(title)) => text(&mut tags.title, title, TITLE_CHARS),
        Some(StandardTag::Album(album)) => text(&mut tags.album, album, TITLE_CHARS),
        Some(StandardTag::Artist(artist) | StandardTag::Narrator(artist)) => {
            text(&mut tags.artist, artist, TITLE_CHARS);
        }
        Some(StandardTag::Genre(genre)) => text(&mut tags.genre, genre, TITLE_CHARS),
        Some(StandardTag::Lyrics(lyrics)) => text(&mut tags.lyrics, lyrics, usize::MAX),
        Some(StandardTag::RecordingDate(date) | StandardTag::ReleaseDate(date)) => {
            text(&mut tags.year, date, TITLE_CHARS);
        }
        Some(StandardTag::RecordingYear(year) | StandardTag::ReleaseYear(year)) => {
            text(&mut tags.year, &year.to_string(), TITLE_CHARS);
        }
        Some(StandardTag::TrackNumber(number)) => tags.track = tags.track.or(u32::try_from(*number).ok()),
        Some(StandardTag::DiscNumber(number)) => tags.disc = tags.disc.or(u32::try_from(*number).ok()),
        _ => {}
    }
}

fn collect(group: &ChapterGroup, depth: usize, chapters: &mut Vec<AudioChapter>) {
    for item in &group.items {
        if chapters.len() >= CHAPTERS {
            return;
        }
        match item {
            ChapterGroupItem::Chapter(chapter) => chapters.push(AudioChapter {
                at_ms: i64::try_from(chapter.start_time.as_millis()).unwrap_or(0).max(0),
                title: title(chapter),
            }),
            ChapterGroupItem::Group(group) if depth > 0 => collect(group, depth - 1, chapters),
            ChapterGroupItem::Group(_) => {}
        }
    }
}

fn title(chapter: &Chapter) -> String {
    let named = chapter.tags.iter().find_map(|tag| match &tag.std {
        Some(StandardTag::ChapterTitle(title) | StandardTag::TrackTitle(title)) => Some(title.as_str()),
        _ => None,
    });
    let any = || {
        chapter.tags.iter().find_map(|tag| match &tag.raw.value {
            RawValue::String(text) => Some(text.as_str()),
            _ => None,
        })
    };
    repaired(named.or_else(any).unwrap_or_default()).chars().take(TITLE_CHARS).collect()
}

/// The same chapters of what is left of the sound: `trimmed_ms` was cut at the start.
pub(super) fn moved(chapters: &mut Vec<AudioChapter>, trimmed_ms: i64, length_ms: i64) {
    for chapter in chapters.iter_mut() {
        chapter.at_ms = (chapter.at_ms - trimmed_ms).max(0);
    }
    chapters.retain(|chapter| chapter.at_ms < length_ms);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chapters_move_with_the_sound_and_those_beyond_its_end_go() {
        let chapter = |at_ms| AudioChapter { at_ms, title: String::new() };
        let mut chapters = vec![chapter(0), chapter(5_000), chapter(90_000)];
        moved(&mut chapters, 3_200, 60_000);
        assert_eq!(chapters.iter().map(|chapter| chapter.at_ms).collect::<Vec<_>>(), [0, 1_800]);
    }
}
