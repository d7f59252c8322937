//! When records without a room were judged last: nobody but the member looks at them, so now and then is enough.

use std::{collections::HashMap, sync::Mutex};

use uuid::Uuid;
use yunke_store::UtcMillis;

/// Between two judgements of a member and an item, in uptime.
const JUDGED_EVERY_MS: i64 = 60_000;
/// The same when the member stopped listening.
const JUDGED_AT_STOPS_MS: i64 = 5_000;
/// Members and items remembered. When it is full those that are due are forgotten, and when none is, who is new waits.
const REMEMBERED: usize = 50_000;

/// When each member's record was judged last.
#[derive(Debug, Default)]
pub(super) struct JudgedAt(Mutex<HashMap<(Uuid, Uuid), UtcMillis>>);

impl JudgedAt {
    /// Whether it is due; if so, it counts as done.
    pub(super) fn is_due(&self, user: Uuid, item: Uuid, stops: bool, uptime: i64) -> bool {
        let mut all = self.0.lock().expect("no panic while held");
        let every = if stops { JUDGED_AT_STOPS_MS } else { JUDGED_EVERY_MS };
        let due = all.get(&(user, item)).is_none_or(|at| uptime - at >= every);
        if due {
            if all.len() >= REMEMBERED {
                all.retain(|_, at| uptime - *at < JUDGED_EVERY_MS);
            }
            if all.len() >= REMEMBERED && !all.contains_key(&(user, item)) {
                return false;
            }
            all.insert((user, item), uptime);
        }
        due
    }
}
