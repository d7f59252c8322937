//! What a file is, by its content: its name is never asked.

use super::bits::{be32, synchsafe};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// MPEG-1/2 layers 1 to 3.
    Mpeg,
    /// AAC in ADTS frames.
    Adts,
    /// RIFF, RF64.
    Wav,
    /// AIFF.
    Aiff,
    /// CAF.
    Caf,
    /// FLAC.
    Flac,
    /// Ogg: Vorbis, Opus, FLAC, Speex.
    Ogg,
    /// ISO base media and `QuickTime`.
    Mp4,
    /// Matroska and `WebM`.
    Matroska,
    /// AMR, narrow and wide.
    Amr,
    /// ASF: WMA, WMV.
    Asf,
    /// Monkey's Audio.
    Ape,
    /// MPEG program or transport streams, FLV, AVI.
    Video,
}

impl Kind {
    /// For people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mpeg => "mp3",
            Self::Adts => "aac",
            Self::Wav => "wav",
            Self::Aiff => "aiff",
            Self::Caf => "caf",
            Self::Flac => "flac",
            Self::Ogg => "ogg",
            Self::Mp4 => "mp4",
            Self::Matroska => "matroska",
            Self::Amr => "amr",
            Self::Asf => "asf",
            Self::Ape => "ape",
            Self::Video => "video",
        }
    }

    /// The decoder in Rust reads all of it rightly. AAC is not among them: it takes HE-AAC without a sign of it for its core,
    /// at half the band.
    pub(super) fn native(self) -> bool {
        matches!(self, Self::Mpeg | Self::Wav | Self::Aiff | Self::Caf | Self::Flac | Self::Ogg)
    }
}

/// Where the content begins behind `ID3v2` tags at the start: so many bytes from there, if it is one.
pub(super) fn tag_bytes(beginning: &[u8]) -> Option<u64> {
    let size = beginning.get(6..10)?;
    let tagged = beginning.starts_with(b"ID3") && size.iter().all(|byte| byte & 0x80 == 0);
    // A footer of ten bytes has a flag.
    let footer = if beginning[5] & 0x10 != 0 { 10 } else { 0 };
    tagged.then(|| u64::from(synchsafe(be32(size))) + 10 + footer)
}

/// What the file is by its first bytes, tags skipped; none: nothing that has sound.
pub(super) fn kind(beginning: &[u8]) -> Option<Kind> {
    let at = |offset: usize, magic: &[u8]| beginning.get(offset..).is_some_and(|b| b.starts_with(magic));
    Some(match beginning {
        _ if at(0, b"fLaC") => Kind::Flac,
        _ if at(0, b"OggS") => Kind::Ogg,
        _ if (at(0, b"RIFF") || at(0, b"RF64")) && at(8, b"WAVE") => Kind::Wav,
        _ if at(0, b"RIFF") && at(8, b"AVI ") => Kind::Video,
        _ if at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")) => Kind::Aiff,
        _ if at(0, b"caff") => Kind::Caf,
        _ if [&b"ftyp"[..], b"moov", b"mdat", b"wide", b"pnot", b"skip"].iter().any(|b| at(4, b)) => {
            Kind::Mp4
        }
        _ if at(4, b"free") && at(12, b"mdat") => Kind::Mp4,
        _ if at(0, &[0x1a, 0x45, 0xdf, 0xa3]) => Kind::Matroska,
        _ if at(0, b"#!AMR") => Kind::Amr,
        _ if at(0, &[0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]) => Kind::Asf,
        _ if at(0, b"MAC ") => Kind::Ape,
        _ if at(0, b"FLV\x01") || at(0, &[0, 0, 1, 0xba]) => Kind::Video,
        _ if at(0, &[0x47]) && at(188, &[0x47]) && at(376, &[0x47]) => Kind::Video,
        // A picture or a document also has the two bytes of a frame's start somewhere.
        _ if known_other(beginning) => return None,
        _ => return frames(beginning),
    })
}

fn known_other(beginning: &[u8]) -> bool {
    const MAGICS: [&[u8]; 14] = [
        &[0xff, 0xd8, 0xff],
        b"\x89PNG",
        b"GIF8",
        b"BM",
        b"II*\0",
        b"MM\0*",
        b"%PDF",
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\x1f\x8b",
        b"Rar!",
        b"7z\xbc\xaf",
        b"\x7fELF",
        b"\xd0\xcf\x11\xe0",
    ];
    MAGICS.iter().any(|magic| beginning.starts_with(magic))
}

/// Frames in a row, so that two chance bytes are no sound.
const FRAMES: usize = 3;

/// Whether frames of MPEG audio or ADTS follow each other somewhere in it.
fn frames(bytes: &[u8]) -> Option<Kind> {
    let starts = |at: usize| bytes[at] == 0xff && bytes.get(at + 1).is_some_and(|byte| byte & 0xe0 == 0xe0);
    (0..bytes.len()).filter(|at| starts(*at)).find_map(|at| {
        if chain(bytes, at, |frame| Mpeg::parse(frame).map(|header| header.bytes)) {
            Some(Kind::Mpeg)
        } else if chain(bytes, at, adts_bytes) {
            Some(Kind::Adts)
        } else {
            None
        }
    })
}

/// So many frames, or all there are up to the file's end.
fn chain(bytes: &[u8], start: usize, length: impl Fn(&[u8]) -> Option<usize>) -> bool {
    let mut at = start;
    for _ in 0..FRAMES {
        match bytes.get(at..).filter(|rest| !rest.is_empty()) {
            Some(frame) => match length(frame) {
                Some(bytes) => at += bytes,
                None => return false,
            },
            // A file of one frame.
            None => return at == bytes.len() && at > start,
        }
    }
    true
}

