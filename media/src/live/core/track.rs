//! One rendition of a stream: its segments in order, listed and evicted, and the one under way.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use yunke_protocol::UtcMillis;

use super::{
    GRACE, HOLD_BACK, RING_BYTES, SEGMENT_BYTES, TRANSCODED_RING_BYTES, WINDOW,
    frontier::Frontier,
    millis,
    names::{Kind, Name},
    segment::{Open, PartEntry, Segment},
};
use crate::live::event::{Completed, Content, Init, NumberedInit, Part, Rendition};

/// A rendition of a stream.
#[derive(Debug)]
pub struct Track {
    rendition: Rendition,
    stream: u64,
    /// The last initialization section.
    init: Option<Arc<NumberedInit>>,
    /// Evicted from the playlist, still downloadable; oldest first.
    evicted: VecDeque<Segment>,
    /// In the playlist; oldest first.
    listed: VecDeque<Segment>,
    open: Option<Open>,
    next_msn: u64,
    next_part: u64,
    /// `EXT-X-DISCONTINUITY-SEQUENCE`.
    discontinuities: u64,
    /// The next segment begins a run that does not continue the one before.
    discontinuity_due: bool,
    /// Durations of the listed segments.
    listed_duration: Duration,
    bytes: usize,
    rate: Rate,
}

/// Bit rates for the multivariant playlist, over the whole stream.
#[derive(Debug, Default, Clone, Copy)]
pub struct Rate {
    /// Of the heaviest segment, bits per second.
    pub peak_bps: u64,
    bits: u64,
    micros: u64,
}

impl Rate {
    /// Over everything, bits per second.
    pub fn average_bps(&self) -> u64 {
        self.bits.saturating_mul(1_000_000).checked_div(self.micros).unwrap_or(0)
    }

    fn count(&mut self, segment: &Segment) {
        let micros = u64::try_from(segment.duration.as_micros()).unwrap_or(u64::MAX);
        let bits = segment.size() as u64 * 8;
        self.bits = self.bits.saturating_add(bits);
        self.micros = self.micros.saturating_add(micros);
        // A very short last segment says nothing about the rate a player must sustain.
        if segment.duration * 2 >= super::GAP_SEGMENT || self.peak_bps == 0 {
            let bps = bits.saturating_mul(1_000_000).checked_div(micros).unwrap_or(0);
            self.peak_bps = self.peak_bps.max(bps);
        }
    }
}

/// A file of a track and the UTC interval it covers (`None` for initialization sections).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The body.
    pub bytes: bytes::Bytes,
    /// `[from, to)`.
    pub interval: Option<(UtcMillis, UtcMillis)>,
}

/// What there is under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// This.
    There(Served),
    /// The hinted part: it is announced and on its way.
    Coming,
    /// Nothing, neither now nor announced.
    Absent,
}

impl Track {
    /// An empty track. `discontinuities` came before its first segment.
    pub fn new(rendition: Rendition, stream: u64, first_msn: u64, discontinuities: u64) -> Self {
        Self {
            rendition,
            stream,
            init: None,
            evicted: VecDeque::new(),
            listed: VecDeque::new(),
            open: None,
            next_msn: first_msn,
            next_part: 0,
            discontinuities,
            discontinuity_due: false,
            listed_duration: Duration::ZERO,
            bytes: 0,
            rate: Rate::default(),
        }
    }

    /// Takes an initialization section; the same again is no change. Only between segments.
    pub fn set_init(&mut self, init: Init) {
        let number = match &self.init {
            Some(current) if current.init == init => return,
            Some(current) => current.number + 1,
            None => 0,
        };
        self.init = Some(Arc::new(NumberedInit { number, init }));
    }

