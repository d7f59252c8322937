//! An encoder that is recreated when it fails, a bounded number of times in a run.

use super::{
    encoder::{Encoder, Recipe},
    rendition::{Boundary, Sink, Timing},
};
use crate::{
    pipeline::{packager::PackagerError, repair::Stamp},
    unit::Frame,
};

/// Failures after which there is no encoder until the next run.
const MAX_FAULTS: u32 = 5;

/// An encoder, and what recreates it.
pub(super) struct SupervisedEncoder {
    timing: Timing,
    sink: Sink,
    encoder: Option<Encoder>,
    /// The leader's segment under way.
    segment: Boundary,
    faults: u32,
}

impl SupervisedEncoder {
    pub(super) fn new(timing: Timing, sink: Sink) -> Self {
        Self { timing, sink, encoder: None, segment: (0, i64::MIN / 2), faults: 0 }
    }

    pub(super) fn boundary(&mut self, boundary: Boundary) {
        self.segment = boundary;
        if let Some(encoder) = &self.encoder {
            encoder.boundary(boundary);
        }
    }

    /// Whether it failed so often that it is left alone.
    pub(super) fn is_broken(&self) -> bool {
        self.faults >= MAX_FAULTS
    }

    /// An encoder is at work; otherwise the next frame starts one.
    pub(super) fn runs(&self) -> bool {
        self.encoder.is_some()
    }

    /// Frames that wait for the decoder.
    pub(super) fn waiting(&self) -> u64 {
        self.encoder.as_ref().map_or(0, Encoder::waiting)
    }

    /// Stops the encoder; the next frame starts another.
    pub(super) fn stop(&mut self) {
        self.encoder = None;
    }

    /// Sends a frame in, to a new one if there is none.
    pub(super) fn push(
        &mut self,
        frame: &Frame,
        stamp: Stamp,
        recipe: impl FnOnce() -> Result<Recipe, PackagerError>,
    ) {
        if self.is_broken() {
            return;
        }
        let encoder = match self.encoder.take() {
            Some(encoder) => Ok(encoder),
            None => recipe().and_then(|recipe| {
                Encoder::start(recipe, self.timing, stamp.pts_us, self.segment, &self.sink)
            }),
        };
        match encoder.and_then(|mut encoder| encoder.push(frame, stamp).map(|()| encoder)) {
            Ok(encoder) => self.encoder = Some(encoder),
            Err(problem) => {
                self.faults += 1;
                metrics::counter!("yunke_media_ladder_faults_total").increment(1);
                tracing::warn!(track = ?frame.track, %problem, faults = self.faults, "what is made besides broke");
            }
        }
    }

    /// Nothing comes any more; the track ends here.
    pub(super) fn end(&self, end_us: i64) {
        if let Some(encoder) = &self.encoder {
            encoder.end(end_us);
        }
    }

    /// Gets the last parts out, after the end was told.
    pub(super) fn finish(self) {
        if let Some(encoder) = self.encoder {
            encoder.finish();
        }
    }

    #[cfg(test)]
    pub(super) fn settled(&self, kept: u64) -> bool {
        self.encoder.as_ref().is_none_or(|encoder| encoder.settled(kept))
    }

    #[cfg(test)]
    pub(super) fn pipeline(&self) -> Option<&gst::Pipeline> {
        self.encoder.as_ref().map(Encoder::pipeline)
    }
}
