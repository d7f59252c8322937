//! What a pipeline tells the origin about one stream of a lesson, and what it gets back to record.
//!
//! This file is data only. The pipeline never waits for the origin: [`LiveHandle::push`](super::LiveHandle::push)
//! takes a short lock, copies nothing but the segment that has just ended, and never does I/O.
//!
//! # Order of events
//! For each rendition: `Init`, then its `Part`s in order. Renditions may interleave freely.
//! A *run* is a stretch of media with continuous timestamps. It begins with the stream, after
//! [`Event::Discontinuity`] and after [`Event::Outage`]; in each run [`Part::segment`] counts from 0, with the same
//! number for the same stretch of time in every rendition. A new run begins with part 0 of segment 0.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use yunke_protocol::UtcMillis;

/// One encoded form of a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rendition {
    /// The picture as the publisher sends it, without sound.
    Video,
    /// The 360p rendition, transcoded here: 600 kbit/s.
    #[serde(rename = "video360")]
    VideoLow,
    /// The sound as the publisher sends it.
    Audio,
    /// The low-bitrate audio rendition for weak networks, transcoded here: 48 kbit/s.
    #[serde(rename = "audio48")]
    AudioLow,
}

impl Rendition {
    /// The word that stands in file names and URLs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::VideoLow => "video360",
            Self::Audio => "audio",
            Self::AudioLow => "audio48",
        }
    }

    /// All there are: pictures, then sounds, the best of each first.
    pub const ALL: [Self; 4] = [Self::Video, Self::VideoLow, Self::Audio, Self::AudioLow];

    /// By its word.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rendition| rendition.name() == name)
    }

    /// Sound, not picture.
    pub const fn is_sound(self) -> bool {
        matches!(self, Self::Audio | Self::AudioLow)
    }

    /// Transcoded here from another one. Nobody waits for it: it may come late, or fail.
    pub const fn is_transcoded(self) -> bool {
        matches!(self, Self::VideoLow | Self::AudioLow)
    }
}

/// How a stream starts. A lesson has one stream in rehearsal and one when live; after a restart of the
/// process the live stream is started again where the recording ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamStart {
    /// Different for each stream of a lesson, also across restarts (its start in UTC milliseconds will do).
    /// It is part of every media file name, so that what an edge has cached can never be taken for
    /// something of another stream.
    pub stream: u64,
    /// Media sequence number of the first segment. For a live stream that follows a rehearsal: the rehearsal's
    /// [`next_msn`](super::LiveHandle::next_msn), so that a preview goes on by itself; after a restart: last recorded + 1.
    pub first_msn: u64,
    /// `EXT-X-DISCONTINUITY-SEQUENCE` of the first segment: how many discontinuities the lesson had before it.
    pub discontinuities: u64,
    /// What to expect. Nothing is served until each of them that the publisher sends has media or is plainly missing
    /// (two segments late).
    pub renditions: Vec<Rendition>,
    /// `PART-TARGET`; no part may be longer (1 ms of tolerance). Never changes.
    pub part_target: Duration,
}

/// What happens to a stream.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The initialization section of a rendition: before its first part, and again whenever it changes
    /// (only at the start of a run). The same bytes again are no change.
    Init(Rendition, Init),
    /// The next part of a rendition.
    Part(Rendition, Part),
    /// Timestamps do not go on from what was pushed before, but no time is lost: the next part starts a new run.
    /// Open segments are closed.
    Discontinuity,
    /// Nothing arrives any more since then. Open segments are closed; from now on the playlist lives on by
    /// [`Event::Elapsed`]. The next part ends the outage and starts a new run. On a new stream, before any part:
    /// the time since the end of the recording of an earlier process.
    Outage {
        /// End of the media that did arrive; the origin takes the later of this and its own edge.
        since: UtcMillis,
    },
    /// During an outage, at least once a second: `EXT-X-GAP` segments are appended up to now. Else ignored.
    Elapsed {
        /// The clock.
        now: UtcMillis,
    },
    /// The stream is over: `EXT-X-ENDLIST`. Whatever comes later is ignored.
    End,
}

/// An initialization section (`ftyp` + `moov`) and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init {
    /// The bytes.
    pub bytes: Bytes,
    /// What they describe.
    pub format: Format,
}

/// What a rendition contains, for the multivariant playlist.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Format {
    /// Picture.
    Video {
        /// RFC 6381, such as `avc1.64001f`.
        codec: String,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Frames per 1000 seconds; 0 if not known.
        fps_milli: u32,
    },
    /// Sound.
    Audio {
        /// RFC 6381, such as `mp4a.40.2`.
        codec: String,
        /// Hz.
        rate: u32,
        /// Channels.
        channels: u32,
    },
}

/// One part (CMAF chunk: `moof` + `mdat`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The bytes.
    pub bytes: Bytes,
    /// Media time it lasts.
    pub duration: Duration,
    /// UTC of its first frame: within a run exactly the media time since the run's first frame.
    pub pdt: UtcMillis,
    /// Starts with a key frame (for audio: always).
    pub independent: bool,
    /// Number of its segment in the run, from 0.
    pub segment: u64,
    /// It is the last part of its segment.
    pub last_of_segment: bool,
}

/// A segment that has just become whole, to be recorded. Gaps are reported too.
#[derive(Debug, Clone)]
pub struct Completed {
    /// Of which rendition.
    pub rendition: Rendition,
    /// Media sequence number.
    pub msn: u64,
    /// UTC of its first frame.
    pub pdt: UtcMillis,
    /// Media time it lasts.
    pub duration: Duration,
    /// What it contains.
    pub content: Content,
    /// `EXT-X-DISCONTINUITY` stands before it.
    pub discontinuity: bool,
}

/// What a completed segment contains.
#[derive(Debug, Clone)]
pub enum Content {
    /// Media.
    Media {
        /// The whole segment.
        bytes: Bytes,
        /// The initialization section it needs; compare [`NumberedInit::number`] to see a change.
        init: Arc<NumberedInit>,
        /// Starts with a key frame.
        independent: bool,
    },
    /// Nothing: the publisher was away, or this rendition was missing.
    Gap,
}

/// An initialization section as the origin names it.
#[derive(Debug, PartialEq, Eq)]
pub struct NumberedInit {
    /// Counts from 0 per rendition of a stream.
    pub number: u32,
    /// The section.
    pub init: Init,
}
