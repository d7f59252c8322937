//! Where decoding of an H.264 stream can start: at an IDR picture, or at a recovery point (ITU-T H.264, D.2.8), which is what encoders
//! with open GOPs and with intra refresh send instead.

use super::{bits::Bits, h264::unescape};

/// Pictures until one is whole, beyond which a recovery point is of no use: ten seconds of 60 a second.
const MAX_RECOVERY: u32 = 600;
/// Messages of one SEI unit that are looked at.
const MAX_MESSAGES: usize = 32;

/// What can be started with an access unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Nothing: it refers to earlier pictures.
    None,
    /// Everything: no later picture refers to an earlier one.
    Idr,
    /// After so many further pictures all that is shown is whole.
    Recovery(u32),
}

/// What can be started with the picture of these NAL units; `None`: there is no picture in them.
pub(crate) fn entry<'a>(nals: impl IntoIterator<Item = &'a [u8]>) -> Option<Entry> {
    let (mut found, mut picture) = (Entry::None, false);
    for nal in nals {
        match nal.first().map(|byte| byte & 0x1f) {
            Some(5) => return Some(Entry::Idr),
            Some(1..=4) => picture = true,
            Some(6) => {
                if let Some(frames) = recovery(nal) {
                    found = Entry::Recovery(frames);
                }
            }
            _ => {}
        }
    }
    picture.then_some(found)
}

/// The `recovery_frame_cnt` of a recovery point, if the SEI unit has one that is not broken.
pub(crate) fn recovery(nal: &[u8]) -> Option<u32> {
    const RECOVERY_POINT: usize = 6;
    let payload = unescape(nal.get(1..)?);
    let mut rest = &payload[..];
    for _ in 0..MAX_MESSAGES {
        let kind = number(&mut rest)?;
        let size = number(&mut rest)?;
        let (message, after) = rest.split_at_checked(size)?;
        if kind == RECOVERY_POINT {
            let mut bits = Bits::new(message);
            let frames = bits.ue()?;
            let (_exact, broken) = (bits.bit()?, bits.bit()?);
            return (frames <= MAX_RECOVERY && !broken).then_some(frames);
        }
        rest = after;
    }
    None
}

/// A number of SEI: bytes that add up, up to one that is not 255.
fn number(rest: &mut &[u8]) -> Option<usize> {
    let mut sum = 0;
    loop {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        sum += usize::from(byte);
        if byte != 255 {
            return Some(sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// x264: a recovery point of 0 frames, exact.
    const OPEN_GOP: &[u8] = &[6, 6, 1, 0xc4, 0x80];
    /// Of 24 frames: ue 24 is 000011001.
    const REFRESH: &[u8] = &[6, 6, 2, 0b0000_1100, 0b1100_1000, 0x80];

    #[test]
    fn recovery_points_of_open_gops_and_of_intra_refresh() {
        assert_eq!(entry([OPEN_GOP, &[0x61, 1]]), Some(Entry::Recovery(0)));
        assert_eq!(entry([REFRESH, &[0x41, 1]]), Some(Entry::Recovery(24)));
        assert_eq!(entry([OPEN_GOP, &[0x65, 1]]), Some(Entry::Idr));
        assert_eq!(entry([&[0x41, 1][..]]), Some(Entry::None));
        assert_eq!(entry([OPEN_GOP]), None);
    }

    #[test]
    fn other_messages_before_it_and_a_broken_link() {
        let after_version = [&[6, 5, 3, 1, 2, 3][..], &OPEN_GOP[1..]].concat();
        assert_eq!(entry([&after_version[..], &[0x41]]), Some(Entry::Recovery(0)));
        assert_eq!(entry([&[6, 6, 1, 0b1010_0000, 0x80][..], &[0x41]]), Some(Entry::None));
        assert_eq!(entry([&[6, 5, 200, 1][..], &[0x41]]), Some(Entry::None), "it is cut");
    }

    proptest! {
        #[test]
        fn garbage_never_panics(nal in proptest::collection::vec(any::<u8>(), 0..60)) {
            let nal = [&[6][..], &nal].concat();
            let _ = entry([&nal[..]]);
        }
    }
}
