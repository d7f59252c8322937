//! The task that writes one lesson's recording: segment, then the index page that names it, one after the other.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::{Instant, sleep, timeout},
};
use yunke_protocol::{LessonMillis, UtcMillis};

use super::{
    index::{self, Arrival, Entry, Index, InitEntry, MediaEntry, PAGE_ENTRIES},
    load::Beginning,
    status::{Status, no_space},
};
use crate::live::event::{Completed, Content, NumberedInit, Rendition};

/// One attempt to put an object.
const PUT_TIME: Duration = Duration::from_secs(10);
/// Waits between the attempts to put a segment; after the last one it is lost. 12 s: within what may wait. Where the disk is full it
/// is tried until there is room: what waits is written then, and what there is no room to wait for is the hole.
const RETRIES: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(5),
];
/// Wait between the attempts while the disk is full.
const FULL_RETRY: Duration = Duration::from_secs(5);
/// A page that the store did not take waits so long for its next attempt: what is queued behind it goes on meanwhile.
const PAGE_RETRY: Duration = Duration::from_secs(5);
/// Waits between the attempts to put the index at the end; there is no hurry any more, and no giving up.
const FINISH_RETRY: Duration = Duration::from_secs(5);

/// What the lesson's end asks of the writer.
#[derive(Debug)]
pub(super) enum Job {
    Segment(Completed),
    Arrives(Arrival),
    Finish { end: UtcMillis, length_ms: LessonMillis },
    Flush(oneshot::Sender<()>),
}

pub(super) struct Writer {
    store: Arc<dyn ObjectStore>,
    stream: u64,
    index: Index,
    /// Number of the open page, and where what it has starts in the index.
    page: u32,
    page_entries: usize,
    page_inits: usize,
    page_arrivals: usize,
    dirty: bool,
    /// When the open page may be put again.
    page_at: Instant,
    inits: BTreeSet<(Rendition, u32)>,
    status: Arc<Status>,
    changed: Arc<Notify>,
}

impl Writer {
    pub(super) fn new(
        store: Arc<dyn ObjectStore>,
        stream: u64,
        beginning: Beginning,
        status: Arc<Status>,
        changed: Arc<Notify>,
    ) -> Self {
        let Beginning { index, pages } = beginning;
        let (page_entries, page_inits) = (index.entries.len(), index.inits.len());
        let page_arrivals = index.arrivals.len();
        let inits = BTreeSet::new();
        Self {
            store,
            stream,
            index,
            page: pages,
            page_entries,
            page_inits,
            page_arrivals,
            dirty: false,
            page_at: Instant::now(),
            inits,
            status,
            changed,
        }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Job>) {
        while let Some(job) = inbox.recv().await {
            match job {
                Job::Segment(segment) => self.segment(segment).await,
                // It goes with the next segment.
                Job::Arrives(arrival) => self.index.arrivals.push(arrival),
                Job::Flush(done) => {
                    self.put_last_page().await;
                    let _ = done.send(());
                }
                Job::Finish { end, length_ms } => {
                    self.put_page().await;
                    self.finish(end, length_ms).await;
                    return;
                }
            }
            // While more is waiting the page can wait too; it names nothing that is not there.
            let due = inbox.is_empty() || self.index.entries.len() - self.page_entries >= PAGE_ENTRIES;
            if due && Instant::now() >= self.page_at {
                self.put_page().await;
            }
        }
        self.put_last_page().await;
    }

    async fn segment(&mut self, segment: Completed) {
        let Completed { rendition, msn, pdt, duration, content, discontinuity } = segment;
        let duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let media = match content {
            Content::Gap => None,
            Content::Media { bytes, init, independent } => {
                let size = bytes.len();
                let media = self.media(rendition, msn, bytes, &init, independent).await;
                self.status.written(size);
                if media.is_none() {
                    self.status.lose();
                }
                media
            }
        };
        self.index.entries.push(Entry { rendition, msn, pdt, duration_us, discontinuity, media });
        self.dirty = true;
    }