    /// Adds a part to the segment `msn`, which is the one under way or the next; false if the part cannot be taken.
    pub fn push(&mut self, msn: u64, part: Part) -> bool {
        if let Some(open) = &mut self.open {
            debug_assert_eq!(open.msn, msn, "the ring closes a segment before it begins another");
            if open.size + part.bytes.len() > SEGMENT_BYTES {
                return false;
            }
            open.push(part);
        } else {
            let Some(init) = self.init.clone() else { return false };
            if part.bytes.len() > SEGMENT_BYTES {
                return false;
            }
            debug_assert_eq!(self.next_msn, msn, "the ring fills what is missing");
            let discontinuity = std::mem::take(&mut self.discontinuity_due);
            self.open = Some(Open::begin(msn, discontinuity, self.next_part, init, part));
            self.next_msn += 1;
        }
        self.next_part += 1;
        true
    }

    /// Ends the segment under way, if there is one.
    pub fn close(&mut self) -> Option<Completed> {
        let segment = self.open.take()?.close();
        self.rate.count(&segment);
        Some(self.append(segment))
    }

    /// Appends a gap that lasts until then. There must be no segment under way.
    pub fn append_gap(&mut self, from: UtcMillis, duration: Duration) -> Completed {
        debug_assert!(self.open.is_none(), "a gap begins after a segment");
        let segment = Segment {
            msn: self.next_msn,
            pdt: from,
            duration,
            discontinuity: std::mem::take(&mut self.discontinuity_due),
            first_part: self.next_part,
            parts: Vec::new(),
            content: Content::Gap,
        };
        self.next_msn += 1;
        self.append(segment)
    }

    fn append(&mut self, segment: Segment) -> Completed {
        let completed = Completed {
            rendition: self.rendition,
            msn: segment.msn,
            pdt: segment.pdt,
            duration: segment.duration,
            content: segment.content.clone(),
            discontinuity: segment.discontinuity,
        };
        self.listed_duration += segment.duration;
        self.bytes += segment.size();
        self.listed.push_back(segment);
        self.evict();
        completed
    }

    fn evict(&mut self) {
        let room = if self.rendition.is_transcoded() { TRANSCODED_RING_BYTES } else { RING_BYTES };
        while let Some(oldest) = self.listed.front() {
            let rest = self.listed_duration.saturating_sub(oldest.duration);
            if (rest < WINDOW && self.bytes <= room) || rest < HOLD_BACK {
                break;
            }
            self.listed_duration = rest;
            self.discontinuities += u64::from(oldest.discontinuity);
            self.evicted.extend(self.listed.pop_front());
        }
        let edge = self.edge().unwrap_or_default();
        let keep_from = edge - millis(self.listed_duration + GRACE);
        while let Some(oldest) = self.evicted.front() {
            let over = oldest.pdt.saturating_add(millis(oldest.duration)) <= keep_from;
            if !over && self.bytes <= room {
                break;
            }
            self.bytes -= oldest.size();
            self.evicted.pop_front();
        }
    }

    /// What comes next does not continue what was before. Returns whether that was not due already.
    pub fn interrupt(&mut self) -> bool {
        debug_assert!(self.open.is_none(), "closed before");
        !std::mem::replace(&mut self.discontinuity_due, true)
    }

    /// Which rendition.
    pub fn rendition(&self) -> Rendition {
        self.rendition
    }

    /// The last initialization section.
    pub fn init(&self) -> Option<&Arc<NumberedInit>> {
        self.init.as_ref()
    }

    /// The segments in the playlist.
    pub fn listed(&self) -> &VecDeque<Segment> {
        &self.listed
    }

    /// The segment under way.
    pub fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// Number of the next segment to begin.
    pub fn next_msn(&self) -> u64 {
        self.next_msn
    }

    /// Number of the next part, which is the hinted one.
    pub fn next_part(&self) -> u64 {
        self.next_part
    }

    /// `EXT-X-DISCONTINUITY-SEQUENCE`.
    pub fn discontinuities(&self) -> u64 {
        self.discontinuities
    }

