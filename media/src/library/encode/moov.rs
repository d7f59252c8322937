//! The head of ISO base media files (M4A, MP4, MOV): what is written in it beside the sound. Whatever does not add up ends the
//! reading.

use std::{
    fs::File,
    io::{Read as _, Result, Seek as _, SeekFrom},
};

use super::bits::be32;

/// Boxes at the top of a file, and bytes of `moov`, that are looked at.
const BOXES: usize = 256;
const MOOV_BYTES: u64 = 16 << 20;

/// The box `moov` as a whole, if there is one.
pub(super) fn moov(file: &mut File) -> Result<Option<Vec<u8>>> {
    let (end, mut at) = (file.metadata()?.len(), 0_u64);
    for _ in 0..BOXES {
        if at + 8 > end {
            break;
        }
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        let read = file.read(&mut head)?;
        let size = match (u64::from(be32(&head)), head.last_chunk::<8>()) {
            (1, Some(large)) if read == 16 => u64::from_be_bytes(*large),
            (0, _) => end - at,
            (size, _) => size,
        };
        if &head[4..8] == b"moov" {
            let mut moov = Vec::new();
            file.seek(SeekFrom::Start(at))?;
            file.take(size.min(MOOV_BYTES)).read_to_end(&mut moov)?;
            return Ok(Some(moov));
        }
        at = at.saturating_add(size.max(8));
    }
    Ok(None)
}

/// The boxes that lie here one behind the other: type and body.
pub(super) fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let size = usize::try_from(be32(bytes)).ok()?;
        let (whole, rest) = bytes.split_at_checked(size.max(8))?;
        bytes = rest;
        Some((*whole.get(4..)?.first_chunk()?, &whole[8..]))
    })
}

/// The body of the first box on this way down.
pub(super) fn find<'a>(bytes: &'a [u8], way: &[&[u8; 4]]) -> Option<&'a [u8]> {
    let Some((first, rest)) = way.split_first() else { return Some(bytes) };
    let (_, body) = boxes(bytes).find(|(kind, _)| kind == *first)?;
    find(body, rest)
}
