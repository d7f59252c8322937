//! Cases of the program's own records.

use super::{NOW, id};
use crate::Store;

/// Runs that overlap a span, earliest first; a sign of life never goes backwards.
pub async fn runs_that_overlap_are_found(store: &dyn Store) {
    store.begin_run(id(1), NOW).await.expect("begun");
    store.keep_run(id(1), NOW + 100).await.expect("kept");
    store.keep_run(id(1), NOW + 50).await.expect("kept");
    store.begin_run(id(2), NOW + 500).await.expect("begun");
    store.end_run(id(2), NOW + 700).await.expect("ended");
    let found = async |from, until| store.runs(from, until).await.expect("asked");
    let all = found(NOW, NOW + 1000).await;
    assert_eq!((all.len(), all[0].id, all[0].last_alive_at, all[0].stopped_at), (2, id(1), NOW + 100, None));
    assert_eq!(all[1].stopped_at, Some(NOW + 700));
    assert_eq!(found(NOW + 101, NOW + 500).await.len(), 0);
    assert_eq!(found(NOW + 100, NOW + 501).await.len(), 2);
    store.check().await.expect("well");
}
