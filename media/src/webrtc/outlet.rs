//! Our end of a viewer's connection: two tracks that are only sent.

use std::sync::Arc;

use bytes::Bytes;
use rtc::{
    media_stream::MediaStreamTrack,
    rtcp::sender_report::SenderReport,
    rtp,
    rtp_transceiver::{
        RTCRtpTransceiverDirection, RTCRtpTransceiverInit,
        rtp_sender::{
            RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RTCRtpRtxParameters, RtpCodecKind,
        },
    },
};
use tokio::sync::mpsc;
use webrtc::media_stream::track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP};

use super::{
    burst::Tray,
    connection::{Connection, ConnectionEvents, Parts, here},
};
use crate::{
    unit::Track,
    webrtc::{
        signalling::{
            fragment::Credentials,
            line::{Line, PeerError, Pending, Restarted},
            offer::Offer,
        },
        subscriber::{Burst, Closed, News, Outlet, Report},
    },
};

/// Seconds from 1900, where NTP begins, to 1970.
const NTP_1970: i64 = 2_208_988_800;

/// A track that is sent.
struct Lane {
    track: Arc<TrackLocalStaticRTP>,
    ssrc: u32,
    payload_type: u8,
}

/// An outlet.
pub(super) struct WebRtcOutlet {
    connection: Connection,
    tray: Tray,
    video: Option<Lane>,
    audio: Option<Lane>,
}

/// What one track is to be sent as.
pub(super) struct Sent {
    pub(super) codec: RTCRtpCodec,
    pub(super) payload_type: u8,
    /// With retransmissions as a stream of their own (RFC 4588).
    pub(super) repaired: bool,
}

impl WebRtcOutlet {
    pub(super) async fn answer(
        parts: Parts,
        tray: Tray,
        offer: &Offer,
        video: Option<Sent>,
        audio: Option<Sent>,
        news: mpsc::Sender<News>,
    ) -> Result<(String, Self), PeerError> {
        let connection = Connection::make(parts, offer, Hearing(news)).await?;
        let mut lanes = [None, None];
        for (lane, (sent, kind)) in
            lanes.iter_mut().zip([(video, RtpCodecKind::Video), (audio, RtpCodecKind::Audio)])
        {
            if let Some(sent) = sent {
                *lane = Some(Lane::add(&connection, kind, sent).await?);
            }
        }
        let [video, audio] = lanes;
        Ok((connection.answer().await?, Self { connection, tray, video, audio }))
    }

    fn lane(&self, track: Track) -> Option<&Lane> {
        match track {
            Track::Video => self.video.as_ref(),
            Track::Audio => self.audio.as_ref(),
        }
    }
}

impl Lane {
    async fn add(connection: &Connection, kind: RtpCodecKind, sent: Sent) -> Result<Self, PeerError> {
        let Sent { codec, payload_type, repaired } = sent;
        let ssrc = rand::random();
        let rtx = repaired.then(|| RTCRtpRtxParameters { ssrc: rand::random() });
        let coding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), rtx, ..Default::default() },
            codec,
            ..Default::default()
        };
        // One stream for both, so that the other side plays them together.
        let track = MediaStreamTrack::new(
            "lesson".to_owned(),
            kind.to_string(),
            kind.to_string(),
            kind,
            vec![coding],
        );
        let track = Arc::new(TrackLocalStaticRTP::new(track));
        let init = RTCRtpTransceiverInit {
            direction: RTCRtpTransceiverDirection::Sendonly,
            streams: Vec::new(),
            send_encodings: Vec::new(),
        };
        let adding = connection.inner.add_transceiver_from_track(Arc::clone(&track) as _, Some(init));
        adding.await.map_err(|error| here(&error))?;
        Ok(Self { track, ssrc, payload_type })
    }

    async fn send(&self, tray: &Tray, burst: Burst<'_>) -> Result<(), Closed> {
        let last = burst.payloads.len().saturating_sub(1);
        let packets = (0_u16..).zip(burst.payloads).map(|(n, payload)| {
            let header = rtp::Header {
                version: 2,
                // Of a picture the last packet, of sound only the first after silence, which is not told apart here.
                marker: usize::from(n) == last && burst.track == Track::Video,
                payload_type: self.payload_type,
                sequence_number: burst.sequence.wrapping_add(n),
                timestamp: burst.timestamp,
                ssrc: self.ssrc,
                ..rtp::Header::default()
            };
            rtp::Packet { header, payload: Bytes::clone(payload) }
        });
        let Some(stands_for_all) = tray.lay(packets.collect()) else { return Ok(()) };
        self.track.write_rtp(stands_for_all).await.map_err(|_| Closed)
    }
}

impl Line for WebRtcOutlet {
    fn restart(&self, theirs: Credentials) -> Pending<'_, Result<Restarted, PeerError>> {
        self.connection.restart(theirs)
    }

    fn close(&self) -> Pending<'_, ()> {
        self.connection.close()
    }
}

impl Outlet for WebRtcOutlet {
    fn send<'a>(&'a self, burst: Burst<'a>) -> Pending<'a, Result<(), Closed>> {
        Box::pin(async move {
            match self.lane(burst.track) {
                Some(lane) => lane.send(&self.tray, burst).await,
                None => Ok(()),
            }
        })
    }

    fn report(&self, report: Report) -> Pending<'_, Result<(), Closed>> {
        Box::pin(async move {
            let Some(lane) = self.lane(report.track) else { return Ok(()) };
            let report = SenderReport {
                ssrc: lane.ssrc,
                ntp_time: ntp(report.utc_us),
                rtp_time: report.timestamp,
                packet_count: report.packets,
                octet_count: report.bytes,
                ..SenderReport::default()
            };
            lane.track.write_rtcp(vec![Box::new(report)]).await.map_err(|_| Closed)
        })
    }
}

/// NTP time (RFC 3550, 4) of microseconds since 1970.
fn ntp(utc_us: i64) -> u64 {
    let seconds = utc_us.div_euclid(1_000_000) + NTP_1970;
    let micros = utc_us.rem_euclid(1_000_000).cast_unsigned();
    (seconds.cast_unsigned() << 32) | ((micros << 32) / 1_000_000)
}

struct Hearing(mpsc::Sender<News>);

impl ConnectionEvents for Hearing {
    fn connected(&self) {
        let _ = self.0.try_send(News::Connected);
    }

    fn gone(&self) {
        let _ = self.0.try_send(News::Gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ntp_time_is_that_of_rfc_3550() {
        assert_eq!(ntp(0), 2_208_988_800 << 32);
        assert_eq!(ntp(1_500_000), (2_208_988_801 << 32) | 0x8000_0000);
        assert_eq!(ntp(-500_000), (2_208_988_799 << 32) | 0x8000_0000);
    }
}
