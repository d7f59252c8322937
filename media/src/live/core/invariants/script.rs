//! Any stream a pipeline could push, and some it should not: the input of the property tests.

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use crate::live::event::{Event, Format, Init, Part, Rendition, StreamStart};

/// A step of a pipeline; [`Pipeline`] makes events of it.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A part of a rendition lasting so many milliseconds; perhaps the last of its segment.
    Part {
        rendition: Rendition,
        ms: u64,
        last: bool,
        key: bool,
    },
    /// The rendition's next part belongs to a later segment: some are missing.
    Lose {
        rendition: Rendition,
        segments: u64,
    },
    /// A new initialization section, and therefore a new run.
    Reformat {
        rendition: Rendition,
    },
    Discontinuity,
    Outage,
    /// Time passes.
    Elapse {
        ms: i64,
    },
    End,
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let rendition = || proptest::sample::select(Rendition::ALL.to_vec());
    let part = (rendition(), 255..=301_u64, prop::bool::weighted(0.15), prop::bool::weighted(0.5))
        .prop_map(|(rendition, ms, last, key)| Step::Part { rendition, ms, last, key });
    let step = prop_oneof![
        60 => part,
        1 => (rendition(), 1..4_u64).prop_map(|(rendition, segments)| Step::Lose { rendition, segments }),
        1 => rendition().prop_map(|rendition| Step::Reformat { rendition }),
        1 => Just(Step::Discontinuity),
        1 => Just(Step::Outage),
        3 => (0..9000_i64).prop_map(|ms| Step::Elapse { ms }),
    ];
    (prop::collection::vec(step, 0..400), any::<bool>()).prop_map(|(mut steps, end)| {
        if end {
            steps.push(Step::End);
        }
        steps
    })
}

pub(crate) fn start(first_msn: u64) -> StreamStart {
    StreamStart {
        stream: 0x18c,
        first_msn,
        discontinuities: 3,
        renditions: Rendition::ALL.to_vec(),
        part_target: Duration::from_millis(300),
    }
}

/// Turns steps into events with the times and numbers a pipeline would give them.
#[derive(Debug)]
pub(crate) struct Pipeline {
    lanes: [Lane; Rendition::ALL.len()],
    in_outage: bool,
    clock: i64,
    format: u8,
    serial: u32,
}

#[derive(Debug, Default)]
struct Lane {
    pdt: i64,
    segment: u64,
    parts: u32,
    segment_ms: u64,
}

pub(crate) const EPOCH: i64 = 1_790_000_000_000;

impl Default for Pipeline {
    fn default() -> Self {
        let lane = || Lane { pdt: EPOCH, ..Lane::default() };
        Self { lanes: Rendition::ALL.map(|_| lane()), in_outage: false, clock: EPOCH, format: 0, serial: 0 }
    }
}

impl Pipeline {
    pub(crate) fn begin(&self) -> Vec<Event> {
        Rendition::ALL.map(|rendition| self.init(rendition)).to_vec()
    }

    pub(crate) fn events(&mut self, step: &Step) -> Vec<Event> {
        match *step {
            Step::Part { rendition, ms, last, key } => self.part(rendition, ms, last, key),
            Step::Lose { rendition, segments } => {
                let lane = &mut self.lanes[rendition as usize];
                lane.segment += segments;
                lane.pdt += 2000 * i64::try_from(segments).expect("small");
                (lane.parts, lane.segment_ms) = (0, 0);
                vec![]
            }
            Step::Reformat { rendition } => {
                self.format += 1;
                self.run();
                vec![Event::Discontinuity, self.init(rendition)]
            }
            Step::Discontinuity => {
                self.run();
                vec![Event::Discontinuity]
            }
            Step::Outage => {
                self.in_outage = true;
                vec![Event::Outage { since: self.latest() }]
            }
            Step::Elapse { ms } => {
                if self.in_outage {
                    self.clock = self.clock.max(self.latest()) + ms;
                }
                vec![Event::Elapsed { now: self.clock }]
            }
            Step::End => vec![Event::End],
        }
    }

    fn part(&mut self, rendition: Rendition, ms: u64, last: bool, key: bool) -> Vec<Event> {
        if std::mem::take(&mut self.in_outage) {
            let back = self.clock.max(self.latest());
            self.run();
            self.lanes.iter_mut().for_each(|lane| lane.pdt = back);
        }
        self.serial += 1;
        let lane = &mut self.lanes[rendition as usize];
        let last = last || lane.segment_ms + ms + 301 > 4000;
        // Bytes that tell parts apart, and renditions.
        let bytes = [&[rendition as u8], self.serial.to_be_bytes().as_slice(), &[7; 40]].concat();
        let part = Part {
            bytes: Bytes::from(bytes),
            duration: Duration::from_millis(ms),
            pdt: lane.pdt,
            independent: key || rendition.is_sound(),
            segment: lane.segment,
            last_of_segment: last,
        };
        lane.pdt += i64::try_from(ms).expect("small");
        lane.parts += 1;
        lane.segment_ms += ms;
        if last {
            lane.segment += 1;
            (lane.parts, lane.segment_ms) = (0, 0);
        }
        vec![Event::Part(rendition, part)]
    }

    /// A new run begins in all renditions where the latest of them ended.
    fn run(&mut self) {
        let pdt = self.latest();
        self.lanes.iter_mut().for_each(|lane| *lane = Lane { pdt, ..Lane::default() });
    }

    fn latest(&self) -> i64 {
        self.lanes.iter().map(|lane| lane.pdt).max().unwrap_or(EPOCH)
    }

    fn init(&self, rendition: Rendition) -> Event {
        let format = match rendition {
            Rendition::Video => {
                Format::Video { codec: "avc1.64001f".into(), width: 1280, height: 720, fps_milli: 30_000 }
            }
            Rendition::VideoLow => {
                Format::Video { codec: "avc1.64001e".into(), width: 640, height: 360, fps_milli: 30_000 }
            }
            Rendition::Audio | Rendition::AudioLow => {
                let channels = if rendition.is_transcoded() { 1 } else { 2 };
                Format::Audio { codec: "mp4a.40.2".into(), rate: 48_000, channels }
            }
        };
        let bytes = Bytes::from(vec![b'i', rendition as u8, self.format]);
        Event::Init(rendition, Init { bytes, format })
    }
}
