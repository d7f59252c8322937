//! The picture of an encoder that sends hardly any IDR pictures: open GOPs, intra refresh, an endless group. Browsers of the Chromium
//! family can start at nothing else, so it is encoded anew here, with an IDR every two seconds. See adr/0030.
//!
//! For publishers that do not, nothing is done but a look at each picture. Never in the way: where it fails or lags, or too many are
//! made at once, the publisher's own picture goes on.

mod chain;

use std::sync::{Arc, LazyLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use yunke_protocol::UtcMillis;

use self::chain::Chain;
use crate::{
    codec::{
        VideoConfig,
        entry::{Entry, entry},
    },
    unit::{Frame, Track, Unit},
};

/// Without an IDR for so long the picture is re-encoded: longer than the ten seconds that encoders keep to who were told nothing.
const PATIENCE_MS: i64 = 11_000;
/// Where recovery points come instead there will be none.
const PATIENCE_AT_RECOVERY_MS: i64 = 4_000;
/// Only time in which pictures come counts: one that comes after a longer pause, or a slide, counts as so much.
const STEP_MS: i64 = 1_000;
/// Pictures since one that decoding can start with, at most: they are kept until it is known that they are needed.
const MAX_KEPT: usize = 700;
const MAX_KEPT_BYTES: usize = 12 << 20;
/// Publishers whose picture is re-encoded at once, on this node. Each takes about half of a core.
const PLACES: usize = 2;
static FREE: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(PLACES)));

/// Watches the picture of one publisher, and recreates it where it has to be.
#[derive(Debug, Default)]
pub struct Recode {
    config: Option<VideoConfig>,
    /// When the last picture came.
    last: Option<UtcMillis>,
    /// For so long pictures have come without an IDR among them.
    without_ms: i64,
    /// Recovery points have come since.
    recovers: bool,
    /// Pictures since one that decoding can start with.
    kept: Vec<Frame>,
    bytes: usize,
    /// Further pictures until what is shown of the kept ones is whole.
    whole_after: usize,
    work: Option<(Chain, OwnedSemaphorePermit)>,
    /// It was tried in vain.
    off: bool,
}

impl Recode {
    /// Whether the picture is re-encoded now.
    pub fn works(&self) -> bool {
        self.work.is_some()
    }

    /// Takes what arrived now; appends what goes on now.
    pub fn push(&mut self, unit: Unit, now: UtcMillis, out: &mut Vec<Unit>) {
        match unit {
            Unit::VideoConfig(config) => self.begin(config, out),
            Unit::Frame(frame) if frame.track == Track::Video => self.picture(frame, now, out),
            other => out.push(other),
        }
        if let Some((chain, _)) = &mut self.work {
            chain.drain(out);
        }
    }

    /// Another format: what was made of the one before ends.
    fn begin(&mut self, config: VideoConfig, out: &mut Vec<Unit>) {
        (self.work, self.last, self.without_ms) = (None, None, 0);
        self.forget();
        self.config = Some(config.clone());
        out.push(Unit::VideoConfig(config));
    }

    fn forget(&mut self) {
        (self.kept, self.bytes) = (Vec::new(), 0);
    }

    fn picture(&mut self, frame: Frame, now: UtcMillis, out: &mut Vec<Unit>) {
        if let Some((chain, _)) = &mut self.work {
            if chain.push(&frame) {
                return;
            }
            tracing::warn!("the picture cannot be made anew any more: the publisher's own goes on");
            (self.work, self.off) = (None, true);
            out.extend(self.config.clone().map(Unit::VideoConfig));
        }
        out.push(Unit::Frame(frame.clone()));
        if self.off {
            return;
        }
        let start = self.config.as_ref().and_then(|config| {
            let nals: Vec<_> = config.nal_units(&frame.data).collect();
            entry(nals.iter().map(|nal| &nal[..]))
        });
        let step = self.last.replace(now).map_or(0, |last| (now - last).clamp(0, STEP_MS));
        self.without_ms += step;
        if start == Some(Entry::Idr) {
            (self.without_ms, self.recovers) = (0, false);
        }
        self.recovers |= matches!(start, Some(Entry::Recovery(_)));
        let patience = if self.recovers { PATIENCE_AT_RECOVERY_MS } else { PATIENCE_MS };
        match start {
            Some(Entry::Idr) => {
                self.forget();
                self.whole_after = 0;
            }
            // What refreshes bit by bit is known from its last beginning that is complete.
            Some(Entry::Recovery(frames)) if frames == 0 || self.kept.is_empty() => {
                self.forget();
                self.whole_after = usize::try_from(frames).unwrap_or(usize::MAX);
            }
            _ if self.kept.is_empty() => return,
            _ => {}
        }
        self.bytes += frame.data.len();
        self.kept.push(frame);
        if self.kept.len() > MAX_KEPT || self.bytes > MAX_KEPT_BYTES {
            self.forget(); // from the next one that it can start with
        } else if self.without_ms >= patience {
            self.engage();
        }
    }

    fn engage(&mut self) {
        if self.kept.len() <= self.whole_after {
            return;
        }
        let (Some(config), Ok(place)) = (&self.config, Arc::clone(&FREE).try_acquire_owned()) else { return };
        let kept = std::mem::take(&mut self.kept);
        self.bytes = 0;
        match Chain::start(config, &kept) {
            Ok(chain) => {
                metrics::counter!("yunke_media_pictures_recoded_total").increment(1);
                tracing::info!(pictures = kept.len(), "no IDR comes: the picture is made anew");
                self.work = Some((chain, place));
            }
            Err(problem) => {
                tracing::warn!(%problem, "the picture cannot be made anew");
                self.off = true;
            }
        }
    }
}

#[cfg(test)]
#[path = "recode_tests.rs"]
mod tests;
