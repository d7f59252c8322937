//! The RTMP chunk stream (Adobe RTMP 1.0, section 5.3): bytes → messages, and messages → bytes.
//!
//! Must never hold more than its limits whatever the headers announce: memory is taken as payload
//! arrives, not as it is promised, and both the number of chunk streams and their sum are bounded.

use std::collections::BTreeMap;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// Largest audio or video message: a key frame of 4 MiB would be 16 times one of good 1080p.
pub(crate) const MAX_MEDIA_BYTES: usize = 4 << 20;
/// Largest command; a `connect` has under 1 KiB. Messages of other kinds that are larger are read over and not kept.
pub(crate) const MAX_CONTROL_BYTES: usize = 32 << 10;
/// Chunk streams of one connection; encoders use four or five.
const MAX_STREAMS: usize = 24;
/// Unfinished messages of one connection, all chunk streams together.
const MAX_PENDING_BYTES: usize = 6 << 20;

/// A whole message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) kind: u8,
    /// Milliseconds, wrapping.
    pub(crate) timestamp: u32,
    pub(crate) stream: u32,
    pub(crate) payload: Bytes,
}

/// Why a connection's bytes are no RTMP we accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChunkError {
    #[error("a message of {0} bytes is announced")]
    TooLarge(usize),
    #[error("too many chunk streams")]
    TooManyStreams,
    #[error("too many unfinished messages")]
    TooMuchPending,
    #[error("a chunk refers to a header that never came")]
    NoHeader,
    #[error("chunk size {0} is not possible")]
    ChunkSize(u32),
}

#[derive(Debug, Default)]
struct Stream {
    timestamp: u32,
    delta: u32,
    /// The extended timestamp as it stood in the last full header.
    extended: Option<u32>,
    length: usize,
    kind: u8,
    /// The message stream id.
    msid: u32,
    /// How much of the message under way has come, and what of it is kept.
    come: usize,
    partial: BytesMut,
    /// It is too large to be kept, and nobody needs it.
    skipped: bool,
}

impl Stream {
    /// Forgets the message under way; gives how much of it was kept.
    fn forget(&mut self) -> usize {
        self.come = 0;
        std::mem::take(&mut self.partial).len()
    }
}

/// Reads messages out of a byte stream.
#[derive(Debug)]
pub(crate) struct Reader {
    chunk_size: usize,
    streams: BTreeMap<u32, Stream>,
    pending: usize,
    /// The chunk whose payload is being read: its stream and how much of it is still to come.
    current: Option<(u32, usize)>,
    skipped: u64,
}

impl Default for Reader {
    fn default() -> Self {
        Self { chunk_size: 128, streams: BTreeMap::new(), pending: 0, current: None, skipped: 0 }
    }
}

impl Reader {
    /// The peer's Set Chunk Size.
    pub(crate) fn set_chunk_size(&mut self, size: u32) -> Result<(), ChunkError> {
        let size = size & 0x7fff_ffff;
        if size == 0 {
            return Err(ChunkError::ChunkSize(size));
        }
        // A chunk is read as it arrives, so a large one costs nothing by itself.
        self.chunk_size = usize::try_from(size).unwrap_or(usize::MAX).min(0xff_ffff);
        Ok(())
    }

    /// The peer's Abort.
    pub(crate) fn abort(&mut self, id: u32) {
        if let Some(stream) = self.streams.get_mut(&id) {
            self.pending -= stream.forget();
        }
    }

    /// Messages that were read over because they are too large.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Takes what it can from `input`; `None` when it needs more.
    pub(crate) fn read(&mut self, input: &mut BytesMut) -> Result<Option<Message>, ChunkError> {
        loop {
            let Some((id, left)) = self.current else {
                if !self.header(input)? {
                    return Ok(None);
                }
                continue;
            };
            let stream = self.streams.get_mut(&id).ok_or(ChunkError::NoHeader)?;
            let n = left.min(input.len());
            if !stream.skipped {
                if self.pending + n > MAX_PENDING_BYTES {
                    return Err(ChunkError::TooMuchPending);
                }
                stream.partial.put_slice(&input[..n]);
                self.pending += n;
            }
            stream.come += n;
            input.advance(n);
            if n < left {
                self.current = Some((id, left - n));
                return Ok(None);
            }
            self.current = None;
            if stream.come < stream.length {
                continue;
            }
            stream.come = 0;
            if stream.skipped {
                self.skipped += 1;
                continue;
            }
            let payload = std::mem::take(&mut stream.partial).freeze();
            self.pending -= payload.len();
            let (kind, timestamp) = (stream.kind, stream.timestamp);
            return Ok(Some(Message { kind, timestamp, stream: stream.msid, payload }));
        }
    }

