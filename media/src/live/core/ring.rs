//! A stream of a lesson: its renditions side by side, outages, and the end.
//!
//! It keeps the renditions' segment numbers and discontinuities aligned: the same number is the same stretch of time in
//! each of them, whatever arrives or fails to.

use std::time::Duration;

use yunke_protocol::UtcMillis;

use super::{
    GAP_SEGMENT, HOLE, LONGEST_GAP, SEGMENTS_LATE, TARGET_DURATION,
    frontier::Frontier,
    millis,
    names::{Kind, Name},
    track::{Lookup, Track},
};
use crate::live::event::{Completed, Event, Part, Rendition, StreamStart};

/// A stream of a lesson.
#[derive(Debug)]
pub struct Ring {
    start: StreamStart,
    tracks: Vec<Track>,
    /// Media sequence number of segment 0 of the run.
    run: u64,
    /// An outage is under way; gaps are written up to here (`None`: nothing is known of any time yet).
    outage: Option<UtcMillis>,
    discontinuities: u64,
    ended: bool,
    dropped_parts: u64,
}

impl Ring {
    /// An empty stream.
    pub fn new(start: StreamStart) -> Self {
        let mut tracks: Vec<Track> = Vec::new();
        for &rendition in &start.renditions {
            if tracks.iter().all(|track| track.rendition() != rendition) {
                tracks.push(Track::new(rendition, start.stream, start.first_msn, start.discontinuities));
            }
        }
        tracks.sort_by_key(Track::rendition);
        Self {
            run: start.first_msn,
            discontinuities: start.discontinuities,
            start,
            tracks,
            outage: None,
            ended: false,
            dropped_parts: 0,
        }
    }

    /// Applies an event; returns the segments it completed.
    pub fn apply(&mut self, event: Event) -> Vec<Completed> {
        let mut completed = Vec::new();
        if self.ended {
            return completed;
        }
        match event {
            Event::Init(rendition, init) => self.track_or_new(rendition).set_init(init),
            Event::Part(rendition, part) => self.part(rendition, part, &mut completed),
            Event::Discontinuity => {
                if self.outage.is_none() {
                    self.begin_run(&mut completed);
                }
            }
            Event::Outage { since } => self.begin_outage(since, &mut completed),
            Event::Elapsed { now } => self.elapse(now, &mut completed),
            Event::End => {
                self.level(&mut completed);
                self.ended = true;
            }
        }
        completed
    }

    /// A rendition nobody expected joins where the run began, so that its numbers are those of the others.
    fn track_or_new(&mut self, rendition: Rendition) -> &mut Track {
        let at = self.tracks.iter().position(|track| track.rendition() == rendition).unwrap_or_else(|| {
            let track = Track::new(rendition, self.start.stream, self.run, self.discontinuities);
            self.tracks.push(track);
            self.tracks.len() - 1
        });
        &mut self.tracks[at]
    }

    fn part(&mut self, rendition: Rendition, mut part: Part, completed: &mut Vec<Completed>) {
        if self.outage.is_some() {
            self.end_outage(part.pdt, completed);
        } else {
            self.fill_hole(part.pdt, completed);
        }
        let msn = self.run.saturating_add(part.segment);
        let Some(at) = self.tracks.iter().position(|track| track.rendition() == rendition) else {
            self.dropped_parts += 1;
            return;
        };
        let track = &mut self.tracks[at];
        if track.open().is_some_and(|open| open.msn != msn) {
            completed.extend(track.close());
        }
        let (next, open) = (track.next_msn(), track.open().is_some());
        // Too late for its segment, or further ahead than any pipeline can be.
        if (!open && msn < next) || msn > next.saturating_add(millis(LONGEST_GAP).unsigned_abs() / 1000) {
            self.dropped_parts += 1;
            return;
        }
        if !open {
            self.fill_gaps(at, msn, Some(part.pdt), completed);
            // Time does not run backwards in a playlist, whatever the pipeline's clock does. A little is right: renditions
            // do not begin at the same instant.
            if let Some(edge) = self.tracks[at].edge().filter(|edge| part.pdt < *edge - millis(HOLE)) {
                part.pdt = edge;
            }
        }
        let last = part.last_of_segment;
        if !self.tracks[at].push(msn, part) {
            self.dropped_parts += 1;
        }
        if last {
            completed.extend(self.tracks[at].close());
            self.fill_late(msn, completed);
        }
    }

