//! The task that carries the media of one publisher.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::line::Line;
use crate::{
    ingest::{
        Inlet, Refusal,
        rtp::{
            receiver::Receiver,
            transcode::{MAX_FRAMES, Sound},
        },
    },
    unit::Unit,
    webrtc::{
        publisher::{Peer, Wire},
        signalling::session::Session,
    },
};

/// How often the session and its key frames are looked after, while nothing arrives.
const TICK: Duration = Duration::from_millis(50);

/// How many and how long.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Sessions at once; further offers are told to come again.
    pub sessions: usize,
    /// From the answer to ICE and DTLS; a slow line needs three seconds.
    pub setup: Duration,
    /// Without a packet for so long the publisher is gone. Its seat can be taken long before.
    pub idle: Duration,
}

impl Limits {
    /// So many sessions, and the usual times.
    pub fn new(sessions: usize) -> Self {
        Self { sessions, setup: Duration::from_secs(10), idle: Duration::from_secs(10) }
    }
}

/// Carries the media of a session.
pub(super) struct Task<I> {
    session: Arc<Session<dyn Peer>>,
    wires: mpsc::Receiver<Wire>,
    inlet: I,
    has_video: bool,
    limits: Limits,
}

#[derive(Debug, thiserror::Error)]
enum End {
    #[error("ended by the publisher")]
    Deleted,
    #[error("not connected in time")]
    Setup,
    #[error("nothing arrived in time")]
    Silent,
    #[error("the other side is gone")]
    Gone,
    #[error("sent away: {0}")]
    Refused(#[from] Refusal),
}

impl<I: Inlet> Task<I> {
    pub(super) fn new(
        session: Arc<Session<dyn Peer>>,
        wires: mpsc::Receiver<Wire>,
        inlet: I,
        has_video: bool,
        limits: Limits,
    ) -> Self {
        Self { session, wires, inlet, has_video, limits }
    }

    pub(super) async fn run(mut self) {
        let started = Instant::now();
        let end = self.carry(started).await;
        if let End::Refused(refusal) = &end {
            self.inlet.refused(refusal);
        }
        tracing::info!(%end, "whip: session ended");
        metrics::histogram!("yunke_media_whip_session_seconds").record(started.elapsed().as_secs_f64());
        // The seat is free before the goodbye: whoever comes next need not wait for it.
        drop(self.inlet);
        self.session.peer().close().await;
    }

    async fn carry(&mut self, started: Instant) -> End {
        let (sounds, mut heard) = mpsc::channel(MAX_FRAMES);
        let mut receiver = Receiver::new(self.has_video, sounds);
        let mut line = Line::default();
        let end = self.receive(&mut receiver, &mut heard, &mut line, started).await;
        line.close(&receiver);
        end
    }

    async fn receive(
        &mut self,
        receiver: &mut Receiver,
        heard: &mut mpsc::Receiver<Sound>,
        line: &mut Line,
        started: Instant,
    ) -> End {
        let revoked = self.inlet.revoked();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut connected = false;
        let mut last_packet = started;
        let mut units: Vec<Unit> = Vec::new();
        loop {
            let now_us = micros(started);
            let due = receiver.due_us(now_us).map(|due| after(started, due));
            let done = tokio::select! {
                () = self.session.ended().cancelled() => return End::Deleted,
                () = revoked.cancelled() => return End::Refused(self.inlet.close_reason()),
                Some(sound) = heard.recv() => {
                    Receiver::sound(sound, &mut units);
                    Ok(())
                }
                wire = self.wires.recv() => match wire {
                    Some(Wire::Packet(packet)) => {
                        last_packet = Instant::now();
                        receiver.packet(packet, micros(started), &mut units)
                    }
                    Some(Wire::Report(report)) => {
                        receiver.report(report);
                        tracing::debug!(sound_off_us = receiver.sound_off_us(), "whip: sender report");
                        Ok(())
                    }
                    Some(Wire::Connected) => {
                        if !std::mem::replace(&mut connected, true) {
                            last_packet = Instant::now();
                            tracing::info!(setup_seconds = started.elapsed().as_secs_f64(), "whip: publisher connected");
                        }
                        Ok(())
                    }
                    Some(Wire::Gone) | None => return End::Gone,
                },
                () = sleep_until(due.unwrap_or(started)), if connected && due.is_some() => {
                    receiver.advance(micros(started), &mut units)
                }
                _ = ticks.tick() => {
                    if !connected && started.elapsed() > self.limits.setup {
                        return End::Setup;
                    }
                    if connected && last_packet.elapsed() > self.limits.idle {
                        return End::Silent;
                    }
                    line.count(receiver);
                    receiver.advance(micros(started), &mut units)
                }
            };
            if let Err(refusal) = done {
                return End::Refused(refusal);
            }
            if self.inlet.key_wanted() {
                receiver.need_key();
            }
            if connected {
                ask(self.session.peer(), receiver, line, micros(started)).await;
            }
            for unit in units.drain(..) {
                // A camera cannot be held back: what comes too early is the lesson's to judge.
                if let Err(refusal) = self.inlet.push(unit) {
                    return End::Refused(refusal);
                }
            }
        }
    }
}

/// Asks the publisher for what is missing.
async fn ask(peer: &dyn Peer, receiver: &mut Receiver, line: &mut Line, now_us: i64) {
    for again in receiver.again(now_us) {
        peer.ask_again(again).await;
    }
    if let Some(why) = receiver.wants_key(now_us) {
        line.asked_key(why);
        peer.ask_key_frame().await;
    }
}

fn micros(started: Instant) -> i64 {
    i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX)
}

fn after(started: Instant, us: i64) -> Instant {
    started + Duration::from_micros(us.max(0).cast_unsigned())
}
