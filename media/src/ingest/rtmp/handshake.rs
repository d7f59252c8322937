//! The simple handshake (Adobe RTMP 1.0, section 5.2). The digest of the "complex" one proves nothing and is asked for
//! by nobody who publishes.

use bytes::{Buf as _, BufMut as _, BytesMut};

const PACKET: usize = 1536;

/// How far the handshake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handshake {
    /// Waiting for C0 and C1.
    Hello,
    /// Waiting for C2.
    Echo,
    /// Over.
    Done,
}

/// The peer does not speak RTMP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no RTMP handshake (first byte {0:#04x})")]
pub(super) struct NotRtmp(u8);

impl Handshake {
    /// Takes what it can from `input`; true when something was taken.
    pub(super) fn advance(&mut self, input: &mut BytesMut, out: &mut BytesMut) -> Result<bool, NotRtmp> {
        match self {
            Self::Hello => {
                // Looked at alone, so that an HTTP request is sent away at its first byte.
                match input.first() {
                    None => return Ok(false),
                    Some(3) => {}
                    Some(other) => return Err(NotRtmp(*other)),
                }
                if input.len() < 1 + PACKET {
                    return Ok(false);
                }
                input.advance(1);
                out.put_u8(3);
                out.put_bytes(0, 8); // time 0, and no version: the simple handshake
                out.extend((0..PACKET - 8).map(|n| n.to_le_bytes()[0]));
                out.put_slice(&input.split_to(PACKET));
                *self = Self::Echo;
                Ok(true)
            }
            Self::Echo if input.len() >= PACKET => {
                input.advance(PACKET);
                *self = Self::Done;
                Ok(true)
            }
            Self::Echo | Self::Done => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_is_answered_and_echoed() {
        let mut handshake = Handshake::Hello;
        let mut out = BytesMut::new();
        let mut input = BytesMut::from(&[3][..]);
        input.put_bytes(9, PACKET);
        assert_eq!(handshake.advance(&mut input, &mut out), Ok(true));
        assert_eq!((out.len(), out[0], out[1 + PACKET]), (1 + 2 * PACKET, 3, 9));
        assert_eq!(handshake.advance(&mut input, &mut out), Ok(false));
        input.put_bytes(0, PACKET);
        assert_eq!(handshake.advance(&mut input, &mut out), Ok(true));
        assert_eq!(handshake, Handshake::Done);
    }

    #[test]
    fn an_http_request_is_sent_away_at_its_first_byte() {
        let mut input = BytesMut::from(&b"G"[..]);
        assert!(Handshake::Hello.advance(&mut input, &mut BytesMut::new()).is_err());
    }
}