    async fn media(
        &mut self,
        rendition: Rendition,
        msn: u64,
        bytes: Bytes,
        init: &NumberedInit,
        independent: bool,
    ) -> Option<MediaEntry> {
        let (lesson, stream) = (self.index.lesson, self.stream);
        if !self.inits.contains(&(rendition, init.number)) {
            let path = index::init_path(lesson, rendition, stream, init.number);
            self.put(&path, init.init.bytes.clone()).await?;
            self.inits.insert((rendition, init.number));
            let format = init.init.format.clone();
            self.index.inits.push(InitEntry { rendition, stream, number: init.number, format });
        }
        let size = bytes.len() as u64;
        self.put(&index::segment_path(lesson, rendition, stream, msn), bytes).await?;
        metrics::counter!("yunke_media_recording_bytes_total").increment(size);
        Some(MediaEntry { stream, init: init.number, bytes: size, independent, late_us: 0 })
    }

    /// One attempt; without success the page stays dirty, and a later segment tries again.
    async fn put_page(&mut self) {
        let Some((path, page)) = self.dirty_page() else { return };
        match self.attempt(&path, page).await {
            Ok(()) => self.page_is_put(),
            Err(problem) => {
                tracing::warn!(%path, problem, "the store refused a page of the index");
                self.page_at = Instant::now() + PAGE_RETRY;
            }
        }
    }

    /// As patient as with a segment: nothing comes that would try again.
    async fn put_last_page(&mut self) {
        let Some((path, page)) = self.dirty_page() else { return };
        if self.put(&path, page).await.is_some() {
            self.page_is_put();
        }
    }

    fn dirty_page(&self) -> Option<(Path, Bytes)> {
        let page = || Index {
            lesson: self.index.lesson,
            zero_at: self.index.zero_at,
            length_ms: None,
            inits: self.index.inits[self.page_inits..].to_vec(),
            entries: self.index.entries[self.page_entries..].to_vec(),
            arrivals: self.index.arrivals[self.page_arrivals..].to_vec(),
            fills: Vec::new(),
        };
        self.dirty.then(|| (index::page_path(self.index.lesson, self.page), json(&page())))
    }

    fn page_is_put(&mut self) {
        self.dirty = false;
        if self.index.entries.len() - self.page_entries >= PAGE_ENTRIES {
            self.page += 1;
            self.page_entries = self.index.entries.len();
            self.page_inits = self.index.inits.len();
            self.page_arrivals = self.index.arrivals.len();
        }
    }

    async fn finish(mut self, end: UtcMillis, length_ms: LessonMillis) {
        self.index.entries.retain(|entry| entry.media.is_some() || entry.end() <= end);
        self.index.length_ms = Some(length_ms);
        let path = index::index_path(self.index.lesson);
        let whole = json(&self.index);
        while self.put(&path, whole.clone()).await.is_none() {
            sleep(FINISH_RETRY).await;
        }
        self.status.finished();
        self.changed.notify_one();
        tracing::info!(lesson = %self.index.lesson, segments = self.index.entries.len(), "the replay is ready");
    }

    /// Notes how it is going; when that changes, it is reported to the server at once.
    fn failing(&self, failing: bool, full: bool) {
        if self.status.refused(failing, full) {
            self.changed.notify_one();
        }
    }

    async fn attempt(&self, path: &Path, bytes: Bytes) -> Result<(), String> {
        let problem = match timeout(PUT_TIME, self.store.put(path, bytes.into())).await {
            Ok(Ok(_)) => {
                self.failing(false, false);
                return Ok(());
            }
            Ok(Err(error)) => {
                self.failing(true, no_space(&error));
                error.to_string()
            }
            Err(_) => {
                self.failing(true, false);
                "no answer in time".to_owned()
            }
        };
        metrics::counter!("yunke_media_store_errors_total").increment(1);
        Err(problem)
    }

    async fn put(&self, path: &Path, bytes: Bytes) -> Option<()> {
        let mut waits = RETRIES.into_iter();
        loop {
            let Err(problem) = self.attempt(path, bytes.clone()).await else { return Some(()) };
            let more = || self.status.full().then_some(FULL_RETRY);
            let Some(wait) = waits.next().or_else(more) else {
                tracing::error!(%path, problem, "the store does not take an object; it is lost");
                return None;
            };
            tracing::warn!(%path, problem, retry.seconds = wait.as_secs_f64(), "the store refused an object");
            sleep(wait).await;
        }
    }
}

fn json(index: &Index) -> Bytes {
    serde_json::to_vec(index).expect("an index is plain data").into()
}
