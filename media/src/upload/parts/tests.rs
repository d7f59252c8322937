//! Files that come in pieces.

use std::convert::Infallible;

use futures_util::stream;

use super::*;

const ID: Uuid = Uuid::from_u128(8);

fn parts(dir: &Path) -> Arc<Parts> {
    Parts::new(dir.join("work"), dir.to_owned())
}

/// Takes what begins so, until it is told otherwise.
#[derive(Default)]
struct Any {
    begins: &'static [u8],
    over: Option<UploadError>,
}

#[async_trait]
impl Owner for Any {
    fn fits(&self, beginning: &[u8]) -> bool {
        beginning.starts_with(self.begins)
    }

    async fn wanted(&self) -> Result<(), UploadError> {
        self.over.map_or(Ok(()), Err)
    }
}

const ANY: &Any = &Any { begins: b"", over: None };

fn whole(bytes: &'static [u8]) -> impl Stream<Item = Result<Bytes, Infallible>> + Unpin {
    stream::iter([Ok(Bytes::from_static(bytes))])
}

#[tokio::test]
async fn what_came_before_the_line_broke_is_kept_and_the_rest_goes_behind_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let parts = parts(dir.path());
    let broken = stream::iter([Ok(Bytes::from_static(b"abc")), Err("reset")]);
    let turn = parts.turn(ID).expect("free");
    assert_eq!(turn.append(0, 6, broken, ANY).await, Err(UploadError::Broken));
    assert_eq!(parts.turn(ID).err(), Some(UploadError::Locked), "one at a time");
    assert_eq!(turn.append(0, 6, whole(b"abc"), ANY).await, Err(UploadError::Offset(3)));
    assert_eq!(turn.append(3, 6, whole(b"defg"), ANY).await, Err(UploadError::TooLarge));
    assert_eq!(turn.append(3, 6, whole(b"def"), ANY).await, Ok(6));
    drop(turn);
    assert!(parts.turn(ID).is_ok());
    assert_eq!(tokio::fs::read(parts.file(ID)).await.expect("there"), b"abcdef");
}

#[tokio::test]
async fn a_file_that_begins_like_nothing_we_take_leaves_nothing_behind() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let parts = parts(dir.path());
    let turn = parts.turn(ID).expect("free");
    let looks = &Any { begins: b"ID3", over: None };
    assert_eq!(turn.append(0, 6, whole(b""), looks).await, Ok(0), "nothing is no wrong beginning");
    assert_eq!(turn.append(0, 6, whole(b"#!/bin"), looks).await, Err(UploadError::Unfit));
    assert_eq!(parts.received(ID).await, 0);
}

#[tokio::test]
async fn a_silent_writer_gives_its_turn_away() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let parts = parts(dir.path());
    let silent = stream::pending::<Result<Bytes, Infallible>>();
    let turn = parts.turn(ID).expect("free");
    let tasks = tokio_util::task::TaskTracker::new();
    let writer = tasks.spawn(async move { turn.append(0, 6, silent, ANY).await });
    assert_eq!(parts.turn(ID).err(), Some(UploadError::Locked), "it has said something a moment ago");
    if let Some(writer) = parts.writers().get_mut(&ID) {
        writer.last = writer.last.checked_sub(YIELDS).expect("the machine has been up for a while");
    }
    assert_eq!(parts.turn(ID).err(), Some(UploadError::Locked));
    assert_eq!(writer.await.expect("it ends"), Err(UploadError::Broken));
    assert!(parts.turn(ID).is_ok());
}

#[tokio::test]
async fn who_may_not_send_any_more_ends_in_the_middle_and_so_does_who_says_nothing() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let parts = parts(dir.path());
    // It would go on for ever.
    let endless = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Some((Ok::<_, Infallible>(Bytes::from_static(b"a")), ()))
    });
    let over = &Any { over: Some(UploadError::Expired), ..Any::default() };
    let turn = parts.turn(ID).expect("free");
    assert_eq!(turn.append(0, 1 << 40, Box::pin(endless), over).await, Err(UploadError::Expired));
    let kept = parts.received(ID).await;
    assert!(kept > 0, "what came before is kept");
    let silent = stream::pending::<Result<Bytes, Infallible>>();
    assert_eq!(turn.append(kept, 1 << 40, silent, ANY).await, Err(UploadError::Broken));
}

#[tokio::test]
async fn who_sends_a_file_that_is_removed_ends_at_once() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let parts = parts(dir.path());
    let turn = parts.turn(ID).expect("free");
    let more = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"abc"))]).chain(stream::pending());
    let tasks = tokio_util::task::TaskTracker::new();
    let writer = tasks.spawn(async move { turn.append(0, 6, Box::pin(more), ANY).await });
    while !parts.file(ID).exists() {
        tokio::task::yield_now().await;
    }
    parts.remove(ID).await;
    assert_eq!(writer.await.expect("it ends"), Err(UploadError::Broken));
    assert!(!parts.file(ID).exists());
}

#[tokio::test]
async fn a_whole_file_needs_no_promise() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let parts = parts(dir.path());
    let now = written(&std::fs::metadata(dir.path()).expect("there")).expect("a time");
    assert_eq!(parts.promise_room(ID, 3, now).await, Ok(()));
    assert_eq!(parts.promised(Uuid::nil(), now).await, (1, 3));
    // As a process leaves it that is killed behind the last byte.
    let turn = parts.turn(ID).expect("free");
    assert_eq!(turn.append(0, 3, whole(b"abc"), ANY).await, Ok(3));
    assert_eq!(parts.promised(Uuid::nil(), now).await, (0, 0));
}

#[tokio::test]
async fn room_that_is_promised_is_promised_once() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let parts = parts(dir.path());
    let free = parts.free().expect("a disk");
    let Some(half) = free.checked_sub(RESERVE_BYTES).map(|room| room / 10 * 6) else { return };
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let now = written(&std::fs::metadata(dir.path()).expect("there")).expect("a time");
    assert_eq!(parts.promise_room(one, half, now).await, Ok(()));
    assert_eq!(parts.promise_room(one, half, now).await, Ok(()), "the same again");
    assert_eq!(parts.promise_room(other, half, now).await, Err(UploadError::DiskFull));
    let later = now + PROMISED_MS + 60_000;
    assert_eq!(parts.promise_room(other, half, later).await, Ok(()), "nothing came for two days");
    parts.remove(other).await;
    parts.complete(one).await;
    assert_eq!(parts.promise_room(other, half, now).await, Ok(()));
    parts.sweep(now + KEPT_MS + 60_000).await;
    assert_eq!(std::fs::read_dir(dir.path().join("work")).expect("a folder").count(), 0);
}

#[test]
fn what_lessons_need_of_the_disk_is_not_given_away() {
    assert!(fits(RESERVE_BYTES + 10, 10));
    assert!(!fits(RESERVE_BYTES + 9, 10));
    assert!(!fits(u64::MAX - 1, u64::MAX));
}
