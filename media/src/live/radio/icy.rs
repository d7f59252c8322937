//! The name of what plays, in between the sound, as the protocol of `SHOUTcast` has it: after so many bytes a block of it, padded to
//! sixteens; a block of no length says that nothing changed.

use bytes::{BufMut as _, Bytes, BytesMut};

/// A listener's place between two blocks.
pub(super) struct Icy {
    block: Bytes,
    told: bool,
    until_next: usize,
}

impl Icy {
    /// Bytes of sound between two blocks; said in `icy-metaint`.
    pub(super) const EVERY: usize = 16_000;
    /// A block holds 255 × 16 bytes; no title is so long.
    const TITLE_BYTES: usize = 400;

    pub(super) fn new(title: &str) -> Self {
        let mut end = title.len().min(Self::TITLE_BYTES);
        while !title.is_char_boundary(end) {
            end -= 1;
        }
        // A quote would end the title.
        let text = format!("StreamTitle='{}';", title[..end].replace('\'', "’"));
        let sixteens = text.len().div_ceil(16);
        let mut block = vec![0; 1 + sixteens * 16];
        block[0] = u8::try_from(sixteens).unwrap_or(u8::MAX);
        block[1..=text.len()].copy_from_slice(text.as_bytes());
        Self { block: block.into(), told: false, until_next: Self::EVERY }
    }

    /// The sound with blocks where they belong.
    pub(super) fn with_name(&mut self, mut sound: &[u8]) -> Bytes {
        let mut out = BytesMut::with_capacity(sound.len() + self.block.len());
        while sound.len() >= self.until_next {
            let (before, rest) = sound.split_at(self.until_next);
            out.put_slice(before);
            if std::mem::replace(&mut self.told, true) {
                out.put_u8(0);
            } else {
                out.put_slice(&self.block);
            }
            (sound, self.until_next) = (rest, Self::EVERY);
        }
        out.put_slice(sound);
        self.until_next -= sound.len();
        out.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_stands_where_a_radio_looks_for_it() {
        let mut icy = Icy::new("红军'长征");
        let sound = vec![7; 10_000];
        let sent: Vec<u8> = (0..5).flat_map(|_| icy.with_name(&sound).to_vec()).collect();
        assert!(sent[..16_000].iter().all(|byte| *byte == 7));
        let sixteens = usize::from(sent[16_000]);
        let text = &sent[16_001..16_001 + sixteens * 16];
        assert_eq!(String::from_utf8_lossy(text).trim_end_matches('\0'), "StreamTitle='红军’长征';");
        let second = 16_001 + sixteens * 16 + 16_000;
        assert_eq!(sent[second], 0, "nothing has changed");
        assert_eq!(sent.len(), 50_000 + 1 + sixteens * 16 + 2);
        assert_eq!(Icy::new(&"长".repeat(500)).block.len() % 16, 1);
    }
}
