//! WAV files as a lenient player reads them. Recorders that lost power and programs that stream leave sizes of 0, of 0xFFFFFFFF
//! and of more than there is, and lists that say they are empty and are not. Of such a file two things count, the description of
//! the samples and the samples: the decoder is given these behind a head that is right.

use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::super::bits::le32;

/// Chunks before the samples that are looked at.
const CHUNKS: usize = 64;
/// Where chunks do not follow each other, their names are looked for in so much of the beginning.
const SEARCHED: u64 = 1 << 20;
/// Longest description of samples.
const FORMAT_BYTES: u64 = 1 << 10;
/// Sizes from here on are no claim: who writes them did not know.
const UNKNOWN: u64 = 0xffff_0000;
/// The largest size a head can say.
const LARGEST: u64 = u32::MAX as u64 - 1;

/// A file whose beginning is replaced by another one.
pub(super) struct Relaid<F> {
    head: Vec<u8>,
    file: F,
    /// Where in the file what is behind the head begins and ends.
    from: u64,
    to: u64,
    at: u64,
}

/// What was found of a WAV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Found {
    /// Where the body of `fmt ` begins, and its length.
    format: Option<(u64, u64)>,
    /// The same of `data`.
    data: Option<(u64, u64)>,
}

impl Found {
    /// As the sizes of chunks say.
    fn by_sizes<F: Read + Seek>(file: &mut F) -> Result<Self> {
        let (mut found, mut at, mut head) = (Self::default(), 12_u64, [0; 8]);
        for _ in 0..CHUNKS {
            file.seek(SeekFrom::Start(at))?;
            if file.read_exact(&mut head).is_err() {
                break;
            }
            let length = u64::from(le32(&head[4..]));
            match &head[..4] {
                b"fmt " => found.format = Some((at + 8, length)),
                b"data" => {
                    found.data = Some((at + 8, length));
                    break;
                }
                _ => {}
            }
            at += 8 + length + length % 2;
        }
        Ok(found)
    }

    /// As the names of chunks say, wherever they are.
    fn by_names<F: Read + Seek>(file: &mut F) -> Result<Self> {
        let mut beginning = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.take(SEARCHED).read_to_end(&mut beginning)?;
        let name = |name: &[u8; 4], from: usize| {
            let at = beginning.get(from..)?.windows(8).position(|eight| eight.starts_with(name))? + from;
            Some((at as u64 + 8, u64::from(le32(&beginning[at + 4..]))))
        };
        let format = name(b"fmt ", 12);
        let data = format.and_then(|(at, _)| name(b"data", usize::try_from(at).ok()?));
        Ok(Self { format, data })
    }
}

impl<F: Read + Seek> Relaid<F> {
    /// As it is.
    pub(super) fn plain(file: F, size: u64) -> Self {
        Self { head: Vec::new(), file, from: 0, to: size, at: 0 }
    }

    /// The samples of a WAV file; says whether its header claims more than there is.
    pub(super) fn wav(mut file: F, size: u64) -> Result<(Self, bool)> {
        let mut found = Found::by_sizes(&mut file)?;
        if found.format.is_none() || found.data.is_none() {
            found = Found::by_names(&mut file)?;
        }
        file.seek(SeekFrom::Start(0))?;
        let (Some((format_at, format_bytes)), Some((from, said))) = (found.format, found.data) else {
            return Ok((Self::plain(file, size), false));
        };
        let there = size.saturating_sub(from);
        let (length, claims_more) =
            if said == 0 || said >= there { (there, said > there && said < UNKNOWN) } else { (said, false) };
        let mut format = vec![0; usize::try_from(format_bytes.min(FORMAT_BYTES)).unwrap_or(0)];
        file.seek(SeekFrom::Start(format_at))?;
        file.read_exact(&mut format)?;
        file.seek(SeekFrom::Start(from))?;
        let sized = |bytes: u64| u32::try_from(bytes.min(LARGEST)).unwrap_or(u32::MAX).to_le_bytes();
        let padded = format.len() as u64 % 2;
        let mut head =
            [b"RIFF", &sized(20 + format.len() as u64 + padded + length)[..], b"WAVEfmt "].concat();
        head.extend(sized(format.len() as u64));
        head.extend(&format);
        head.extend(std::iter::repeat_n(0, usize::from(padded == 1)));
        head.extend(b"data");
        head.extend(sized(length));
        Ok((Self { head, file, from, to: from + length, at: 0 }, claims_more))
    }

