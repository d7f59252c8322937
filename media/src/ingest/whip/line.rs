//! What became of the packets a publisher's line lost: for metrics, and for the log when the session is over.

use crate::{
    ingest::rtp::{keys::Why, missing::Tally, receiver::Receiver},
    unit::Track,
};

/// What was counted already.
#[derive(Debug, Default)]
pub(super) struct Line {
    video: Tally,
    audio: Tally,
    /// Key frames that were asked for, to end segments and after losses.
    rhythm: u64,
    need: u64,
}

impl Line {
    /// Counts what is new.
    pub(super) fn count(&mut self, receiver: &Receiver) {
        for (track, before) in [(Track::Video, &mut self.video), (Track::Audio, &mut self.audio)] {
            let now = receiver.tally(track);
            let before = std::mem::replace(before, now);
            for (fate, new) in [
                ("missing", now.missing - before.missing),
                ("asked", now.asked - before.asked),
                ("mended", now.mended - before.mended),
                ("lost", now.lost - before.lost),
            ] {
                if new > 0 {
                    let track = if track == Track::Video { "video" } else { "audio" };
                    metrics::counter!("yunke_media_whip_packets_total", "track" => track, "fate" => fate)
                        .increment(new);
                }
            }
        }
    }

    /// A key frame is asked for.
    pub(super) fn asked_key(&mut self, why: Why) {
        let (count, name) = match why {
            Why::Rhythm => (&mut self.rhythm, "segment"),
            Why::Need => (&mut self.need, "loss"),
        };
        *count += 1;
        metrics::counter!("yunke_media_whip_key_frames_asked_total", "why" => name).increment(1);
    }

    /// The last word about it.
    pub(super) fn close(mut self, receiver: &Receiver) {
        self.count(receiver);
        tracing::info!(
            video.missing = self.video.missing,
            video.asked = self.video.asked,
            video.mended = self.video.mended,
            video.lost = self.video.lost,
            audio.missing = self.audio.missing,
            audio.asked = self.audio.asked,
            audio.mended = self.audio.mended,
            audio.lost = self.audio.lost,
            keys.segment = self.rhythm,
            keys.loss = self.need,
            answered_us = receiver.trip_us(),
            "whip: what the line lost"
        );
    }
}