    /// Renditions that lag far behind get gaps, so that no player waits for them for ever.
    fn fill_late(&mut self, whole: u64, completed: &mut Vec<Completed>) {
        for at in 0..self.tracks.len() {
            let track = &mut self.tracks[at];
            let under_way = track.open().map_or(track.next_msn(), |open| open.msn);
            if under_way.saturating_add(SEGMENTS_LATE) > whole.saturating_add(1) {
                continue;
            }
            completed.extend(track.close());
            self.fill_gaps(at, whole + 2 - SEGMENTS_LATE, None, completed);
        }
    }

    /// Gaps in one track up to segment `until`, of the length the segments have in another track,
    /// else spread evenly up to `until_pdt`.
    fn fill_gaps(
        &mut self,
        at: usize,
        until: u64,
        until_pdt: Option<UtcMillis>,
        completed: &mut Vec<Completed>,
    ) {
        while self.tracks[at].next_msn() < until {
            let msn = self.tracks[at].next_msn();
            let (from, duration) = self.gap_beside(at, msn).unwrap_or_else(|| {
                let from = self.tracks[at].edge().or(self.edge());
                let Some((from, to)) = from.zip(until_pdt).filter(|(from, to)| from < to) else {
                    return (from.or(until_pdt).unwrap_or_default(), GAP_SEGMENT);
                };
                let each = from.abs_diff(to) / (until - msn);
                (from, Duration::from_millis(each.max(1)).min(TARGET_DURATION))
            });
            completed.push(self.tracks[at].append_gap(from, duration));
        }
    }

    /// The stretch of time that the segment of this number has in another track, as far as it lies ahead in this one.
    fn gap_beside(&self, at: usize, msn: u64) -> Option<(UtcMillis, Duration)> {
        let find = |track: &Track| {
            let segment = track.listed().iter().rev().find(|segment| segment.msn == msn)?;
            Some((segment.pdt, segment.pdt.saturating_add(millis(segment.duration))))
        };
        let (from, to) = self.tracks.iter().find_map(find)?;
        let from = self.tracks[at].edge().map_or(from, |edge| edge.max(from));
        Some((from, Duration::from_millis(to.saturating_sub(from).max(1).unsigned_abs())))
    }

    /// Closes all segments under way and fills gaps until all tracks have the same number of segments.
    fn level(&mut self, completed: &mut Vec<Completed>) {
        for track in &mut self.tracks {
            completed.extend(track.close());
        }
        let next = self.next_msn();
        for at in 0..self.tracks.len() {
            self.fill_gaps(at, next, None, completed);
        }
    }

    fn begin_run(&mut self, completed: &mut Vec<Completed>) {
        self.level(completed);
        self.run = self.next_msn();
        let news = self.tracks.iter_mut().map(Track::interrupt).fold(false, |any, new| any | new);
        self.discontinuities += u64::from(news);
    }

    fn begin_outage(&mut self, since: UtcMillis, completed: &mut Vec<Completed>) {
        if self.outage.is_none() {
            self.level(completed);
            self.outage = Some(self.edge().map_or(since, |edge| edge.max(since)));
        }
    }

    /// Whole gap segments up to now.
    fn elapse(&mut self, now: UtcMillis, completed: &mut Vec<Completed>) {
        let Some(mut cursor) = self.outage else { return };
        // A clock that leaps by days is not written out.
        cursor = cursor.max(now.saturating_sub(millis(LONGEST_GAP)));
        while now.saturating_sub(cursor) >= millis(GAP_SEGMENT) {
            let to = cursor + millis(GAP_SEGMENT);
            self.gap(cursor, to, completed);
            cursor = to;
        }
        self.outage = Some(cursor);
    }

