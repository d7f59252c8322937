//! When the server itself was down: nobody could deliver a beat then, and nobody may lose by it.

use yunke_store::{ServerRun, Store, StoreResult, UtcMillis};

use crate::attendance::Interval;

/// All outages up to now, ascending.
pub async fn outages(store: &dyn Store, now: UtcMillis) -> StoreResult<Vec<Interval>> {
    // A run that began this very millisecond is one of ours.
    Ok(between(&store.runs(0, now.saturating_add(1)).await?))
}

/// The times between runs that no run covers; runs come in order of their start.
fn between(runs: &[ServerRun]) -> Vec<Interval> {
    let mut outages = Vec::new();
    let mut alive_until: Option<UtcMillis> = None;
    for run in runs {
        if let Some(until) = alive_until
            && run.started_at > until
        {
            outages.push(Interval::new(until, run.started_at));
        }
        alive_until = Some(alive_until.unwrap_or(run.started_at).max(run.last_alive_at));
    }
    outages
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn run(started_at: i64, last_alive_at: i64) -> ServerRun {
        ServerRun { id: Uuid::from_u128(1), started_at, last_alive_at, stopped_at: None }
    }

    #[test]
    fn an_outage_is_what_no_run_covers() {
        assert_eq!(between(&[]), []);
        assert_eq!(between(&[run(0, 100)]), [], "before the first run there was nothing to miss");
        let runs = [run(0, 100), run(150, 300), run(200, 250), run(301, 400)];
        assert_eq!(between(&runs), [Interval::new(100, 150), Interval::new(300, 301)]);
    }
}
