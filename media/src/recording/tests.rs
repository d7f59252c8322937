//! A recording whose store fails for a while.

use std::sync::atomic::Ordering;

use object_store::local::LocalFileSystem;
use uuid::Uuid;

use super::{index::Index, status::MAX_PENDING_BYTES, *};
use crate::live::event::{Format, Init, NumberedInit, Rendition};

const START: i64 = 1_800_000_000_000;
const LESSON: Uuid = Uuid::from_u128(7);

fn segment(msn: u64, content: Content) -> Completed {
    let pdt = START + 2_000 * i64::try_from(msn).expect("few");
    let duration = Duration::from_secs(2);
    Completed { rendition: Rendition::Audio, msn, pdt, duration, content, discontinuity: false }
}

fn sound(size: usize) -> Content {
    let format = Format::Audio { codec: "mp4a.40.2".to_owned(), rate: 48_000, channels: 2 };
    let init = Init { bytes: vec![1].into(), format };
    let init = Arc::new(NumberedInit { number: 0, init });
    Content::Media { bytes: vec![0; size].into(), init, independent: true }
}

#[test]
fn what_is_dropped_is_dropped_in_one_piece() {
    let status = Status::default();
    let (segment, small) = (1 << 20, 1 << 10);
    let mut taken = 0;
    while status.admit(segment) {
        taken += 1;
    }
    assert_eq!(taken, MAX_PENDING_BYTES / segment);
    // There would be room for one that is small, and for one when one was written.
    status.pending_bytes.fetch_sub(segment, Ordering::Relaxed);
    assert!(!status.admit(small) && !status.admit(segment));
    status.pending_bytes.fetch_sub(MAX_PENDING_BYTES / 2, Ordering::Relaxed);
    assert!(status.admit(small) && status.admit(segment), "half of it is free: all is taken again");
    assert_eq!(status.pending_bytes.load(Ordering::Relaxed), (taken / 2 * segment) + small);
}

#[test]
fn what_finds_no_place_in_the_queue_is_not_counted_as_waiting() {
    let (jobs, mut inbox) = mpsc::channel(1);
    let recorder = Recorder { jobs, status: Arc::default() };
    for msn in 0..10 {
        recorder.offer(segment(msn, sound(1_000)));
    }
    assert_eq!(recorder.status.pending_bytes.load(Ordering::Relaxed), 1_000);
    assert_eq!(recorder.status.lost(), 9);
    inbox.try_recv().expect("the first");
    recorder.offer(segment(10, sound(MAX_PENDING_BYTES - 1_000)));
    let Ok(Job::Segment(last)) = inbox.try_recv() else { panic!("a segment") };
    assert!(matches!(last.content, Content::Media { .. }), "there is room again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_taken_holds_up_nothing_and_is_put_when_the_store_is_back() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let in_the_way = dir.path().join("lessons");
    std::fs::write(&in_the_way, "no folder").expect("written");
    let store = Arc::new(LocalFileSystem::new_with_prefix(dir.path()).expect("a folder"));
    let tasks = TaskTracker::new();
    let beginning = Beginning { index: Index::new(LESSON, START), pages: 0 };
    let recorder = Recorder::start(store.clone(), 1, beginning, &tasks, Arc::default());
    let entries = index::PAGE_ENTRIES as u64 + 72;
    for msn in 0..entries {
        recorder.offer(segment(msn, Content::Gap));
    }
    // Tried again for each entry it took a quarter of an hour, and of a lesson that goes on it would never end.
    let drained = async {
        while recorder.jobs.capacity() < MAX_PENDING_ENTRIES || !recorder.status.failing() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), drained).await.expect("the queue is empty");

    std::fs::remove_file(&in_the_way).expect("removed");
    recorder.flush(Duration::from_secs(10)).await;
    assert!(!recorder.status.failing());
    let Loaded::Open(kept) = load(&*store, LESSON).await.expect("a store that works") else { panic!("open") };
    assert_eq!(kept.index.entries.len() as u64, entries);
}