    fn end_outage(&mut self, back: UtcMillis, completed: &mut Vec<Completed>) {
        self.gaps_up_to(back, completed);
        self.begin_run(completed);
    }

    fn gaps_up_to(&mut self, back: UtcMillis, completed: &mut Vec<Completed>) {
        // Leave the rest (up to almost two gap segments) for one last gap that meets the media exactly.
        self.elapse(back.saturating_sub(millis(GAP_SEGMENT)), completed);
        if let Some(cursor) = self.outage.take().filter(|cursor| *cursor < back) {
            self.gap(cursor, back, completed);
        }
    }

    /// A run that begins some time after the one before ended, though nobody called it an outage (a publisher that
    /// reconnects at once): the time between is a gap, so that durations add up to the time that has passed.
    fn fill_hole(&mut self, begins: UtcMillis, completed: &mut Vec<Completed>) {
        let fresh = self.tracks.iter().all(|track| track.open().is_none() && track.next_msn() == self.run);
        let Some(edge) = self.edge().filter(|edge| fresh && begins - edge >= millis(HOLE)) else { return };
        self.outage = Some(edge);
        self.gaps_up_to(begins, completed);
        self.run = self.next_msn();
    }

    /// One gap in all tracks up to `to`; in each of them from where its media ended.
    fn gap(&mut self, from: UtcMillis, to: UtcMillis, completed: &mut Vec<Completed>) {
        for track in &mut self.tracks {
            let begin = track
                .edge()
                .filter(|edge| to.saturating_sub(*edge) <= millis(TARGET_DURATION))
                .unwrap_or(from);
            let length = Duration::from_millis(to.saturating_sub(begin).max(1).unsigned_abs());
            completed.push(track.append_gap(begin, length));
        }
    }

    /// How the stream started.
    pub fn start(&self) -> &StreamStart {
        &self.start
    }

    /// The renditions, the picture first.
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// One rendition.
    pub fn track(&self, rendition: Rendition) -> Option<&Track> {
        self.tracks.iter().find(|track| track.rendition() == rendition)
    }

    /// Number the next new segment gets.
    pub fn next_msn(&self) -> u64 {
        self.tracks.iter().map(Track::next_msn).max().unwrap_or(self.start.first_msn)
    }

    /// Discontinuities so far, those before the stream included.
    pub fn discontinuities(&self) -> u64 {
        self.discontinuities
    }

    /// UTC up to which media or gaps exist.
    pub fn edge(&self) -> Option<UtcMillis> {
        self.tracks.iter().filter_map(Track::edge).max()
    }

    /// `EXT-X-ENDLIST` stands.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Nothing arrives at present.
    pub fn in_outage(&self) -> bool {
        self.outage.is_some()
    }

    /// Parts that could not be taken: late, without an initialization section, or too large.
    pub fn dropped_parts(&self) -> u64 {
        self.dropped_parts
    }

    /// The advance part limit of RFC 8216bis 6.2.5.2: 3 s in parts if a part is shorter than 1 s, else 3.
    pub fn part_limit(&self) -> u32 {
        let target = self.start.part_target.as_millis().clamp(1, 1000);
        u32::try_from(3000_u128.div_ceil(target)).unwrap_or(u32::MAX)
    }

    /// The file of that name. After the end nothing is coming any more.
    pub fn find(&self, name: Name) -> Lookup {
        let track = self.track(name.rendition).filter(|_| name.stream == self.start.stream);
        match track.map_or(Lookup::Absent, |track| track.find(name.kind)) {
            Lookup::Coming if self.ended => Lookup::Absent,
            found => found,
        }
    }

    /// It is the part that is hinted at, or was when the stream ended.
    pub fn announced(&self, name: Name) -> bool {
        let track = self.track(name.rendition).filter(|_| name.stream == self.start.stream);
        track.is_some_and(|track| name.kind == Kind::Part(track.next_part()))
    }

    /// How far the playlist of a track reaches.
    pub fn frontier(&self, track: &Track) -> Frontier {
        track.frontier(self.part_limit(), self.ended)
    }
}
