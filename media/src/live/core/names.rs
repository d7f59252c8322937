//! Names of the files of a stream: `video-p12-18c2a.m4s` is part 12 of the picture of stream 0x18c2a, `-s` a segment,
//! `-i` an initialization section.
//!
//! Parts are numbered through, not per segment: the hinted part is the next part, whichever segment it falls
//! into, so a hint comes true however a segment ends. The stream is in every name, so no two streams of a lesson
//! (rehearsal, live, after a restart) ever share a name, and an edge may keep what it has for good.

use std::fmt;

use super::super::event::Rendition;

/// Longest name that is looked at.
const LONGEST: usize = 64;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An initialization section, by its number.
    Init(u32),
    /// A segment, by its media sequence number.
    Segment(u64),
    /// A part, by its number in the rendition.
    Part(u64),
}

/// The name of a media file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name {
    /// Of which rendition.
    pub rendition: Rendition,
    /// What it is.
    pub kind: Kind,
    /// Of which stream of the lesson.
    pub stream: u64,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rendition, stream) = (self.rendition.name(), self.stream);
        match self.kind {
            Kind::Init(n) => write!(f, "{rendition}-i{n}-{stream:x}.mp4"),
            Kind::Segment(n) => write!(f, "{rendition}-s{n}-{stream:x}.m4s"),
            Kind::Part(n) => write!(f, "{rendition}-p{n}-{stream:x}.m4s"),
        }
    }
}

impl Name {
    /// Reads a name exactly as [`Name`] writes it; there is no second spelling.
    pub fn parse(name: &str) -> Option<Self> {
        if name.len() > LONGEST {
            return None;
        }
        let (stem, extension) = name.rsplit_once('.')?;
        let mut pieces = stem.split('-');
        let rendition = Rendition::parse(pieces.next()?)?;
        let (kind, stream) = (pieces.next()?, pieces.next()?);
        if pieces.next().is_some() {
            return None;
        }
        let stream = u64::from_str_radix(stream, 16).ok()?;
        let number = kind.get(1..)?;
        let kind = match (kind.as_bytes().first()?, extension) {
            (b'i', "mp4") => Kind::Init(number.parse().ok()?),
            (b's', "m4s") => Kind::Segment(number.parse().ok()?),
            (b'p', "m4s") => Kind::Part(number.parse().ok()?),
            _ => return None,
        };
        let parsed = Self { rendition, kind, stream };
        (parsed.to_string() == name).then_some(parsed)
    }
}

/// The playlist of a rendition.
pub const fn playlist(rendition: Rendition) -> &'static str {
    match rendition {
        Rendition::Video => "video.m3u8",
        Rendition::VideoLow => "video360.m3u8",
        Rendition::Audio => "audio.m3u8",
        Rendition::AudioLow => "audio48.m3u8",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_name_comes_back_as_it_was_written(n in any::<u64>(), small in any::<u32>(), stream in any::<u64>(), which in 0..3, of in 0..Rendition::ALL.len()) {
            let kind = [Kind::Init(small), Kind::Segment(n), Kind::Part(n)][usize::try_from(which).expect("small")];
            let name = Name { rendition: Rendition::ALL[of], kind, stream };
            prop_assert_eq!(Name::parse(&name.to_string()), Some(name));
        }

        #[test]
        fn garbage_is_no_name(name in "\\PC{0,80}") {
            prop_assert_eq!(Name::parse(&name), None);
        }
    }

    #[test]
    fn other_spellings_of_a_name_are_refused() {
        for name in [
            "video-p01-a.m4s",
            "audio480-p1-a.m4s",
            "video-p+1-a.m4s",
            "video-p1-A.m4s",
            "video-p1-a.mp4",
            "video-p1-.m4s",
            "video-p1-a-.m4s",
            "../video-p1-a.m4s",
            "video-p18446744073709551616-a.m4s",
            "video-pé-a.m4s",
            "",
        ] {
            assert_eq!(Name::parse(name), None, "{name}");
        }
    }
}
