//! A lane: a chain that is made anew when it fails, some times in a run.

use super::{
    chain::{Chain, Recipe},
    rendition::{Boundary, Sink, Timing},
};
use crate::{
    pipeline::{packager::PackagerError, repair::Stamp},
    unit::Frame,
};

/// Chains that may fail in a run; then there is none until the next.
const MAX_FAULTS: u32 = 5;

/// What keeps a chain going.
pub(super) struct Lane {
    timing: Timing,
    sink: Sink,
    chain: Option<Chain>,
    /// The leader's segment under way.
    segment: Boundary,
    faults: u32,
}

impl Lane {
    pub(super) fn new(timing: Timing, sink: Sink) -> Self {
        Self { timing, sink, chain: None, segment: (0, i64::MIN / 2), faults: 0 }
    }

    pub(super) fn boundary(&mut self, boundary: Boundary) {
        self.segment = boundary;
        if let Some(chain) = &self.chain {
            chain.boundary(boundary);
        }
    }

    /// Whether it failed so often that it is left alone.
    pub(super) fn is_broken(&self) -> bool {
        self.faults >= MAX_FAULTS
    }

    /// A chain is at work; otherwise the next frame starts one.
    pub(super) fn runs(&self) -> bool {
        self.chain.is_some()
    }

    /// Frames that wait for the decoder.
    pub(super) fn waiting(&self) -> u64 {
        self.chain.as_ref().map_or(0, Chain::waiting)
    }

    /// Stops the chain; the next frame starts another.
    pub(super) fn stop(&mut self) {
        self.chain = None;
    }

    /// Sends a frame in, to a new chain if there is none.
    pub(super) fn push(
        &mut self,
        frame: &Frame,
        stamp: Stamp,
        recipe: impl FnOnce() -> Result<Recipe, PackagerError>,
    ) {
        if self.is_broken() {
            return;
        }
        let chain = match self.chain.take() {
            Some(chain) => Ok(chain),
            None => recipe()
                .and_then(|recipe| Chain::start(recipe, self.timing, stamp.pts_us, self.segment, &self.sink)),
        };
        match chain.and_then(|mut chain| chain.push(frame, stamp).map(|()| chain)) {
            Ok(chain) => self.chain = Some(chain),
            Err(problem) => {
                self.faults += 1;
                metrics::counter!("yunke_media_ladder_faults_total").increment(1);
                tracing::warn!(track = ?frame.track, %problem, faults = self.faults, "what is made besides broke");
            }
        }
    }

    /// Nothing comes any more; the track ends here.
    pub(super) fn end(&self, end_us: i64) {
        if let Some(chain) = &self.chain {
            chain.end(end_us);
        }
    }

    /// Gets the last parts out, after the end was told.
    pub(super) fn finish(self) {
        if let Some(chain) = self.chain {
            chain.finish();
        }
    }

    #[cfg(test)]
    pub(super) fn settled(&self, kept: u64) -> bool {
        self.chain.as_ref().is_none_or(|chain| chain.settled(kept))
    }

    #[cfg(test)]
    pub(super) fn pipeline(&self) -> Option<&gst::Pipeline> {
        self.chain.as_ref().map(Chain::pipeline)
    }
}
