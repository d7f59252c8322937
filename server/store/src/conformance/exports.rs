//! Cases of exports.

use uuid::Uuid;

use super::{NOW, Town, id, town};
use crate::{
    EXPORTS_WAITING, ExportEnd, ExportFile, ExportFormat, ExportJob, ExportKind, ExportOutcome, ExportState,
    NewExport, Page, Store, StoreError,
};

const ALL: Page = Page { offset: 0, limit: 100 };

fn new(number: u128, user_id: Uuid) -> NewExport {
    NewExport {
        id: id(number),
        kind: ExportKind::Lessons,
        format: ExportFormat::Xlsx,
        parameters: r#"{"year":2027}"#.to_owned(),
        user_id,
        paths: vec!["/1/1/".to_owned(), "/1/2/".to_owned()],
        at: NOW + i64::try_from(number).expect("small"),
    }
}

fn file(size_bytes: i64) -> ExportFile {
    ExportFile { size_bytes, rows: 3, sha256: "ab".repeat(32) }
}

async fn job(store: &dyn Store, number: u128) -> ExportJob {
    store.export_job(id(number)).await.expect("asked").expect("there is one")
}

async fn states(store: &dyn Store, numbers: &[u128]) -> Vec<ExportState> {
    let mut states = Vec::new();
    for number in numbers {
        states.push(job(store, *number).await.state);
    }
    states
}

async fn added(store: &dyn Store, numbers: &[u128]) -> Town {
    let town = town(store).await;
    for number in numbers {
        assert_eq!(store.add_export(new(*number, town.organizer)).await.expect("added"), ExportOutcome::Done);
    }
    town
}

/// It waits, is begun in its turn, and ends once; each has its line of the audit log.
pub async fn an_export_goes_its_way_once(store: &dyn Store) {
    let town = added(store, &[201, 202, 203]).await;
    let fresh = job(store, 201).await;
    assert_eq!(
        (fresh.state, fresh.kind, fresh.format),
        (ExportState::Queued, ExportKind::Lessons, ExportFormat::Xlsx)
    );
    assert_eq!((fresh.paths.len(), fresh.user_id, fresh.file.clone()), (2, town.organizer, None));
    let begun = store.begin_export().await.expect("begun").expect("one waits");
    assert_eq!((begun.id, begun.state), (id(201), ExportState::Running));
    let end = async |number, end| store.end_export(id(number), end, NOW + 500).await.expect("asked");
    assert!(end(201, ExportEnd::Ready(file(7), NOW + 1_000)).await);
    assert!(!end(201, ExportEnd::Cancelled).await, "it has ended");
    assert!(end(202, ExportEnd::Cancelled).await, "also one that waits");
    assert!(!end(999, ExportEnd::Cancelled).await);
    assert_eq!(store.begin_export().await.expect("begun").expect("one waits").id, id(203));
    assert!(end(203, ExportEnd::Failed("disk")).await);
    assert_eq!(store.begin_export().await.expect("asked"), None);
    let done = job(store, 201).await;
    assert_eq!(
        (done.state, done.file, done.expires_at),
        (ExportState::Ready, Some(file(7)), Some(NOW + 1_000))
    );
    assert_eq!(job(store, 203).await.reason.as_deref(), Some("disk"));
    let listed = store.exports_of(town.organizer, ALL).await.expect("asked");
    assert_eq!(listed.iter().map(|job| job.id).collect::<Vec<_>>(), [203, 202, 201].map(id));
    assert_eq!(store.exports_of(town.lecturer, ALL).await.expect("asked"), []);
    let lines = store.audit_of(id(201), ALL).await.expect("asked");
    assert_eq!(lines.iter().map(|line| line.action.as_str()).collect::<Vec<_>>(), ["export.create"]);
    assert!(matches!(store.add_export(new(204, id(998))).await, Err(StoreError::Dangling)));
}

/// One person has only so many that are not done, and another may have as many.
pub async fn exports_that_wait_are_bounded(store: &dyn Store) {
    let numbers: Vec<u128> = (201..).take(usize::try_from(EXPORTS_WAITING).expect("small")).collect();
    let town = added(store, &numbers).await;
    store.begin_export().await.expect("begun").expect("one waits");
    let more = async |number, user| store.add_export(new(number, user)).await.expect("asked");
    assert_eq!(more(301, town.organizer).await, ExportOutcome::TooMany);
    assert_eq!(store.export_job(id(301)).await.expect("asked"), None);
    assert_eq!(more(302, town.lecturer).await, ExportOutcome::Done);
    store.end_export(id(201), ExportEnd::Cancelled, NOW).await.expect("ended");
    assert_eq!(more(303, town.organizer).await, ExportOutcome::Done);
}

/// What was being made when the server was stopped waits again, but not for ever.
pub async fn an_export_is_begun_again_but_not_for_ever(store: &dyn Store) {
    added(store, &[201, 202]).await;
    for _ in 0..2 {
        assert_eq!(store.begin_export().await.expect("begun").map(|job| job.id), Some(id(201)));
        store.resume_exports(3, NOW).await.expect("resumed");
        assert_eq!(states(store, &[201, 202]).await, [ExportState::Queued; 2]);
    }
    store.begin_export().await.expect("begun");
    store.resume_exports(3, NOW + 9).await.expect("resumed");
    let failed = job(store, 201).await;
    assert_eq!(
        (failed.state, failed.reason.as_deref(), failed.ended_at),
        (ExportState::Failed, Some("stopped"), Some(NOW + 9))
    );
    assert_eq!(states(store, &[202]).await, [ExportState::Queued]);
}

/// Files go when their time is over, and the oldest of too many bytes; jobs without a file are forgotten later.
pub async fn files_of_exports_expire_by_time_and_by_bytes(store: &dyn Store) {
    added(store, &[201, 202, 203, 204]).await;
    for (number, bytes, until) in [(201, 40, 100), (202, 40, 900), (203, 40, 900), (204, 40, 900)] {
        let end = ExportEnd::Ready(file(bytes), NOW + until);
        let at = NOW + i64::try_from(number).expect("small");
        assert!(store.end_export(id(number), end, at).await.expect("ended"));
    }
    let expire = async |at, bytes| {
        let mut gone = store.expire_exports(NOW + at, bytes).await.expect("expired");
        gone.sort_unstable();
        gone
    };
    assert_eq!(expire(99, 160).await, [] as [Uuid; 0]);
    assert_eq!(expire(100, 160).await, [id(201)]);
    assert_eq!(expire(100, 119).await, [id(202)], "the oldest");
    assert_eq!(store.ready_exports().await.expect("asked").len(), 2);
    store.forget_exports(NOW + 203).await.expect("forgotten");
    assert_eq!(store.export_job(id(201)).await.expect("asked"), None);
    assert_eq!(store.export_job(id(202)).await.expect("asked"), None);
    assert_eq!(states(store, &[203, 204]).await, [ExportState::Ready; 2], "whose file is there stays");
}