    /// Reads one chunk header; false when it is not whole yet (then nothing is consumed).
    fn header(&mut self, input: &mut BytesMut) -> Result<bool, ChunkError> {
        let mut head: &[u8] = input;
        let Some((format, id)) = basic_header(&mut head) else { return Ok(false) };
        let known = self.streams.get(&id);
        if known.is_none() {
            if format != 0 && format != 1 {
                return Err(ChunkError::NoHeader);
            }
            if self.streams.len() >= MAX_STREAMS {
                return Err(ChunkError::TooManyStreams);
            }
        }
        let size = [11, 7, 3, 0][usize::from(format)];
        if head.len() < size {
            return Ok(false);
        }
        let mut field = known.map_or(0, |s| s.delta);
        let (mut length, mut kind, mut msid) = known.map_or((0, 0, 0), |s| (s.length, s.kind, s.msid));
        let mut extended = known.and_then(|s| s.extended);
        let fresh = known.is_none_or(|s| s.come == 0);
        if format < 3 {
            field = get_u24(&mut head);
        }
        if format < 2 {
            length = get_u24(&mut head) as usize;
            kind = head.get_u8();
        }
        if format == 0 {
            msid = head.get_u32_le();
        }
        if format < 3 {
            extended = None;
            if field == 0xff_ffff {
                if head.len() < 4 {
                    return Ok(false);
                }
                field = head.get_u32();
                extended = Some(field);
            }
        } else if let Some(before) = extended {
            // The specification repeats the extended timestamp here; some encoders don't.
            if head.len() < 4 {
                return Ok(false);
            }
            if u32::from_be_bytes([head[0], head[1], head[2], head[3]]) == before {
                head.advance(4);
            }
        }
        let limit = if matches!(kind, 8 | 9 | 22) { MAX_MEDIA_BYTES } else { MAX_CONTROL_BYTES };
        // Metadata, shared objects and what nobody knows may be of any size: nobody reads it.
        let skipped = length > limit && !matches!(kind, 1..=9 | 17 | 20 | 22);
        if length > limit && !skipped {
            return Err(ChunkError::TooLarge(length));
        }
        let used = input.len() - head.len();
        input.advance(used);

        let stream = self.streams.entry(id).or_default();
        if format < 3 && !fresh {
            // A new header in the middle of a message: the unfinished one is lost.
            self.pending -= stream.forget();
        }
        if format == 0 {
            stream.timestamp = field;
        } else if format < 3 || fresh {
            stream.timestamp = stream.timestamp.wrapping_add(field);
        }
        stream.delta = field;
        stream.extended = extended;
        stream.length = length;
        stream.kind = kind;
        stream.msid = msid;
        stream.skipped = skipped;
        let left = length.saturating_sub(stream.come).min(self.chunk_size);
        self.current = Some((id, left));
        Ok(true)
    }
}

fn basic_header(head: &mut &[u8]) -> Option<(u8, u32)> {
    let first = *head.first()?;
    let format = first >> 6;
    let (id, size) = match first & 0x3f {
        0 => (64 + u32::from(*head.get(1)?), 2),
        1 => (64 + u32::from(*head.get(1)?) + 256 * u32::from(*head.get(2)?), 3),
        low => (low.into(), 1),
    };
    head.advance(size);
    Some((format, id))
}

fn get_u24(head: &mut &[u8]) -> u32 {
    let value = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    head.advance(3);
    value
}

