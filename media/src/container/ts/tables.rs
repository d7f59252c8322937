//! The tables that say what is where (ITU-T H.222.0, 2.4.4): the first program, its first playable picture and sound.

use crate::{container::ContainerError, unit::Track};

/// Longest section of these tables.
const MAX_SECTION: usize = 1024;

/// Puts one table's sections together.
#[derive(Debug, Default)]
pub(super) struct Sections {
    bytes: Vec<u8>,
}

impl Sections {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// A whole section whose checksum is right, without the checksum.
    pub(super) fn push(&mut self, start: bool, payload: &[u8]) -> Option<Vec<u8>> {
        if start {
            let (&pointer, after) = payload.split_first()?;
            self.bytes = after.get(usize::from(pointer)..)?.to_vec();
        } else if self.bytes.is_empty() || self.bytes.len() > MAX_SECTION {
            return None; // begun elsewhere, or not what it says
        } else {
            self.bytes.extend_from_slice(payload);
        }
        let size = 3 + usize::from(u16::from_be_bytes([*self.bytes.get(1)?, *self.bytes.get(2)?]) & 0x0fff);
        let mut whole = self.bytes.get(..size)?.to_vec();
        self.bytes.clear();
        (crc(&whole) == 0).then(|| {
            whole.truncate(size - 4);
            whole
        })
    }
}

/// CRC-32 of H.222.0, annex A; 0 over data with its checksum behind it.
fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            if sum >> 31 == 1 { sum << 1 ^ 0x04c1_1db7 } else { sum << 1 }
        })
    })
}

/// Where the table of the first program is.
pub(super) fn first_program(section: &[u8]) -> Option<u16> {
    let programs = section.strip_prefix(&[0])?.get(7..)?;
    programs
        .chunks_exact(4)
        .find(|entry| entry[..2] != [0, 0])
        .map(|entry| u16::from_be_bytes([entry[2], entry[3]]) & 0x1fff)
}

/// The streams of a program that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Program {
    /// H.264.
    pub(super) video: Option<u16>,
    /// AAC in ADTS.
    pub(super) audio: Option<u16>,
    /// Pictures and sounds beside them.
    pub(super) further: u64,
}

