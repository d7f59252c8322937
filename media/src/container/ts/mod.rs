//! MPEG transport streams (ITU-T H.222.0) to access units: one program, H.264 and AAC in ADTS, everything else refused by
//! name. Pure: bytes in, units out; it holds at most a picture and the beginning of the next packet.

mod packet;
mod pes;
mod picture;
mod sound;
mod tables;
#[cfg(test)]
mod tests;

use self::{
    packet::{Continuity, Framer, Order, Packet},
    pes::{Assembler, Clock, Pes, ms},
    picture::Pictures,
    sound::{Frames, Sound},
    tables::{Program, Sections},
};
use crate::{
    container::ContainerError,
    unit::{Frame, Track, Unit},
};

/// A stream of which so much has come without a program is none; encoders repeat their tables several times a second.
const MAX_BYTES_BEFORE_PROGRAM: usize = 2 << 20;

/// Takes a transport stream apart.
#[derive(Debug)]
pub struct Demuxer {
    framer: Framer,
    pat: Sections,
    pmt: Sections,
    /// Where the program's table is.
    table: Option<u16>,
    program: Option<Program>,
    bytes_before_program: usize,
    video: Line,
    audio: Line,
    pictures: Pictures,
    frames: Frames,
    clock: Clock,
    damaged: u64,
}

#[derive(Debug, Default)]
struct Line {
    continuity: Continuity,
    pes: Assembler,
}

impl Default for Demuxer {
    fn default() -> Self {
        Self {
            framer: Framer::default(),
            pat: Sections::default(),
            pmt: Sections::default(),
            table: None,
            program: None,
            bytes_before_program: 0,
            video: Line::default(),
            audio: Line::default(),
            pictures: Pictures::new(),
            frames: Frames::default(),
            clock: Clock::default(),
            damaged: 0,
        }
    }
}

impl Demuxer {
    /// Pictures and pieces of sound that were dropped because they are not whole.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Streams of picture or sound beside those that are taken.
    pub fn further(&self) -> u64 {
        self.program.map_or(0, |program| program.further)
    }

    /// Takes the next bytes, wherever they are cut.
    pub fn push(&mut self, bytes: &[u8], units: &mut Vec<Unit>) -> Result<(), ContainerError> {
        if self.program.is_none() {
            self.bytes_before_program += bytes.len();
            if self.bytes_before_program > MAX_BYTES_BEFORE_PROGRAM {
                return Err(ContainerError::NoProgram);
            }
        }
        self.framer.push(bytes);
        while let Some(packet) = self.framer.next() {
            if let Some(packet) = Packet::read(&packet) {
                self.packet(&packet, units)?;
            }
        }
        Ok(())
    }

    fn packet(&mut self, packet: &Packet<'_>, units: &mut Vec<Unit>) -> Result<(), ContainerError> {
        let (video, audio) = self.program.map_or((None, None), |program| (program.video, program.audio));
        if packet.pid == 0 {
            if let Some(section) = self.pat.push(packet.start, packet.payload) {
                let table = tables::first_program(&section);
                if table != self.table {
                    self.pmt.clear();
                    self.table = table;
                }
            }
        } else if self.table == Some(packet.pid) {
            if let Some(section) = self.pmt.push(packet.start, packet.payload)
                && let Some(program) = tables::program(&section)
            {
                self.follow(program?);
            }
        } else if video == Some(packet.pid) {
            let (whole, broken) = self.video.push(packet);
            if broken {
                self.pictures.lost()?;
                self.damaged += 1;
            }
            for pes in whole.into_iter().flatten() {
                self.damaged += self.pictures.push(&pes, &mut self.clock, units)?;
            }
        } else if audio == Some(packet.pid) {
            let (whole, broken) = self.audio.push(packet);
            if broken {
                self.frames.lost();
                self.damaged += 1;
            }
            for pes in whole.into_iter().flatten() {
                self.sound(&pes, units)?;
            }
        }
        Ok(())
    }

    /// The program is new, or another one.
    fn follow(&mut self, program: Program) {
        if self.program == Some(program) || (program.video, program.audio) == (None, None) {
            return;
        }
        self.program = Some(program);
        (self.video, self.audio) = (Line::default(), Line::default());
        (self.pictures, self.frames) = (Pictures::new(), Frames::default());
    }

    fn sound(&mut self, pes: &Pes, units: &mut Vec<Unit>) -> Result<(), ContainerError> {
        let mut sounds = Vec::new();
        let pts = pes.pts.map(|pts| self.clock.unwrap(pts));
        self.damaged += u64::from(!self.frames.push(pts, &pes.data, &mut sounds)?);
        units.extend(sounds.into_iter().map(|sound| match sound {
            Sound::Config(config) => Unit::AudioConfig(config),
            Sound::Frame(at, data) => {
                Unit::Frame(Frame { track: Track::Audio, dts_ms: ms(at), cts_ms: 0, key: true, data })
            }
        }));
        Ok(())
    }
}

impl Line {
    /// The PES packets that are whole now, and whether something before them is missing.
    fn push(&mut self, packet: &Packet<'_>) -> ([Option<Pes>; 2], bool) {
        let mut broken = false;
        match self.continuity.follow(packet) {
            Order::Again => return ([None, None], false),
            Order::AfterLoss => {
                self.pes.lost();
                broken = true;
            }
            Order::Next => {}
        }
        let pushed = self.pes.push(packet.start, packet.payload);
        broken |= pushed.iter().flatten().any(Result::is_err);
        (pushed.map(|pes| pes.and_then(Result::ok)), broken)
    }
}