    fn size(&self) -> u64 {
        self.head.len() as u64 + (self.to - self.from)
    }
}

impl<F: Read> Read for Relaid<F> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let head = usize::try_from(self.at).ok().and_then(|at| self.head.get(at..)).unwrap_or_default();
        let read = if head.is_empty() {
            let left = self.to.saturating_sub(self.from + (self.at - self.head.len() as u64));
            let most = buf.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            self.file.read(&mut buf[..most])?
        } else {
            let most = buf.len().min(head.len());
            buf[..most].copy_from_slice(&head[..most]);
            most
        };
        self.at += read as u64;
        Ok(read)
    }
}

impl<F: Read + Seek> Seek for Relaid<F> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(more) => self.size().checked_add_signed(more),
            SeekFrom::Current(more) => self.at.checked_add_signed(more),
        };
        self.at = at.ok_or_else(|| Error::from(ErrorKind::InvalidInput))?;
        let behind = self.at.saturating_sub(self.head.len() as u64);
        self.file.seek(SeekFrom::Start(self.from + behind))?;
        Ok(self.at)
    }
}

impl<F: Read + Seek + Send + Sync> MediaSource for Relaid<F> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.size())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const FORMAT: &[u8] = b"fmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0";

    fn read(chunks: &[u8], size: u32, riff: u32) -> (Vec<u8>, bool) {
        let data = [&b"data"[..], &size.to_le_bytes(), &[7; 10]].concat();
        let file = [&b"RIFF"[..], &riff.to_le_bytes(), b"WAVE", chunks, &data].concat();
        let length = file.len() as u64;
        let (mut relaid, more) = Relaid::wav(Cursor::new(file), length).expect("readable");
        let mut out = Vec::new();
        relaid.read_to_end(&mut out).expect("readable");
        assert_eq!(relaid.byte_len(), Some(out.len() as u64));
        assert_eq!(relaid.seek(SeekFrom::End(-2)).expect("sought"), out.len() as u64 - 2);
        let mut end = Vec::new();
        relaid.read_to_end(&mut end).expect("readable");
        assert_eq!(end, [7; 2]);
        (out, more)
    }

    #[test]
    fn whatever_a_head_says_what_comes_out_is_right() {
        let right = [&b"RIFF\x2e\0\0\0WAVE"[..], FORMAT, b"data\x0a\0\0\0", &[7; 10]].concat();
        let list = |bytes: u8| [&b"LIST"[..], &[bytes, 0, 0, 0], b"INFOISFT\x06\0\0\0Lavf60"].concat();
        let others: [&[u8]; 6] =
            [b"", b"odd \x03\0\0\0abc\0", b"none\0\0\0\0", b"fact\x04\0\0\0\0\0\0\0", &list(18), &list(0)];
        for riff in [0, 4, u32::MAX] {
            for other in others {
                for chunks in [[FORMAT, other].concat(), [other, FORMAT].concat()] {
                    for (size, more) in [(0, false), (u32::MAX, false), (400, true), (10, false)] {
                        let (file, claims_more) = read(&chunks, size, riff);
                        assert_eq!(claims_more, more, "{size}");
                        assert_eq!(file, right, "{riff} {size} {}", String::from_utf8_lossy(&chunks));
                    }
                }
            }
        }
        let (file, _) = read(FORMAT, 4, 0);
        assert_eq!(file[file.len() - 4..], [7; 4], "a size that can be right is");
    }

    #[test]
    fn a_file_without_samples_stays_as_it_is() {
        for file in [&b"RIFF\0\0\0\0WAVE"[..], b"RIFF\0\0\0\0WAVEdata\x02\0\0\0ab", b"RI"] {
            let (mut relaid, _) = Relaid::wav(Cursor::new(file), file.len() as u64).expect("readable");
            let mut out = Vec::new();
            relaid.read_to_end(&mut out).expect("readable");
            assert_eq!(out, file);
        }
    }
}
