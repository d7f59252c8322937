//! Reads sender reports on their way through the peer: the crate keeps RTCP to itself, and an interceptor is the only one
//! who sees it. Everything passes on as it came.

use std::{
    collections::{HashMap, VecDeque},
    time::Instant,
};

use rtc::{
    interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket},
    rtcp::sender_report::SenderReport,
    sansio::Protocol,
    shared::error::Error,
};
use tokio::sync::mpsc;

use crate::ingest::{Track, peer::Wire, rtp::Report};

/// The interceptor.
pub(super) struct Reports {
    wire: mpsc::Sender<Wire>,
    tracks: HashMap<u32, Track>,
    reads: VecDeque<TaggedPacket>,
    writes: VecDeque<TaggedPacket>,
}

impl Reports {
    pub(super) fn new(wire: mpsc::Sender<Wire>) -> Self {
        Self { wire, tracks: HashMap::new(), reads: VecDeque::new(), writes: VecDeque::new() }
    }
}

/// NTP time (RFC 3550, 4) in microseconds since 1900.
fn micros(ntp: u64) -> i64 {
    let (seconds, fraction) = (ntp >> 32, ntp & 0xffff_ffff);
    (seconds * 1_000_000 + ((fraction * 1_000_000) >> 32)).cast_signed()
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Reports {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, msg: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(packets) = &msg.message.packet {
            for report in packets.iter().filter_map(|packet| packet.as_any().downcast_ref::<SenderReport>()) {
                if let Some(&track) = self.tracks.get(&report.ssrc) {
                    let wall_us = micros(report.ntp_time);
                    let report = Report { track, wall_us, timestamp: report.rtp_time };
                    let _ = self.wire.try_send(Wire::Report(report));
                }
            }
        }
        self.reads.push_back(msg);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.reads.pop_front()
    }

    fn handle_write(&mut self, msg: TaggedPacket) -> Result<(), Error> {
        self.writes.push_back(msg);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.writes.pop_front()
    }
}

impl Interceptor for Reports {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}

    fn unbind_local_stream(&mut self, _: &StreamInfo) {}

    fn bind_remote_stream(&mut self, info: &StreamInfo) {
        let audio = info.mime_type.to_ascii_lowercase().starts_with("audio/");
        self.tracks.insert(info.ssrc, if audio { Track::Audio } else { Track::Video });
    }

    fn unbind_remote_stream(&mut self, info: &StreamInfo) {
        self.tracks.remove(&info.ssrc);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ntp_time_is_read_to_the_microsecond() {
        assert_eq!(micros(0), 0);
        assert_eq!(micros((7 << 32) | 0x8000_0000), 7_500_000);
        assert_eq!(micros(u64::MAX), 4_294_967_295_999_999);
    }
}
