//! One segment of a rendition: under way ([`Open`]) or whole ([`Segment`]).

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use yunke_protocol::UtcMillis;

use super::super::event::{Content, NumberedInit, Part};

/// A whole segment.
#[derive(Debug)]
pub struct Segment {
    /// Media sequence number.
    pub msn: u64,
    /// UTC of its first frame.
    pub pdt: UtcMillis,
    /// Media time.
    pub duration: Duration,
    /// `EXT-X-DISCONTINUITY` before it.
    pub discontinuity: bool,
    /// Number of its first part; of the next part if it has none.
    pub first_part: u64,
    /// Its parts in order; none if it is a gap.
    pub parts: Vec<PartEntry>,
    /// Media or gap.
    pub content: Content,
}

/// A part as it is listed and served.
#[derive(Debug, Clone)]
pub struct PartEntry {
    /// A slice of the segment once that is whole.
    pub bytes: Bytes,
    /// UTC of its first frame.
    pub pdt: UtcMillis,
    /// Media time.
    pub duration: Duration,
    /// `INDEPENDENT=YES`.
    pub independent: bool,
}

impl Segment {
    /// Bytes it holds.
    pub fn size(&self) -> usize {
        match &self.content {
            Content::Media { bytes, .. } => bytes.len(),
            Content::Gap => 0,
        }
    }

    /// It can be decoded without what came before. A gap can.
    pub fn independent(&self) -> bool {
        !matches!(&self.content, Content::Media { independent: false, .. })
    }

    /// The initialization section it needs.
    pub fn init(&self) -> Option<&Arc<NumberedInit>> {
        match &self.content {
            Content::Media { init, .. } => Some(init),
            Content::Gap => None,
        }
    }
}

/// A segment under way. It has at least one part.
#[derive(Debug)]
pub struct Open {
    /// Media sequence number.
    pub msn: u64,
    /// `EXT-X-DISCONTINUITY` before it.
    pub discontinuity: bool,
    /// Number of its first part.
    pub first_part: u64,
    /// Parts so far.
    pub parts: Vec<PartEntry>,
    /// The initialization section it needs.
    pub init: Arc<NumberedInit>,
    /// Media time so far.
    pub duration: Duration,
    /// Bytes so far.
    pub size: usize,
}

impl Open {
    /// Starts a segment with its first part.
    pub fn begin(
        msn: u64,
        discontinuity: bool,
        first_part: u64,
        init: Arc<NumberedInit>,
        part: Part,
    ) -> Self {
        let mut open = Self {
            msn,
            discontinuity,
            first_part,
            parts: Vec::with_capacity(8),
            init,
            duration: Duration::ZERO,
            size: 0,
        };
        open.push(part);
        open
    }

    /// Adds a part.
    pub fn push(&mut self, part: Part) {
        self.duration += part.duration;
        self.size += part.bytes.len();
        let Part { bytes, pdt, duration, independent, .. } = part;
        self.parts.push(PartEntry { bytes, pdt, duration, independent });
    }

    /// UTC of its first frame.
    pub fn pdt(&self) -> UtcMillis {
        self.parts[0].pdt
    }

    /// Makes it whole: one run of bytes, of which the parts become slices, so that nothing is held twice.
    pub fn close(mut self) -> Segment {
        let mut whole = BytesMut::with_capacity(self.size);
        for part in &self.parts {
            whole.extend_from_slice(&part.bytes);
        }
        let bytes = whole.freeze();
        let mut at = 0;
        for part in &mut self.parts {
            let end = at + part.bytes.len();
            part.bytes = bytes.slice(at..end);
            at = end;
        }
        Segment {
            msn: self.msn,
            pdt: self.pdt(),
            duration: self.duration,
            discontinuity: self.discontinuity,
            first_part: self.first_part,
            content: Content::Media { bytes, independent: self.parts[0].independent, init: self.init },
            parts: self.parts,
        }
    }
}
