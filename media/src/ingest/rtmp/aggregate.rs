//! Aggregate messages (Adobe RTMP 1.0, section 7.1.6): several messages in one, each as an FLV tag with its length behind it.
//! Bounded by the message they are in; nothing is copied.

use bytes::{Buf as _, Bytes};

use super::chunk::Message;

/// Of an aggregate.
pub(super) const KIND: u8 = 22;
const HEADER: usize = 11;

/// The messages of an aggregate that are still to come.
#[derive(Debug, Default)]
pub(super) struct Parts {
    rest: Bytes,
    stream: u32,
    /// Added to the times inside, as the first one's is that of the aggregate.
    shift: Option<u32>,
    timestamp: u32,
}

impl Parts {
    pub(super) fn of(message: &Message) -> Self {
        let rest = message.payload.clone();
        Self { rest, stream: message.stream, shift: None, timestamp: message.timestamp }
    }
}

impl Iterator for Parts {
    type Item = Message;

    /// The next message; what is cut short is not read.
    fn next(&mut self) -> Option<Message> {
        if self.rest.len() < HEADER {
            self.rest.clear();
            return None;
        }
        let kind = self.rest.get_u8() & 0x1f;
        let size = usize::try_from(self.rest.get_uint(3)).ok()?;
        let low = u32::try_from(self.rest.get_uint(3)).ok()?;
        let time = u32::from(self.rest.get_u8()) << 24 | low;
        self.rest.advance(3);
        if self.rest.len() < size {
            self.rest.clear();
            return None;
        }
        let payload = self.rest.split_to(size);
        self.rest.advance(self.rest.len().min(4));
        let shift = *self.shift.get_or_insert(self.timestamp.wrapping_sub(time));
        Some(Message { kind, timestamp: time.wrapping_add(shift), stream: self.stream, payload })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use bytes::{BufMut as _, BytesMut};
    use proptest::prelude::*;

    use super::*;

    /// An aggregate's payload: kind, time and bytes of each.
    pub(in super::super) fn of(messages: &[(u8, u32, &[u8])]) -> Bytes {
        let mut payload = BytesMut::new();
        for (kind, time, bytes) in messages {
            payload.put_u8(*kind);
            payload.put_uint(bytes.len() as u64, 3);
            payload.put_uint(u64::from(time & 0xff_ffff), 3);
            payload.put_uint(u64::from(time >> 24), 1);
            payload.put_uint(0, 3);
            payload.put_slice(bytes);
            payload.put_uint(bytes.len() as u64 + 11, 4);
        }
        payload.freeze()
    }

    fn read(timestamp: u32, payload: Bytes) -> Vec<Message> {
        Parts::of(&Message { kind: KIND, timestamp, stream: 1, payload }).collect()
    }

    #[test]
    fn times_of_more_than_four_hours_and_a_message_that_is_cut() {
        let whole = of(&[(9, 0x0123_4567, &[1; 300]), (8, 0x0123_4577, &[2])]);
        let times: Vec<u32> = read(50, whole.clone()).iter().map(|message| message.timestamp).collect();
        assert_eq!(times, [50, 66]);
        assert_eq!(read(50, whole.slice(..whole.len() - 5)).len(), 1);
        assert_eq!(read(50, whole.slice(..9)).len(), 0);
    }

    proptest! {
        #[test]
        fn garbage_never_panics_and_is_never_more_than_it_was(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let size = bytes.len();
            let sum: usize = read(0, bytes.into()).iter().map(|message| message.payload.len()).sum();
            prop_assert!(sum <= size);
        }
    }
}
