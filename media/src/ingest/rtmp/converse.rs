//! A whole conversation of a publisher without a socket, for [`crate::fuzz`]: whatever it asks for is granted.

use bytes::BytesMut;

use super::session::{Event, Session};
use crate::container::flv::TagReader;

/// Zeros are a handshake.
const HANDSHAKE: usize = 1 + 2 * 1536;

/// The first byte says how many bytes arrive at a time (0: all), and by its highest bit that the handshake is left out.
pub(crate) fn run(bytes: &[u8]) {
    let Some((&how, bytes)) = bytes.split_first() else { return };
    let mut units = Vec::new();
    let (mut session, mut input, mut tags) = (Session::new(), BytesMut::new(), TagReader::default());
    if how & 0x80 != 0 {
        input.resize(HANDSHAKE, 0);
        input[0] = 3;
    }
    let at_once = match usize::from(how & 0x7f) {
        0 => bytes.len().max(1),
        some => some,
    };
    for piece in bytes.chunks(at_once) {
        input.extend_from_slice(piece);
        session.count(piece.len());
        loop {
            units.clear();
            let read = match session.next(&mut input) {
                Ok(Some(Event::Publish(_))) => {
                    session.accept();
                    tags = TagReader::default();
                    continue;
                }
                Ok(Some(Event::Video(at, tag))) => tags.video(at, tag, &mut units),
                Ok(Some(Event::Audio(at, tag))) => tags.audio(at, tag, &mut units),
                Ok(Some(Event::Unpublish)) => continue,
                Ok(None) => break,
                Err(_) => return,
            };
            if let Err(error) = read {
                session.refuse(&error.into());
                return;
            }
        }
        let answers = session.take_output().len();
        assert!(answers <= HANDSHAKE + 50 * (piece.len() + 64), "{answers} bytes for {}", piece.len());
    }
}