    /// Bit rates so far.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.bytes + self.open.as_ref().map_or(0, |open| open.size)
    }

    /// UTC of the end of the last part or gap.
    pub fn edge(&self) -> Option<UtcMillis> {
        let end = |pdt: UtcMillis, duration| pdt.saturating_add(millis(duration));
        match &self.open {
            Some(open) => Some(end(open.pdt(), open.duration)),
            None => self.listed.back().map(|last| end(last.pdt, last.duration)),
        }
    }

    /// How far the playlist reaches.
    pub fn frontier(&self, part_limit: u32, ended: bool) -> Frontier {
        let parts = |segment: &Segment| match segment.content {
            Content::Media { .. } => Some(u32::try_from(segment.parts.len()).unwrap_or(u32::MAX)),
            Content::Gap => None,
        };
        Frontier {
            first_msn: self.first_listed(),
            whole: self.listed.iter().map(parts).collect(),
            open_parts: self
                .open
                .as_ref()
                .map_or(0, |open| u32::try_from(open.parts.len()).unwrap_or(u32::MAX)),
            part_limit,
            ready: self.listed.iter().any(|segment| segment.init().is_some()),
            ended,
        }
    }

    /// Media sequence number of the first listed segment.
    pub fn first_listed(&self) -> u64 {
        let open = u64::from(self.open.is_some());
        self.listed.front().map_or(self.next_msn - open, |first| first.msn)
    }

    /// The file of that kind.
    pub fn find(&self, kind: Kind) -> Lookup {
        let served = match kind {
            Kind::Init(number) => self.find_init(number),
            Kind::Segment(msn) => self.find_segment(msn),
            Kind::Part(number) if number == self.next_part => return Lookup::Coming,
            Kind::Part(number) => self.find_part(number),
        };
        served.map_or(Lookup::Absent, Lookup::There)
    }

    fn find_init(&self, number: u32) -> Option<Served> {
        let held = self.all().filter_map(Segment::init);
        let init = held.chain(self.open.as_ref().map(|open| &open.init)).chain(&self.init);
        let found = init.into_iter().find(|init| init.number == number)?;
        Some(Served { bytes: found.init.bytes.clone(), interval: None })
    }

    fn find_segment(&self, msn: u64) -> Option<Served> {
        let first = self.all().next()?.msn;
        let segment = self.nth(usize::try_from(msn.checked_sub(first)?).ok()?)?;
        let Content::Media { bytes, .. } = &segment.content else { return None };
        let to = segment.pdt.saturating_add(millis(segment.duration));
        Some(Served { bytes: bytes.clone(), interval: Some((segment.pdt, to)) })
    }

    fn find_part(&self, number: u64) -> Option<Served> {
        let at = |first: u64| usize::try_from(number.checked_sub(first)?).ok();
        let entry = match &self.open {
            Some(open) if number >= open.first_part => open.parts.get(at(open.first_part)?)?,
            _ => {
                let deque = match self.listed.front() {
                    Some(first) if number >= first.first_part => &self.listed,
                    _ => &self.evicted,
                };
                // The last segment that begins at or before it; gaps share their number with what follows.
                let segment = deque.get(deque.partition_point(|s| s.first_part <= number).checked_sub(1)?)?;
                segment.parts.get(at(segment.first_part)?)?
            }
        };
        let PartEntry { bytes, pdt, duration, .. } = entry.clone();
        Some(Served { bytes, interval: Some((pdt, pdt.saturating_add(millis(duration)))) })
    }

    fn all(&self) -> impl Iterator<Item = &Segment> {
        self.evicted.iter().chain(&self.listed)
    }

    fn nth(&self, at: usize) -> Option<&Segment> {
        match at.checked_sub(self.evicted.len()) {
            Some(at) => self.listed.get(at),
            None => self.evicted.get(at),
        }
    }

    /// The name of a file of this track.
    pub fn name(&self, kind: Kind) -> Name {
        Name { rendition: self.rendition, kind, stream: self.stream }
    }
}