/// Appends a message, in chunks of `chunk_size`, with full headers.
pub(crate) fn write(id: u8, message: &Message, chunk_size: usize, out: &mut BytesMut) {
    let timestamp = message.timestamp.min(0xff_fffe);
    out.put_u8(id);
    out.put_slice(&timestamp.to_be_bytes()[1..]);
    let length = u32::try_from(message.payload.len()).unwrap_or(u32::MAX);
    out.put_slice(&length.to_be_bytes()[1..]);
    out.put_u8(message.kind);
    out.put_u32_le(message.stream);
    for (n, part) in message.payload.chunks(chunk_size).enumerate() {
        if n > 0 {
            out.put_u8(0xc0 | id);
        }
        out.put_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(kind: u8, timestamp: u32, payload: &[u8]) -> Message {
        Message { kind, timestamp, stream: 1, payload: Bytes::copy_from_slice(payload) }
    }

    fn read_one(bytes: &[u8]) -> Result<Option<Message>, ChunkError> {
        Reader::default().read(&mut BytesMut::from(bytes))
    }

    #[test]
    fn a_message_in_several_chunks_comes_back_whole_byte_by_byte() {
        let sent = message(9, 40, &[7; 300]);
        let mut bytes = BytesMut::new();
        write(6, &sent, 128, &mut bytes);
        let mut reader = Reader::default();
        let mut input = BytesMut::new();
        let mut got = None;
        for byte in bytes {
            input.put_u8(byte);
            got = got.or(reader.read(&mut input).expect("valid chunks"));
        }
        assert_eq!(got, Some(sent));
    }

    #[test]
    fn deltas_add_up_and_a_repeated_header_keeps_the_delta() {
        let mut bytes = BytesMut::new();
        write(4, &message(8, 100, &[1, 2]), 128, &mut bytes);
        bytes.put_slice(&[0x84, 0, 0, 23, 3, 4]); // format 2, +23 ms
        bytes.put_slice(&[0xc4, 5, 6]); // format 3, +23 ms again
        let mut reader = Reader::default();
        let times: Vec<u32> = std::iter::from_fn(|| reader.read(&mut bytes).expect("valid"))
            .map(|message| message.timestamp)
            .collect();
        assert_eq!(times, [100, 123, 146]);
    }

    #[test]
    fn an_extended_timestamp_is_read_whether_or_not_it_is_repeated() {
        for repeat in [true, false] {
            let mut bytes = BytesMut::from(&[6, 0xff, 0xff, 0xff, 0, 0, 200, 9, 1, 0, 0, 0][..]);
            bytes.put_u32(0x0100_0000);
            bytes.put_slice(&[1; 128]);
            bytes.put_u8(0xc6);
            if repeat {
                bytes.put_u32(0x0100_0000);
            }
            bytes.put_slice(&[1; 72]);
            let got = Reader::default().read(&mut bytes).expect("valid").expect("whole");
            assert_eq!((got.timestamp, got.payload.len()), (0x0100_0000, 200));
            assert!(bytes.is_empty());
        }
    }

    #[test]
    fn a_huge_announced_length_is_refused_before_any_payload() {
        assert_eq!(
            read_one(&[6, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0]),
            Err(ChunkError::TooLarge(0xff_ffff))
        );
        assert_eq!(read_one(&[3, 0, 0, 0, 1, 0, 0, 20, 0, 0, 0, 0]), Err(ChunkError::TooLarge(0x1_0000)));
    }

    #[test]
    fn metadata_of_any_size_is_read_over_and_not_kept() {
        let mut bytes = BytesMut::new();
        write(4, &message(18, 0, &vec![7; 200_000]), 128, &mut bytes);
        write(6, &message(9, 40, &[1, 2]), 128, &mut bytes);
        let mut reader = Reader::default();
        assert_eq!(reader.read(&mut bytes), Ok(Some(message(9, 40, &[1, 2]))));
        assert_eq!((reader.skipped(), reader.pending), (1, 0));
    }

    #[test]
    fn many_chunk_streams_and_many_unfinished_messages_are_refused() {
        let mut reader = Reader::default();
        let mut bytes = BytesMut::new();
        for id in 2..60 {
            write(id, &message(8, 0, &[0]), 128, &mut bytes);
        }
        let error = std::iter::from_fn(|| reader.read(&mut bytes).transpose()).find_map(Result::err);
        assert_eq!(error, Some(ChunkError::TooManyStreams));

        let mut reader = Reader::default();
        reader.set_chunk_size(3 << 20).expect("possible");
        let mut bytes = BytesMut::new();
        for id in 2..6_u8 {
            bytes.put_slice(&[id, 0, 0, 0, 0x40, 0, 0, 9, 1, 0, 0, 0]);
            bytes.put_bytes(0, 3 << 20);
        }
        let error = std::iter::from_fn(|| reader.read(&mut bytes).transpose()).find_map(Result::err);
        assert_eq!(error, Some(ChunkError::TooMuchPending));
    }

    proptest! {
        #[test]
        fn garbage_never_panics_and_never_outgrows_its_input(
            bytes in proptest::collection::vec(any::<u8>(), 0..2000), size in 1_u32..5000,
        ) {
            let mut reader = Reader::default();
            reader.set_chunk_size(size).expect("possible");
            let mut input = BytesMut::from(&bytes[..]);
            for _ in 0..bytes.len() {
                let before = input.len();
                let Ok(got) = reader.read(&mut input) else { break };
                prop_assert!(reader.pending <= bytes.len());
                if got.is_none() && input.len() == before { break }
            }
        }
    }
}
