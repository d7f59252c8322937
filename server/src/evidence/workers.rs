//! Judging takes processor, up to a second of it for the evidence of one who floods: it is done beside the workers that answer
//! requests, by few at a time.

use tokio::sync::Semaphore;

/// Judgements at once. Further ones wait; requests and acknowledgements do not.
const AT_ONCE: usize = 2;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// Runs `work` on a thread of its own, when it is its turn.
///
/// # Panics
/// If `work` does.
pub async fn off_the_workers<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let turn = TURNS.acquire().await.expect("never closed");
    let done = tokio::task::spawn_blocking(move || {
        // Held until the work is done, also when nobody waits for it any more.
        let _turn = turn;
        work()
    });
    match done.await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
