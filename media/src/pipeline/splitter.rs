//! Where parts and segments end. Pure: stamped frames in, cuts out, in the order in which the muxers must see them.
//!
//! A part ends before the frame that would make it longer than the part target. A segment ends before the first key
//! frame at least [`SEGMENT_MIN_US`] after its start, and never gets longer than [`SEGMENT_MAX_US`]. Sound is held back
//! until the picture has passed it, so that its segments end exactly where the picture's do; held at most
//! [`HOLD_MAX_US`], so that a picture that stands still does not silence the lesson.

use std::collections::VecDeque;

use super::repair::Stamp;
use crate::{
    timing::SEGMENT_MIN_US,
    unit::{Frame, Track},
};

/// Without a key frame the segment ends here: `EXT-X-TARGETDURATION`.
pub const SEGMENT_MAX_US: i64 = 4_000_000;
/// Segments of a lesson without picture.
const AUDIO_SEGMENT_US: i64 = 2_000_000;
/// Sound waits for the picture at most so long.
const HOLD_MAX_US: i64 = 400_000;
/// And at most so many frames; then the oldest goes on.
const HOLD_MAX_FRAMES: usize = 128;
/// Boundaries that sound may be behind: most of a minute. When full, the oldest go; sound that comes then jumps over them.
const MAX_BOUNDARIES: usize = 16;
/// Rounding of RTMP's millisecond timestamps.
const TOLERANCE_US: i64 = 1_000;

/// A part that has just ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Start since the run's first frame, microseconds.
    pub start_us: i64,
    /// Media time it lasts.
    pub duration_us: i64,
    /// Starts with a key frame (audio: always).
    pub independent: bool,
    /// Number of its segment in the run.
    pub segment: u64,
    /// The next part starts a new segment.
    pub last_of_segment: bool,
}

/// One step for the muxers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// End the track's part here.
    Cut(Track, Ended),
    /// Then take this frame.
    Frame(Frame, Stamp),
}

/// What is open of a track.
#[derive(Debug, Clone, Copy)]
struct Open {
    part_start_us: i64,
    segment_start_us: i64,
    segment: u64,
    independent: bool,
    last_us: i64,
    /// Distance of the last two frames: the best guess for the next.
    step_us: i64,
}

/// Cuts one run.
#[derive(Debug)]
pub struct Splitter {
    part_target_us: i64,
    has_video: bool,
    /// How much later than decoded the run's first picture is presented.
    reorder_us: i64,
    video: Option<Open>,
    sound: Follower,
    held: VecDeque<(Frame, Stamp)>,
}

impl Splitter {
    /// For a run with or without picture.
    pub fn new(part_target_us: i64, has_video: bool, audio_frame_us: i64) -> Self {
        Self {
            part_target_us,
            has_video,
            reorder_us: 0,
            video: None,
            sound: Follower::new(Track::Audio, part_target_us, audio_frame_us),
            held: VecDeque::new(),
        }
    }

    /// Takes a frame; appends what the muxers are to do.
    pub fn push(&mut self, frame: Frame, stamp: Stamp, out: &mut Vec<Step>) {
        match frame.track {
            Track::Video => {
                self.picture(frame, stamp, out);
                self.release(out);
            }
            Track::Audio if self.has_video => {
                self.held.push_back((frame, stamp));
                self.release(out);
            }
            Track::Audio => {
                if self.sound.length_us(stamp) >= AUDIO_SEGMENT_US {
                    self.sound.boundary(self.sound.segment() + 1, stamp.pts_us);
                }
                self.sound.push(frame, stamp, out);
            }
        }
    }

    /// Whether both tracks are in the same segment: a run that ends now leaves none of them without its last one.
    pub fn is_level(&self) -> bool {
        self.video.is_none_or(|open| open.segment == self.sound.segment())
    }

    /// Ends the run: lets go what is held and ends the open parts. Their segments end with the run: a last one that is called whole,
    /// short as it may be, would make the other track seem late by a segment.
    pub fn finish(&mut self, out: &mut Vec<Step>) {
        while let Some((frame, stamp)) = self.held.pop_front() {
            self.sound.push(frame, stamp, out);
        }
        if let Some(open) = self.video.take() {
            out.push(Step::Cut(Track::Video, open.end(open.last_us + open.step_us, false)));
        }
        self.sound.finish(out);
    }

    fn picture(&mut self, frame: Frame, stamp: Stamp, out: &mut Vec<Step>) {
        let at = stamp.dts_us;
        let Some(open) = &mut self.video else {
            self.reorder_us = stamp.pts_us - stamp.dts_us;
            let at = at + self.reorder_us;
            let step_us = 33_333.min(self.part_target_us);
            self.video = Some(Open::start(at, 0, frame.key, step_us));
            out.push(Step::Frame(frame, stamp));
            return;
        };
        let at = at + self.reorder_us;
        let step = (at - open.last_us).clamp(1, self.part_target_us);
        let long = at - open.segment_start_us;
        let new_segment =
            (frame.key && long >= SEGMENT_MIN_US) || long + step > SEGMENT_MAX_US + TOLERANCE_US;
        if new_segment || at + step - open.part_start_us > self.part_target_us + TOLERANCE_US {
            let ended = open.end(at, new_segment);
            out.push(Step::Cut(Track::Video, ended));
            open.next(at, frame.key, new_segment);
            if new_segment {
                self.sound.boundary(open.segment, stamp.pts_us.min(at));
            }
        }
        open.step_us = step;
        open.last_us = at;
        out.push(Step::Frame(frame, stamp));
    }

