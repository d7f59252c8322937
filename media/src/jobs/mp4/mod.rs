//! A lesson as one MP4 file, without a second copy of it: only the head is made and kept; the media behind it are the recorded
//! segments one after the other, as they lie in the store.
//!
//! What a segment has besides samples (`moof`) lies unused in the file's `mdat`: one per cent of it. The head is put as a
//! whole and last, so that a file is there or is not; its name says of which edition of the recording it is.

mod serve;
mod timeline;

use std::{
    collections::{HashMap, hash_map::Entry as MapEntry},
    path::Path as Folder,
    sync::Arc,
};

use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use uuid::Uuid;

pub(super) use self::serve::{Files, fetch};
use self::timeline::Timeline;
use super::error::JobError;
use crate::{
    container::mp4::{
        read::{self, Init},
        table::SampleTable,
        write,
    },
    live::event::Rendition,
    recording::{
        self,
        index::{self, Entry, Index},
    },
    unit::Track,
};

/// Samples of a file at most: a day and a half of picture and sound, 100 MB while it is made.
const MAX_SAMPLES: usize = 10_000_000;

/// The segments of a file, in its order: of what was sent, not of what was made of it here.
fn pieces(index: &Index) -> impl Iterator<Item = (&Entry, &index::MediaEntry)> {
    let sent = index.entries.iter().filter(|entry| !entry.rendition.is_transcoded());
    sent.filter_map(|entry| Some((entry, entry.media.as_ref()?)))
}

/// Where the heads of a lesson lie.
pub(super) fn heads_prefix(lesson: Uuid) -> Path {
    Path::from(format!("lessons/{lesson}/export"))
}

/// Where the head of this edition of the recording lies.
fn head_path(index: &Index) -> Path {
    Path::from(format!("{}/{}.mp4head", heads_prefix(index.lesson), index.edition()))
}

/// Removes the beginnings of heads that a process left behind which was killed while it wrote them: the store lists no file whose name
/// has a `#`. Only while none is written. `store_dir` is where its objects lie.
pub(super) fn remove_unfinished(store_dir: &Folder) {
    let lessons = std::fs::read_dir(store_dir.join("lessons")).into_iter().flatten().flatten();
    let files = lessons.filter_map(|lesson| std::fs::read_dir(lesson.path().join("export")).ok());
    for file in files.flatten().flatten() {
        if file.file_name().to_string_lossy().contains(".mp4head#")
            && let Err(error) = std::fs::remove_file(file.path())
        {
            tracing::warn!(%error, "the beginning of an MP4 file could not be removed");
        }
    }
}

/// Size of the file, if its head is there.
pub(super) async fn size(store: &dyn ObjectStore, lesson: Uuid) -> Result<Option<u64>, JobError> {
    let index = recording::whole(store, lesson).await?.ok_or(JobError::NotReady)?;
    match store.head(&head_path(&index)).await {
        Ok(head) => Ok(Some(head.size + media_bytes(&index))),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn media_bytes(index: &Index) -> u64 {
    pieces(index).map(|(_, media)| media.bytes).sum()
}

/// Makes the file. Reads the whole recording, a segment at a time; `progress` is told per cent.
pub(super) async fn make(
    store: &Arc<dyn ObjectStore>,
    lesson: Uuid,
    progress: impl Fn(u8),
) -> Result<(), JobError> {
    let index = recording::whole(&**store, lesson).await?.ok_or(JobError::NotReady)?;
    let made = head(store, &index, progress).await;
    // A fill that is moved or withdrawn takes its segments with it.
    let now = recording::whole(&**store, lesson).await?.ok_or(JobError::NotReady)?;
    if now.edition() != index.edition() {
        return Err(JobError::Changed);
    }
    store.put(&head_path(&index), made?.into()).await?;
    Ok(())
}

/// The head of the file.
async fn head(
    store: &Arc<dyn ObjectStore>,
    index: &Index,
    progress: impl Fn(u8),
) -> Result<Vec<u8>, JobError> {
    let lesson = index.lesson;
    let timeline = Timeline::new(pieces(index).map(|(entry, _)| entry));
    let (mut inits, mut tracks) = (HashMap::new(), Vec::<(Rendition, SampleTable)>::new());
    let (total, mut done) = (media_bytes(index), 0);
    for (entry, media) in pieces(index) {
        let key = (entry.rendition, media.stream, media.init);
        let init: &Init = match inits.entry(key) {
            MapEntry::Occupied(known) => known.into_mut(),
            MapEntry::Vacant(new) => {
                let path = index::init_path(lesson, key.0, key.1, key.2);
                new.insert(read::init(&store.get(&path).await?.bytes().await?).map_err(damaged)?)
            }
        };
        let path = index::segment_path(lesson, entry.rendition, media.stream, entry.msn);
        let bytes = store.get(&path).await?.bytes().await?;
        if bytes.len() as u64 != media.bytes {
            return Err(JobError::Damaged);
        }
        let chunks = read::segment(&bytes, init).map_err(damaged)?;
        let at = timeline.at(entry);
        let known = tracks.iter().position(|(rendition, _)| *rendition == entry.rendition);
        let known = known.unwrap_or_else(|| {
            tracks.push((entry.rendition, SampleTable::new(init, at)));
            tracks.len() - 1
        });
        tracks[known].1.add(init, &chunks, at, done);
        if tracks.iter().map(|(_, track)| track.samples()).sum::<usize>() > MAX_SAMPLES {
            return Err(JobError::TooLong);
        }
        done += media.bytes;
        progress(u8::try_from(done.saturating_mul(100).checked_div(total).unwrap_or(0)).unwrap_or(100));
    }
    if tracks.is_empty() {
        return Err(JobError::Nothing);
    }
    tracks.sort_by_key(|(rendition, _)| *rendition);
    let kind = |rendition: Rendition| if rendition.is_sound() { Track::Audio } else { Track::Video };
    let tracks: Vec<_> = tracks.into_iter().map(|(rendition, table)| (kind(rendition), table)).collect();
    Ok(write::head(&tracks, total))
}

fn damaged(problem: read::Damaged) -> JobError {
    tracing::error!(%problem, "a recording cannot be read");
    JobError::Damaged
}
