//! Files that were bought with a lock on them: nobody can play them here, and the reason is not that they are damaged.

use std::{fs::File, io::Read as _, path::Path};

use super::{moov::moov, sniff::Kind};

/// ASF's header, of which so much is looked at.
const ASF_BYTES: u64 = 64 << 10;
/// Content encryption objects of ASF (10.10 and 10.12 of its specification).
const ASF_LOCKS: [[u8; 16]; 2] = [
    [0xfb, 0xb3, 0x11, 0x22, 0x23, 0xbd, 0xd2, 0x11, 0xb4, 0xb7, 0x00, 0xa0, 0xc9, 0x55, 0xfc, 0x6e],
    [0x14, 0xe6, 0x8a, 0x29, 0x22, 0x26, 0x17, 0x4c, 0xb9, 0x35, 0xda, 0xe0, 0x7e, 0xe9, 0x28, 0x9c],
];

/// Whether the file says that its sound is encrypted.
pub(super) fn locked(file: &Path, kind: Kind) -> std::io::Result<bool> {
    let mut file = File::open(file)?;
    match kind {
        Kind::Mp4 => Ok(moov(&mut file)?.is_some_and(|moov| has_locked_entry(&moov))),
        Kind::Asf => {
            let mut header = Vec::new();
            file.take(ASF_BYTES).read_to_end(&mut header)?;
            Ok(ASF_LOCKS.iter().any(|lock| header.windows(16).any(|bytes| bytes == lock)))
        }
        _ => Ok(false),
    }
}

/// A sample entry of `FairPlay` (`drms`) or of common encryption (`enca`) in a sample description.
fn has_locked_entry(moov: &[u8]) -> bool {
    let entries = moov.windows(20).filter(|window| window.starts_with(b"stsd"));
    // Behind `stsd`: version and flags, the number of entries, the first entry's size and type.
    entries.map(|window| &window[16..20]).any(|entry| entry == b"drms" || entry == b"enca")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bought_file_says_that_it_is_locked() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("a");
        let mp4 = |entry: &[u8]| {
            let stsd = [&b"\0\0\0\x18stsd\0\0\0\0\0\0\0\x01\0\0\0\x08"[..], entry].concat();
            let size = u32::try_from(stsd.len() + 8).expect("small").to_be_bytes();
            [&b"\0\0\0\x10ftypM4A \0\0\0\0"[..], &size, b"moov", &stsd].concat()
        };
        for (entry, is) in [(b"drms", true), (b"enca", true), (b"mp4a", false)] {
            std::fs::write(&file, mp4(entry)).expect("written");
            assert_eq!(locked(&file, Kind::Mp4).expect("readable"), is);
        }
        std::fs::write(&file, [&[0; 30][..], &ASF_LOCKS[0], &[0; 30]].concat()).expect("written");
        assert!(locked(&file, Kind::Asf).expect("readable"));
        std::fs::write(&file, [0; 100]).expect("written");
        assert!(!locked(&file, Kind::Asf).expect("readable"));
        assert!(!locked(&file, Kind::Mp4).expect("boxes of no size end"));
    }
}
