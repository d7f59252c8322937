//! What the renditions of a run have in common: what is asked for, when, and what comes out.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use crate::{
    codec::{AudioConfig, VideoConfig},
    pipeline::packager::Packed,
    unit::Track,
};

/// The format of what was made.
#[derive(Debug, Clone)]
pub enum Transcoded {
    /// A 360p rendition.
    Picture(VideoConfig),
    /// A low-bitrate audio rendition.
    Sound(AudioConfig),
}

impl Transcoded {
    pub(super) fn video(&self) -> Option<&VideoConfig> {
        match self {
            Self::Picture(config) => Some(config),
            Self::Sound(_) => None,
        }
    }

    pub(super) fn audio(&self) -> Option<&AudioConfig> {
        match self {
            Self::Picture(_) => None,
            Self::Sound(config) => Some(config),
        }
    }
}

/// Takes what was made, with its format; called from pipelines' threads, must not wait.
pub type Sink = Arc<dyn Fn(&Transcoded, Packed) + Send + Sync>;

/// What all that is made in a run has in common.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Added to all timestamps, microseconds.
    pub base_us: i64,
    /// No part is longer.
    pub part_target_us: i64,
    /// The track whose segments the others follow.
    pub leader: Track,
}

/// A picture to be made small.
#[derive(Debug)]
pub struct WantedPicture {
    /// The publisher's.
    pub source: VideoConfig,
    /// Its frames per 1000 s; 0 if not known.
    pub fps_milli: u32,
    /// One of so many that the node makes at a time; held while it is made.
    pub slot: OwnedSemaphorePermit,
}

/// A segment of the leader: its number in the run and where it starts.
pub(super) type Boundary = (u64, i64);
