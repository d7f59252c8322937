//! What the header of MPEG audio claims: the number of frames in a Xing, Info or VBRI tag. Without one nothing is claimed, as any
//! other figure would be a guess by the first frames. Ogg claims no length, but ends with a whole page.

use std::{
    fs::File,
    io::{Read as _, Result, Seek as _, SeekFrom},
    path::Path,
};

use super::{bits::be32, sniff::Mpeg};

/// How a page of Ogg begins, and the size of the largest (RFC 3533 6).
const PAGE: &[u8] = b"OggS\0";
const PAGE_BYTES: u64 = 65_307;
/// No page is longer.
const LATE_SECONDS: i64 = 10;

/// Length by the tag in the first frame, seconds.
pub(super) fn mpeg_seconds(beginning: &[u8]) -> Option<f64> {
    let start = (0..beginning.len()).find(|at| Mpeg::parse(&beginning[*at..]).is_some())?;
    let frame = &beginning[start..];
    let header = Mpeg::parse(frame)?;
    let tag = frame.get(header.tag_at..)?;
    let frames = if tag.starts_with(b"Xing") || tag.starts_with(b"Info") {
        let has_frames = be32(tag.get(4..)?) & 1 != 0;
        be32(tag.get(8..).filter(|_| has_frames)?)
    } else {
        be32(frame.get(36..).filter(|tag| tag.starts_with(b"VBRI"))?.get(14..)?)
    };
    Some(f64::from(frames) * f64::from(header.samples) / f64::from(header.rate))
}

/// What the end of an Ogg file says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ogg {
    /// It ends in the middle of a page. That the last one says of itself that it is not every recorder sees to.
    pub(super) cut: bool,
    /// From the first page to the last, seconds.
    pub(super) seconds: Option<f64>,
}

/// `beginning` is that of the file, `rate` counts its positions.
pub(super) fn ogg(file: &Path, beginning: &[u8], rate: u32) -> Result<Ogg> {
    let mut file = File::open(file)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(2 * PAGE_BYTES)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    // Behind a whole page there may be something else, but no other page.
    let whole = |at: usize| behind(&end[at..]).is_some_and(|rest| pages(rest).next().is_none());
    let first = pages(beginning).filter_map(|at| position(&beginning[at..])).find(|at| *at > 0);
    let last = pages(&end).filter_map(|at| position(&end[at..])).last();
    let rate = i64::from(rate.max(1));
    // What was taken out of a longer stream begins late.
    let begins = first.filter(|first| *first > LATE_SECONDS * rate).unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    let seconds = last.map(|last| (last - begins) as f64 / rate as f64);
    Ok(Ogg { cut: !pages(&end).any(whole), seconds })
}

fn pages(bytes: &[u8]) -> impl Iterator<Item = usize> {
    bytes.windows(PAGE.len()).enumerate().filter(|(_, window)| *window == PAGE).map(|(at, _)| at)
}

/// How far the sound is at the end of a page; none: nothing ends on it.
fn position(page: &[u8]) -> Option<i64> {
    let position = page.get(6..)?.first_chunk().map(|eight| i64::from_le_bytes(*eight))?;
    (position >= 0).then_some(position)
}

/// What is behind a page; none: it is not whole.
fn behind(page: &[u8]) -> Option<&[u8]> {
    let sizes = page.get(27..27 + usize::from(*page.get(26)?))?;
    page.get(27 + sizes.len() + sizes.iter().map(|size| usize::from(*size)).sum::<usize>()..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_tag_says_is_claimed() {
        let with = |tag: &[u8]| [&[0xff, 0xfb, 0x90, 0x00][..], &[0; 32], tag, &[0; 300]].concat();
        let seconds = mpeg_seconds(&with(b"Xing\0\0\0\x01\0\0\x03\xe8")).expect("claimed");
        assert!((seconds - 1000.0 * 1152.0 / 44_100.0).abs() < 1e-9);
        assert!(mpeg_seconds(&with(b"VBRI\0\0\0\0\0\0\0\0\0\0\0\0\x03\xe8")).is_some());
        assert_eq!(mpeg_seconds(&with(b"Xing\0\0\0\x02\0\0\x03\xe8")), None, "without the number of frames");
        assert_eq!(mpeg_seconds(&with(b"LAME")), None);
        assert_eq!(mpeg_seconds(b""), None);
    }

    #[test]
    fn an_ogg_file_ends_with_a_whole_page_that_says_how_far_it_is() {
        let page = |seconds: i64, body: &[u8]| {
            let size = u8::try_from(body.len()).expect("small");
            [PAGE, &[0], &(seconds * 8_000).to_le_bytes(), &[0; 12], &[1, size], body].concat()
        };
        let dir = tempfile::tempdir().expect("a temporary directory");
        let told = |bytes: &[u8]| {
            let file = dir.path().join("a.ogg");
            std::fs::write(&file, bytes).expect("written");
            ogg(&file, bytes, 8_000).expect("read")
        };
        let whole = [page(0, b"head"), page(1, b"sound"), page(7, b"the OggS end")].concat();
        assert_eq!(told(&whole), Ogg { cut: false, seconds: Some(7.0) });
        assert!(!told(&[&whole[..], b"TAG and more"].concat()).cut, "with a tag behind it");
        for cut in [1, 10, 20] {
            assert!(told(&whole[..whole.len() - cut]).cut, "{cut}");
        }
        assert_eq!(told(b""), Ogg { cut: true, seconds: None });
        let late = [page(0, b"head"), page(5_001, b"sound"), page(5_006, b"end")].concat();
        assert_eq!(told(&late).seconds, Some(5.0), "taken out of a longer one");
    }
}
