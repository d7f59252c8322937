//! When the server itself was down: nobody could deliver a beat then, and nobody may lose by it.

use yunke_domain::{Interval, Utc};
use yunke_store::{ServerRun, Store, StoreResult, UtcMillis};

/// All outages up to now.
pub async fn outages(store: &dyn Store, now: UtcMillis) -> StoreResult<Vec<Interval<Utc>>> {
    // A run that began this very millisecond is one of ours.
    Ok(between(&store.runs(0, now.saturating_add(1)).await?))
}

/// The times between one run and the next. Where the next begins before the last sign of life, the clock had been put right
/// and nothing is known of the time between; a run whose clock was put right was up all the while. One that is there twice by the same
/// clock could store nothing in between.
fn between(runs: &[ServerRun]) -> Vec<Interval<Utc>> {
    let pairs = runs.iter().zip(runs.iter().skip(1));
    pairs
        .filter(|(before, run)| {
            let stored_nothing = before.clock.is_some() && before.clock == run.clock;
            (before.id != run.id || stored_nothing) && run.started_at > before.last_alive_at
        })
        .map(|(before, run)| Interval::new(Utc::new(before.last_alive_at), Utc::new(run.started_at)))
        .collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn run(id: u128, started_at: i64, last_alive_at: i64) -> ServerRun {
        ServerRun { id: Uuid::from_u128(id), started_at, last_alive_at, stopped_at: None, clock: None }
    }

    fn out(from: i64, to: i64) -> Interval<Utc> {
        Interval::new(Utc::new(from), Utc::new(to))
    }

    #[test]
    fn an_outage_is_what_no_run_covers() {
        assert_eq!(between(&[]), []);
        assert_eq!(between(&[run(1, 0, 100)]), [], "before the first run there was nothing to miss");
        let runs = [run(1, 0, 100), run(2, 150, 300), run(3, 301, 400)];
        assert_eq!(between(&runs), [out(100, 150), out(300, 301)]);
    }

    #[test]
    fn a_run_that_could_store_nothing_for_a_while_was_out() {
        let by = |anchor| Some(yunke_store::RunClock { boot: None, anchor });
        let one = |started_at, last_alive_at| ServerRun { clock: by(7), ..run(1, started_at, last_alive_at) };
        // A beat was stored before the sign of life came through.
        assert_eq!(between(&[one(0, 195), one(100, 100), one(200, 300)]), [out(100, 200)]);
        let put_right = ServerRun { clock: by(8), ..run(1, 200, 300) };
        assert_eq!(between(&[one(0, 100), put_right]), []);
    }

    #[test]
    fn a_clock_that_is_put_right_is_no_outage_and_hides_none() {
        let forward = [run(1, 0, 100), run(1, 5_000, 5_100), run(2, 5_150, 5_200)];
        assert_eq!(between(&forward), [out(5_100, 5_150)]);
        let back = [run(1, 9_000, 9_100), run(1, 500, 600), run(2, 700, 800)];
        assert_eq!(between(&back), [out(600, 700)]);
    }
}