    /// Lets sound go on that the picture has passed, or that has waited long enough.
    fn release(&mut self, out: &mut Vec<Step>) {
        let passed = self.video.map(|open| open.last_us);
        while let (Some((_, first)), Some((_, last))) = (self.held.front(), self.held.back()) {
            let due = passed.is_some_and(|passed| first.pts_us < passed)
                || last.pts_us - first.pts_us > HOLD_MAX_US
                || self.held.len() > HOLD_MAX_FRAMES;
            if !due {
                break;
            }
            if let Some((frame, stamp)) = self.held.pop_front() {
                self.sound.push(frame, stamp, out);
            }
        }
    }
}

/// Cuts frames whose segments end where another track's do. A picture's begin with a key frame: it is the encoder's to make
/// one there.
#[derive(Debug)]
pub struct Follower {
    track: Track,
    part_target_us: i64,
    frame_us: i64,
    open: Option<Open>,
    /// Boundaries that were not reached yet: the number and start of the segment after each.
    boundaries: VecDeque<(u64, i64)>,
}

impl Follower {
    /// Cuts frames of this length; pictures lie at least so far apart.
    pub fn new(track: Track, part_target_us: i64, frame_us: i64) -> Self {
        Self { track, part_target_us, frame_us, open: None, boundaries: VecDeque::new() }
    }

    /// Segment `number` starts here.
    pub fn boundary(&mut self, number: u64, start_us: i64) {
        if self.boundaries.len() >= MAX_BOUNDARIES {
            self.boundaries.pop_front();
        }
        self.boundaries.push_back((number, start_us));
    }

    /// Takes a frame; appends what the muxer is to do.
    pub fn push(&mut self, frame: Frame, stamp: Stamp, out: &mut Vec<Step>) {
        let at = stamp.pts_us;
        let independent = self.track == Track::Audio || frame.key;
        let mut boundary = None;
        while independent
            && self.boundaries.front().is_some_and(|(_, start)| is_due(*start, at, self.frame_us))
        {
            boundary = self.boundaries.pop_front();
        }
        let Some(open) = &mut self.open else {
            let segment = boundary.map_or(0, |(segment, _)| segment);
            self.open = Some(Open::start(at, segment, independent, self.frame_us));
            out.push(Step::Frame(frame, stamp));
            return;
        };
        let step = match self.track {
            Track::Audio => self.frame_us,
            Track::Video => (at - open.last_us).clamp(1, self.part_target_us),
        };
        if boundary.is_some() || at + step - open.part_start_us > self.part_target_us + TOLERANCE_US {
            let ended = open.end(at, boundary.is_some());
            out.push(Step::Cut(self.track, ended));
            open.next(at, independent, boundary.is_some());
            if let Some((segment, _)) = boundary {
                open.segment = segment;
            }
        }
        open.step_us = step;
        open.last_us = at;
        out.push(Step::Frame(frame, stamp));
    }

    /// Ends the open part.
    pub fn finish(&mut self, out: &mut Vec<Step>) {
        if let Some(open) = self.open.take() {
            out.push(Step::Cut(self.track, open.end(open.last_us + open.step_us, false)));
        }
    }

    /// How long the open segment will be with this frame in it, less half of the frame.
    fn length_us(&self, stamp: Stamp) -> i64 {
        self.open.map_or(0, |open| stamp.pts_us + self.frame_us / 2 - open.segment_start_us)
    }

    fn segment(&self) -> u64 {
        self.open.map_or(0, |open| open.segment)
    }
}

/// Whether the frame that lies here, of this length, is the first of a segment that starts there.
pub fn is_due(start_us: i64, at_us: i64, frame_us: i64) -> bool {
    at_us >= start_us - frame_us / 2
}

impl Open {
    fn start(at: i64, segment: u64, independent: bool, step_us: i64) -> Self {
        Self { part_start_us: at, segment_start_us: at, segment, independent, last_us: at, step_us }
    }

    fn end(&self, at: i64, last_of_segment: bool) -> Ended {
        Ended {
            start_us: self.part_start_us,
            duration_us: at - self.part_start_us,
            independent: self.independent,
            segment: self.segment,
            last_of_segment,
        }
    }

    fn next(&mut self, at: i64, independent: bool, new_segment: bool) {
        self.part_start_us = at;
        self.independent = independent;
        if new_segment {
            self.segment_start_us = at;
            self.segment += 1;
        }
    }
}

#[cfg(test)]
#[path = "splitter_tests.rs"]
mod tests;