/// The header of a frame of MPEG audio (ISO/IEC 11172-3 2.4.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mpeg {
    /// Of the whole frame.
    pub(super) bytes: usize,
    pub(super) rate: u32,
    /// Frames of samples.
    pub(super) samples: u32,
    /// Where a tag of the encoder (Xing, Info) lies in the frame.
    pub(super) tag_at: usize,
}

impl Mpeg {
    pub(super) fn parse(frame: &[u8]) -> Option<Self> {
        const RATES: [u32; 3] = [44_100, 48_000, 32_000];
        const V1: [[u32; 15]; 3] = [
            [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
            [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
            [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        ];
        const V2: [[u32; 15]; 2] = [
            [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
            [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        ];
        let header = frame.get(..4)?;
        if header[0] != 0xff || header[1] & 0xe0 != 0xe0 {
            return None;
        }
        let (version, layer) = (header[1] >> 3 & 3, 4 - usize::from(header[1] >> 1 & 3));
        let (rate, bitrate) = (usize::from(header[2] >> 2 & 3), usize::from(header[2] >> 4));
        if version == 1 || layer == 4 || rate == 3 || bitrate == 0 || bitrate == 15 {
            return None;
        }
        let one = version == 3;
        let kbps = if one { V1[layer - 1][bitrate] } else { V2[usize::from(layer != 1)][bitrate] };
        let rate =
            RATES[rate] >> (if one { 0 } else { u32::from(version == 2) + 2 * u32::from(version == 0) });
        let padding = u32::from(header[2] >> 1 & 1);
        let samples = match layer {
            1 => 384,
            3 if !one => 576,
            _ => 1152,
        };
        let bytes = if layer == 1 {
            (12_000 * kbps / rate + padding) * 4
        } else {
            samples / 8 * 1000 * kbps / rate + padding
        };
        let mono = header[3] >> 6 == 3;
        let tag_at = 4 + match (one, mono) {
            (true, false) => 32,
            (true, true) | (false, false) => 17,
            (false, true) => 9,
        };
        Some(Self { bytes: usize::try_from(bytes).ok()?, rate, samples, tag_at })
    }
}

/// Length of an ADTS frame (ISO/IEC 13818-7 6.2).
fn adts_bytes(frame: &[u8]) -> Option<usize> {
    let header = frame.get(..7)?;
    let rate = header[2] >> 2 & 0xf;
    if header[0] != 0xff || header[1] & 0xf6 != 0xf0 || rate > 12 {
        return None;
    }
    let length = usize::from(header[3] & 3) << 11 | usize::from(header[4]) << 3 | usize::from(header[5]) >> 5;
    (length > 7).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MPEG-1 layer 3, 128 kbit/s, 44.1 kHz, stereo: 417 bytes.
    const FRAME: [u8; 4] = [0xff, 0xfb, 0x90, 0x00];

    fn frame() -> Vec<u8> {
        [&FRAME[..], &[0; 413]].concat()
    }

    #[test]
    fn a_file_is_what_it_begins_with() {
        assert_eq!(kind(b"fLaC\0\0\0\x22"), Some(Kind::Flac));
        assert_eq!(kind(b"RIFF\0\0\0\0WAVEfmt "), Some(Kind::Wav));
        assert_eq!(kind(b"\0\0\0\x20ftypM4A "), Some(Kind::Mp4));
        assert_eq!(kind(b"#!AMR\n<"), Some(Kind::Amr));
        assert_eq!(kind(&frame().repeat(4)), Some(Kind::Mpeg));
        assert_eq!(kind(&frame()), Some(Kind::Mpeg), "one frame and nothing else");
        assert_eq!(kind(&[&[0; 500][..], &frame().repeat(4)].concat()), Some(Kind::Mpeg), "after some nulls");
        let adts = [&[0xff, 0xf1, 0x50, 0x80, 0x01, 0x1f, 0xfc][..], &[0; 1]].concat();
        assert_eq!(kind(&adts.repeat(3)), Some(Kind::Adts));
    }

    #[test]
    fn pictures_documents_and_noise_are_no_sound() {
        let jpeg = [&[0xff, 0xd8, 0xff, 0xe0][..], &frame().repeat(4)].concat();
        assert_eq!(kind(&jpeg), None);
        assert_eq!(kind(b"PK\x03\x04 and more"), None);
        assert_eq!(kind(b"<html><body>"), None);
        assert_eq!(kind(&[0xff, 0xfb, 0x90, 0x00, 1, 2, 3]), None, "a frame that is cut off");
        assert_eq!(kind(b""), None);
        assert_eq!(kind(&vec![0; 70_000]), None);
    }

    #[test]
    fn a_tag_says_how_long_it_is() {
        assert_eq!(tag_bytes(b"ID3\x04\0\0\0\0\x02\x01rest"), Some(257 + 10));
        assert_eq!(tag_bytes(b"ID3\x04\0\x10\0\0\0\0"), Some(20), "with a footer");
        assert_eq!(tag_bytes(b"ID3\x04\0\0\xff\0\0\0"), None);
        assert_eq!(tag_bytes(b"ID"), None);
    }

    #[test]
    fn the_header_of_a_frame_is_read() {
        let one = Mpeg { bytes: 417, rate: 44_100, samples: 1152, tag_at: 36 };
        assert_eq!(Mpeg::parse(&FRAME), Some(one));
        let low = Mpeg::parse(&[0xff, 0xf3, 0x40, 0xc0]).expect("MPEG-2, 32 kbit/s, 22.05 kHz, mono");
        assert_eq!((low.bytes, low.rate, low.samples, low.tag_at), (104, 22_050, 576, 13));
    }
}
