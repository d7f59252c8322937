//! Reads sender reports on their way through the peer, and counts retransmissions.

use std::collections::{HashMap, HashSet};

use rtc::{
    interceptor::{Packet, StreamInfo},
    rtcp::sender_report::SenderReport,
};
use tokio::sync::mpsc;

use super::tap::Tap;
use crate::{
    unit::Track,
    webrtc::{publisher::Wire, rtp::Report},
};

/// The tap of a publisher's connection.
pub(super) struct Reports {
    wire: mpsc::Sender<Wire>,
    tracks: HashMap<u32, Track>,
    /// The sources of retransmissions.
    repairs: HashSet<u32>,
    again: metrics::Counter,
    padding: metrics::Counter,
}

impl Reports {
    pub(super) fn new(wire: mpsc::Sender<Wire>) -> Self {
        let repairs = |what| metrics::counter!("yunke_media_whip_rtx_packets_total", "what" => what);
        Self {
            wire,
            tracks: HashMap::new(),
            repairs: HashSet::new(),
            again: repairs("media"),
            padding: repairs("padding"),
        }
    }
}

/// NTP time (RFC 3550, 4) in microseconds since 1900.
fn micros(ntp: u64) -> i64 {
    let (seconds, fraction) = (ntp >> 32, ntp & 0xffff_ffff);
    (seconds * 1_000_000 + ((fraction * 1_000_000) >> 32)).cast_signed()
}

impl Tap for Reports {
    fn comes(&mut self, packet: &Packet) {
        let packets = match packet {
            Packet::Rtcp(packets) => packets,
            Packet::Rtp(packet) if self.repairs.contains(&packet.header.ssrc) => {
                let counter = if packet.payload.len() > 2 { &self.again } else { &self.padding };
                return counter.increment(1);
            }
            _ => return,
        };
        for report in packets.iter().filter_map(|packet| packet.as_any().downcast_ref::<SenderReport>()) {
            if let Some(&track) = self.tracks.get(&report.ssrc) {
                let wall_us = micros(report.ntp_time);
                let report = Report { track, wall_us, timestamp: report.rtp_time };
                let _ = self.wire.try_send(Wire::Report(report));
            }
        }
    }

    fn begins(&mut self, stream: &StreamInfo) {
        // Retransmissions are told of twice: with the stream they belong to, and then by themselves.
        self.repairs.extend(stream.ssrc_rtx);
        if self.repairs.contains(&stream.ssrc) {
            return;
        }
        let audio = stream.mime_type.to_ascii_lowercase().starts_with("audio/");
        self.tracks.insert(stream.ssrc, if audio { Track::Audio } else { Track::Video });
    }

    fn ends(&mut self, stream: &StreamInfo) {
        self.tracks.remove(&stream.ssrc);
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
