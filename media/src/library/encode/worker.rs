//! The life of the process: the program started again as `yunke-media encode-worker`. If what somebody uploaded brings a decoder
//! down, only this process ends.

use super::{
    sandbox,
    source::gstreamer,
    wire::{Order, Outcome, Report, say},
    work,
};
use crate::{pipeline::packager, worker_process};

/// The whole life of the process; the order comes on standard input.
pub fn work() -> anyhow::Result<()> {
    let order: Order = worker_process::order()?;
    let outcome = match begin(&order) {
        Ok(()) => match work::episode(&order) {
            Ok(facts) => Outcome::Done(Box::new(facts)),
            Err(error) => {
                tracing::warn!(%error, "a file cannot become an episode");
                Outcome::failed(error.code())
            }
        },
        // Of the machine: the file was not looked at.
        Err(error) => {
            tracing::error!(%error, "a process that encodes cannot begin");
            Outcome::failed("internal")
        }
    };
    say(&Report::Over(outcome));
    Ok(())
}

/// Walls first: what GStreamer starts when it begins is within them.
fn begin(order: &Order) -> anyhow::Result<()> {
    sandbox::limits(order.longest_ms, std::fs::metadata(&order.file)?.len())?;
    sandbox::shut_in(&order.file, &order.folder)?;
    worker_process::end_with_parent()?;
    packager::init()?;
    gstreamer::forbid_the_rest();
    Ok(())
}
