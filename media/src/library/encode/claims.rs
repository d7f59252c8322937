//! What the header of MPEG audio claims: the number of frames in a Xing, Info or VBRI tag. Without one nothing is claimed, as any
//! other figure would be a guess by the first frames.

use super::{bits::be32, sniff::Mpeg};

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
}