#[derive(Debug, Clone, Copy)]
enum Stream {
    Playable(Track, u16),
    Other(Track, &'static str),
}

/// Reads a program's table. Further streams of a kind are passed over; a kind that comes only in formats that cannot be played
/// is refused by name.
pub(super) fn program(section: &[u8]) -> Option<Result<Program, ContainerError>> {
    let head = section.strip_prefix(&[2])?;
    let skip = u16::from_be_bytes([*head.get(9)?, *head.get(10)?]) & 0x0fff;
    let mut rest = head.get(11 + usize::from(skip)..)?;
    let mut streams = Vec::new();
    while let Some((entry, after)) = rest.split_first_chunk::<5>() {
        let pid = u16::from_be_bytes([entry[1], entry[2]]) & 0x1fff;
        let size = u16::from_be_bytes([entry[3], entry[4]]) & 0x0fff;
        let (descriptors, after) = after.split_at_checked(size.into())?;
        streams.extend(stream(entry[0], pid, descriptors));
        rest = after;
    }
    let of = |wanted: Track| {
        let playable = streams.iter().find_map(|stream| match *stream {
            Stream::Playable(track, pid) if track == wanted => Some(pid),
            _ => None,
        });
        let other = streams.iter().find_map(|stream| match *stream {
            Stream::Other(track, name) if track == wanted => Some(name),
            _ => None,
        });
        match (playable, other) {
            (None, Some(name)) => {
                let instead = if wanted == Track::Video { "H.264" } else { "AAC" };
                Err(ContainerError::NotPlayable { what: name.to_owned(), instead })
            }
            (playable, _) => Ok(playable),
        }
    };
    let all = streams.len();
    Some(of(Track::Video).and_then(|video| {
        let audio = of(Track::Audio)?;
        let taken = [video, audio].iter().flatten().count();
        Ok(Program { video, audio, further: (all - taken) as u64 })
    }))
}

/// By stream type (H.222.0, table 2-34, and ATSC's), and by registration for private data. `None`: neither picture nor sound.
fn stream(kind: u8, pid: u16, descriptors: &[u8]) -> Option<Stream> {
    use Track::{Audio, Video};
    let other = |track, name| Some(Stream::Other(track, name));
    match kind {
        0x1b => Some(Stream::Playable(Video, pid)),
        0x0f => Some(Stream::Playable(Audio, pid)),
        0x01 | 0x02 => other(Video, "MPEG-2 video"),
        0x10 => other(Video, "MPEG-4 part 2 video"),
        0x21 => other(Video, "JPEG 2000 video"),
        0x24 => other(Video, "H.265/HEVC video"),
        0x33 => other(Video, "H.266/VVC video"),
        0x03 | 0x04 => other(Audio, "MPEG audio (MP2, MP3)"),
        0x11 => other(Audio, "AAC in LATM framing (not ADTS)"),
        0x81 => other(Audio, "AC-3 audio"),
        0x87 => other(Audio, "E-AC-3 audio"),
        0x06 => match private(descriptors)? {
            b"HEVC" => other(Video, "H.265/HEVC video"),
            b"AV01" => other(Video, "AV1 video"),
            b"Opus" => other(Audio, "Opus audio"),
            b"AC-3" => other(Audio, "AC-3 audio"),
            b"EAC3" => other(Audio, "E-AC-3 audio"),
            b"BSSD" => other(Audio, "PCM audio (SMPTE 302M)"),
            _ => None,
        },
        _ => None,
    }
}

/// What a private stream is registered as.
fn private(mut descriptors: &[u8]) -> Option<&[u8; 4]> {
    while let Some((&[tag, size], after)) = descriptors.split_first_chunk::<2>() {
        let (body, after) = after.split_at_checked(size.into())?;
        match tag {
            0x05 => return body.first_chunk(),
            0x6a => return Some(b"AC-3"),
            0x7a => return Some(b"EAC3"),
            _ => descriptors = after,
        }
    }
    None
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A section with its length and checksum, as it stands in a payload.
    pub(in super::super) fn section(table: u8, body: &[u8]) -> Vec<u8> {
        let size = u16::try_from(body.len() + 4).expect("short") | 0xb000;
        let mut section = [&[table][..], &size.to_be_bytes(), body].concat();
        section.extend_from_slice(&crc(&section).to_be_bytes());
        [&[0][..], &section].concat()
    }

    /// A program's table with these streams: type, PID, descriptors.
    pub(in super::super) fn table(streams: &[(u8, u16, &[u8])]) -> Vec<u8> {
        let mut body = vec![0, 1, 0xc1, 0, 0, 0xe1, 0, 0xf0, 0];
        for (kind, pid, descriptors) in streams {
            body.push(*kind);
            body.extend_from_slice(&(pid | 0xe000).to_be_bytes());
            body.extend_from_slice(
                &(u16::try_from(descriptors.len()).expect("short") | 0xf000).to_be_bytes(),
            );
            body.extend_from_slice(descriptors);
        }
        section(2, &body)
    }

    fn read(streams: &[(u8, u16, &[u8])]) -> Result<Program, String> {
        let whole = Sections::default().push(true, &table(streams)).expect("a section");
        program(&whole).expect("a program").map_err(|error| error.to_string())
    }

    #[test]
    fn the_first_program_and_its_first_playable_streams() {
        let pat = section(0, &[0, 1, 0xc1, 0, 0, 0, 0, 0xe0, 0x10, 0, 1, 0xf0, 0]);
        let whole = Sections::default().push(true, &pat).expect("a section");
        assert_eq!(first_program(&whole), Some(0x1000));
        let streams: &[(u8, u16, &[u8])] = &[
            (0x06, 0x40, b"\x59\x00"),
            (0x03, 0x101, b""),
            (0x0f, 0x102, b""),
            (0x1b, 0x100, b""),
            (0x0f, 0x103, b""),
        ];
        assert_eq!(read(streams), Ok(Program { video: Some(0x100), audio: Some(0x102), further: 2 }));
        assert_eq!(read(&[(0x0f, 9, b"")]), Ok(Program { video: None, audio: Some(9), further: 0 }));
    }

    #[test]
    fn what_cannot_be_played_is_refused_by_name() {
        let reason = |streams| read(streams).expect_err("not playable");
        assert!(reason(&[(0x24, 1, b""), (0x0f, 2, b"")]).contains("HEVC"));
        assert!(reason(&[(0x1b, 1, b""), (0x03, 2, b"")]).contains("MP2"));
        assert!(reason(&[(0x1b, 1, b""), (0x06, 2, b"\x05\x04Opus")]).contains("Opus"));
    }

    #[test]
    fn a_section_comes_in_pieces_and_a_damaged_one_not_at_all() {
        let bytes = table(&[(0x1b, 0x100, &[5; 200])]);
        let mut sections = Sections::default();
        assert_eq!(sections.push(false, &bytes), None, "its start was not seen");
        assert_eq!(sections.push(true, &bytes[..100]), None);
        assert!(sections.push(false, &bytes[100..]).is_some());
        let mut damaged = bytes.clone();
        damaged[20] ^= 1;
        assert_eq!(sections.push(true, &damaged), None);
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60), start in any::<bool>()) {
            let _ = Sections::default().push(start, &bytes);
            let _ = (first_program(&bytes), program(&bytes));
            let _ = program(&[&[2][..], &bytes].concat());
        }
    }
}
