//! The life of the process: the program started again as `yunke-media encode-worker`. If what somebody uploaded brings a decoder
//! down, only this process ends.

use std::io::Read as _;

use super::{
    sandbox,
    source::gstreamer,
    wire::{Order, Outcome, Report, say},
    work,
};
use crate::pipeline::packager;

/// The whole life of the process; the order comes on standard input.
pub fn work() -> anyhow::Result<()> {
    let mut order = String::new();
    std::io::stdin().read_to_string(&mut order)?;
    let order: Order = serde_json::from_str(&order)?;
    sandbox::limits(order.longest_ms)?;
    packager::init()?;
    gstreamer::forbid_the_rest();
    sandbox::shut_in(&order.file, &order.folder)?;
    let outcome = match work::episode(&order) {
        Ok(facts) => Outcome::Done(Box::new(facts)),
        Err(error) => {
            tracing::warn!(%error, "a file cannot become an episode");
            Outcome::failed(error.code())
        }
    };
    say(&Report::Over(outcome));
    Ok(())
}
