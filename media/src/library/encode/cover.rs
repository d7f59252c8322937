//! The picture in a file: taken out as it is, never decoded here. What it is, its content says.

use yunke_protocol::AudioCover;

/// Larger pictures are left in the file.
const MOST_BYTES: usize = 16 << 20;

/// What a picture is, if it is one that a browser shows and that runs nothing: no SVG.
pub(super) fn mime(picture: &[u8]) -> Option<&'static str> {
    match picture {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// The first of these pictures that can be shown, and what it is.
pub(super) fn chosen<'a>(pictures: impl Iterator<Item = &'a [u8]>) -> Option<(&'a [u8], AudioCover)> {
    pictures.filter(|picture| picture.len() <= MOST_BYTES).find_map(|picture| {
        let mime = mime(picture)?.to_owned();
        Some((picture, AudioCover { bytes: picture.len() as u64, mime }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_what_it_begins_with_and_one_that_runs_scripts_is_none() {
        let webp = b"RIFF\x10\0\0\0WEBPVP8 ";
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>";
        let (bytes, cover) = chosen([&svg[..], &webp[..]].into_iter()).expect("one can be shown");
        assert_eq!((bytes, cover.mime.as_str(), cover.bytes), (&webp[..], "image/webp", 16));
        assert!(chosen([&svg[..]].into_iter()).is_none());
        let large = [&[0xff, 0xd8, 0xff][..], &vec![0; MOST_BYTES]].concat();
        assert!(chosen([&large[..]].into_iter()).is_none());
    }
}
