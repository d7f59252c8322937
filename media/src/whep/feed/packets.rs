//! Access units of H.264 as RTP payloads (RFC 6184, packetization mode 1): single NAL units, small ones together (STAP-A),
//! large ones in fragments (FU-A). Done once for all viewers of a lesson.

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::codec::VideoConfig;

/// Largest payload: with RTP, SRTP, a retransmission's two bytes, UDP and IPv6 it stays under 1280.
pub(super) const MAX_PAYLOAD: usize = 1180;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

/// The payloads of an access unit; a key frame has its parameter sets in front. Empty when there is nothing to send.
pub(super) fn payloads(config: &VideoConfig, data: &Bytes, key: bool) -> Vec<Bytes> {
    let nals: Vec<Bytes> = config.nal_units(data).filter(|nal| carries(nal)).collect();
    let has_sets = nals.iter().any(|nal| kind(nal) == 7);
    let sets = if key && !has_sets { config.parameter_sets() } else { Vec::new() };
    let mut out = Vec::with_capacity(data.len() / MAX_PAYLOAD + 2);
    let mut together = Vec::new();
    let mut size = 1;
    for nal in sets.into_iter().chain(nals) {
        if size + 2 + nal.len() > MAX_PAYLOAD {
            aggregate(&mut together, &mut out);
            size = 1;
        }
        if nal.len() > MAX_PAYLOAD {
            fragment(&nal, &mut out);
        } else {
            size += 2 + nal.len();
            together.push(nal);
        }
    }
    aggregate(&mut together, &mut out);
    out
}

fn kind(nal: &[u8]) -> u8 {
    nal.first().map_or(0, |head| head & 0x1f)
}

/// Delimiters, ends and filling carry nothing.
fn carries(nal: &[u8]) -> bool {
    matches!(kind(nal), 1..=8 | 13..=23)
}

fn aggregate(together: &mut Vec<Bytes>, out: &mut Vec<Bytes>) {
    if together.len() <= 1 {
        out.append(together);
        return;
    }
    let importance = together.iter().map(|nal| nal[0] & 0x60).max().unwrap_or_default();
    let mut payload = BytesMut::with_capacity(1 + together.iter().map(|nal| 2 + nal.len()).sum::<usize>());
    payload.put_u8(importance | STAP_A);
    for nal in together.drain(..) {
        payload.put_u16(u16::try_from(nal.len()).unwrap_or_default());
        payload.put_slice(&nal);
    }
    out.push(payload.freeze());
}

fn fragment(nal: &Bytes, out: &mut Vec<Bytes>) {
    let (indicator, kind) = (nal[0] & 0xe0 | FU_A, nal[0] & 0x1f);
    let mut pieces = nal[1..].chunks(MAX_PAYLOAD - 2).peekable();
    let mut start = 0x80;
    while let Some(piece) = pieces.next() {
        let end = if pieces.peek().is_none() { 0x40 } else { 0 };
        let mut payload = BytesMut::with_capacity(piece.len() + 2);
        payload.put_slice(&[indicator, start | end | kind]);
        payload.put_slice(piece);
        out.push(payload.freeze());
        start = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        codec::h264::tests::RECORD_720P,
        ingest::rtp::h264::{Depacketizer, Event},
    };

    fn config() -> VideoConfig {
        VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record")
    }

    fn unit(nals: &[Vec<u8>]) -> Bytes {
        let mut data = BytesMut::new();
        for nal in nals {
            data.put_u32(u32::try_from(nal.len()).expect("short"));
            data.put_slice(nal);
        }
        data.freeze()
    }

    fn nal(head: u8, length: usize) -> Vec<u8> {
        (0..length).map(|n| if n == 0 { head } else { u8::try_from(n % 251).expect("small") }).collect()
    }

    #[test]
    fn a_key_frame_has_its_parameter_sets_in_front() {
        let payloads = payloads(&config(), &unit(&[vec![9, 0xf0], nal(0x65, 5_000), vec![12, 0xff]]), true);
        assert_eq!(payloads[0][0] & 0x1f, STAP_A, "both sets together");
        assert_eq!(payloads.len(), 1 + 5, "and five fragments");
        assert!(payloads.iter().all(|payload| payload.len() <= MAX_PAYLOAD));
        assert_eq!((payloads[1][1] & 0xc0, payloads[5][1] & 0xc0), (0x80, 0x40));
    }

    #[test]
    fn a_small_picture_is_sent_as_it_is() {
        let data = unit(&[nal(0x41, 300)]);
        let payloads = payloads(&config(), &data, false);
        assert_eq!(payloads, [data.slice(4..)]);
    }

    #[test]
    fn what_does_not_add_up_is_not_sent() {
        assert!(payloads(&config(), &Bytes::from_static(&[0, 0, 1]), false).is_empty());
        assert!(payloads(&config(), &Bytes::from_static(&[0, 0, 0, 9, 1]), false).is_empty());
        assert!(payloads(&config(), &Bytes::from_static(&[0, 0, 0, 0]), false).is_empty());
    }

    proptest! {
        #[test]
        fn what_is_taken_apart_can_be_put_together(
            sizes in proptest::collection::vec((any::<bool>(), 2_usize..4_000), 1..6),
        ) {
            let key = sizes.iter().any(|(slice, _)| *slice);
            let nals: Vec<Vec<u8>> = sizes
                .iter()
                .map(|(slice, size)| nal(if *slice { 0x65 } else { 0x06 }, *size))
                .chain([nal(if key { 0x65 } else { 0x41 }, 40)])
                .collect();
            let data = unit(&nals);
            let mut depacketizer = Depacketizer::new();
            // A key frame first, so that the others can be decoded.
            for payload in payloads(&config(), &unit(&[nal(0x65, 50)]), true) {
                depacketizer.push(1, false, &payload).expect("playable");
            }
            let payloads = payloads(&config(), &data, key);
            let mut events = Vec::new();
            for (n, payload) in payloads.iter().enumerate() {
                prop_assert!(payload.len() <= MAX_PAYLOAD);
                events.extend(depacketizer.push(2, n + 1 == payloads.len(), payload).expect("playable"));
            }
            let Some(Event::Picture(picture)) = events.pop() else { panic!("a picture") };
            prop_assert_eq!((picture.key, picture.data), (key, data));
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..3_000), key in any::<bool>()) {
            payloads(&config(), &Bytes::from(bytes), key);
        }
    }
}
