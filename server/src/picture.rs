//! What kind of picture a file is, and how large, by its first bytes. Nothing is decoded: that is the browsers' work.

use yunke_store::PosterKind;

/// Largest side of a picture that is taken, in pixels: browsers have no trouble with it.
pub const SIDE_MAX: u32 = 4096;

/// A picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// Its format.
    pub kind: PosterKind,
    /// Pixels, at least 1.
    pub width: u32,
    /// Pixels, at least 1.
    pub height: u32,
}

/// Looks at the head and the end of a file; `None`: no JPEG and no PNG, or cut off.
pub fn look(file: &[u8]) -> Option<Picture> {
    let (kind, width, height) = match file {
        // PNG, section 11.2.2: the first chunk says the size; the last one is empty and called IEND.
        [
            0x89,
            b'P',
            b'N',
            b'G',
            b'\r',
            b'\n',
            0x1a,
            b'\n',
            _,
            _,
            _,
            _,
            b'I',
            b'H',
            b'D',
            b'R',
            rest @ ..,
        ] => {
            let end = file.ends_with(b"IEND\xae\x42\x60\x82");
            let (width, rest) = rest.split_first_chunk().filter(|_| end)?;
            (PosterKind::Png, u32::from_be_bytes(*width), u32::from_be_bytes(*rest.first_chunk()?))
        }
        [0xff, 0xd8, rest @ ..] => {
            let (width, height) = jpeg_size(rest).filter(|_| file.ends_with(&[0xff, 0xd9]))?;
            (PosterKind::Jpeg, width, height)
        }
        _ => return None,
    };
    (width > 0 && height > 0).then_some(Picture { kind, width, height })
}

/// The size in the frame header (ITU-T T.81, B.2.2), which comes behind any number of other segments.
fn jpeg_size(mut rest: &[u8]) -> Option<(u32, u32)> {
    loop {
        let [0xff, marker, after @ ..] = rest else { return None };
        match marker {
            // Fill bytes.
            0xff => rest = &rest[1..],
            // SOF0 to SOF15, without DHT, JPG and DAC.
            0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(marker) => {
                let [_, _, _, h1, h2, w1, w2, ..] = after else { return None };
                return Some((u16::from_be_bytes([*w1, *w2]).into(), u16::from_be_bytes([*h1, *h2]).into()));
            }
            // The picture begins without a frame header.
            0xd8..=0xda => return None,
            _ => {
                let length = usize::from(u16::from_be_bytes(*after.first_chunk()?));
                rest = after.get(length.max(2)..)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Heads and ends as they are in files; there is no picture between them.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        file.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
        file.extend(b"\x08\x02\0\0\0....\0\0\0\0IEND\xae\x42\x60\x82");
        file
    }

    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut file =
            b"\xff\xd8\xff\xe0\0\x10JFIF\0..........\xff\xff\xc4\0\x04..\xff\xc2\0\x11\x08".to_vec();
        file[4..6].copy_from_slice(&17_u16.to_be_bytes());
        file.extend([height.to_be_bytes(), width.to_be_bytes()].concat());
        file.extend(b"\x03......\xff\xda...\xff\xd9");
        file
    }

    #[test]
    fn kind_and_size_of_a_picture() {
        let seen = look(&png(1280, 720)).expect("a PNG");
        assert_eq!((seen.kind, seen.width, seen.height), (PosterKind::Png, 1280, 720));
        let seen = look(&jpeg(640, 360)).expect("a JPEG");
        assert_eq!((seen.kind, seen.width, seen.height), (PosterKind::Jpeg, 640, 360));
    }

    #[test]
    fn what_is_none_or_not_whole_is_refused() {
        for file in [png(0, 720), jpeg(640, 0), b"GIF89a".to_vec(), b"<svg/>".to_vec(), Vec::new()] {
            assert_eq!(look(&file), None, "{file:?}");
        }
        for whole in [png(2, 2), jpeg(2, 2)] {
            for length in 0..whole.len() {
                assert_eq!(look(&whole[..length]), None, "{length} bytes");
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..200), head in 0_usize..3) {
            let heads: [&[u8]; 3] = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"];
            let _ = look(&[heads[head], &bytes].concat());
        }
    }
}
