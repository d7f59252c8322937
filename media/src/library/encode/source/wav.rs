//! WAV files whose recorder lost power: sizes of 0, of 0xFFFFFFFF, of more than there is. The file is read as if they were right.

use std::io::{Read, Result, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::super::bits::le32;

/// Chunks before the samples that are looked at.
const CHUNKS: usize = 64;

/// A file some bytes of which are read as others.
pub(super) struct Patched<F> {
    file: F,
    size: u64,
    at: u64,
    patches: Vec<(u64, [u8; 4])>,
}

impl<F: Read + Seek> Patched<F> {
    /// As it is.
    pub(super) fn plain(file: F, size: u64) -> Self {
        Self { file, size, at: 0, patches: Vec::new() }
    }

    /// Like a WAV file with right sizes; says whether its header claims more than there is.
    pub(super) fn wav(mut file: F, size: u64) -> Result<(Self, bool)> {
        let mut patches = Vec::new();
        let mut claims_more = false;
        let (mut at, mut head) = (12_u64, [0; 8]);
        for _ in 0..CHUNKS {
            file.seek(SeekFrom::Start(at))?;
            if file.read_exact(&mut head).is_err() {
                break;
            }
            let length = u64::from(le32(&head[4..]));
            let there = size.saturating_sub(at + 8);
            if head.starts_with(b"data") {
                // A chunk of samples without any, with something behind it that is no chunk either.
                let open = length == 0 || length >= there;
                if open {
                    claims_more = length > there && length < 0xffff_0000;
                    let right = u32::try_from(there).unwrap_or(u32::MAX - 1);
                    patches.push((at + 4, right.to_le_bytes()));
                    patches.push((4, u32::try_from(size - 8).unwrap_or(u32::MAX - 1).to_le_bytes()));
                }
                break;
            }
            at += 8 + length + length % 2;
        }
        file.seek(SeekFrom::Start(0))?;
        Ok((Self { file, size, at: 0, patches }, claims_more))
    }
}

impl<F: Read> Read for Patched<F> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let read = self.file.read(buf)?;
        for (place, bytes) in &self.patches {
            for (byte, at) in bytes.iter().zip(*place..) {
                let known = at.checked_sub(self.at).and_then(|at| usize::try_from(at).ok());
                if let Some(slot) = known.filter(|at| *at < read).and_then(|at| buf.get_mut(at)) {
                    *slot = *byte;
                }
            }
        }
        self.at += read as u64;
        Ok(read)
    }
}

impl<F: Seek> Seek for Patched<F> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.at = self.file.seek(to)?;
        Ok(self.at)
    }
}

impl<F: Read + Seek + Send + Sync> MediaSource for Patched<F> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.size)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(chunks: &[u8], size: u32) -> (Vec<u8>, bool) {
        let data = [&b"data"[..], &size.to_le_bytes(), &[7; 10]].concat();
        let file = [&b"RIFF\0\0\0\0WAVE"[..], chunks, &data].concat();
        let length = file.len() as u64;
        let (mut patched, more) = Patched::wav(Cursor::new(file), length).expect("readable");
        let mut out = Vec::new();
        patched.read_to_end(&mut out).expect("readable");
        (out, more)
    }

    #[test]
    fn a_size_of_nothing_and_one_of_everything_become_the_right_one() {
        for (size, more) in [(0, false), (u32::MAX, false), (400, true)] {
            for chunks in [&b""[..], b"odd \x03\0\0\0abc\0", b"none\0\0\0\0"] {
                let (file, claims_more) = read(chunks, size);
                assert_eq!(claims_more, more, "{size}");
                let at = file.len() - 14;
                assert_eq!(le32(&file[at..]), 10, "{size}");
                assert_eq!(le32(&file[4..]) as usize, file.len() - 8);
            }
        }
        let (file, _) = read(b"", 4);
        assert_eq!(le32(&file[16..]), 4, "a right one stays");
    }
}
