//! One publisher's session: what HTTP may still do to it ([`Session`]), and the task that carries its media ([`Task`]).

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rand::{Rng as _, distr::Alphanumeric};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{
    Limits,
    fragment::{Credentials, Fragment},
    problem::Problem,
};
use crate::ingest::{
    Inlet, Refusal, Unit,
    peer::{Peer, Restarted, Wire},
    rtp::{receiver::Receiver, transcode::MAX_FRAMES},
};

/// How often lost packets and key frames are looked after.
const TICK: Duration = Duration::from_millis(50);
/// The session's name: 190 bits, as whoever knows it may end the session.
const NAME_CHARS: usize = 32;

/// What HTTP knows of a session.
pub(super) struct Session {
    name: String,
    key: String,
    peer: Box<dyn Peer>,
    tag: Mutex<String>,
    /// The publisher's ICE as it is now; held while it is restarted.
    theirs: tokio::sync::Mutex<Credentials>,
    end: CancellationToken,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

fn random(chars: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(chars).map(char::from).collect()
}

fn new_tag() -> String {
    format!("\"{}\"", random(16))
}

impl Session {
    pub(super) fn new(key: String, peer: Box<dyn Peer>, theirs: Credentials) -> Self {
        let theirs = tokio::sync::Mutex::new(theirs);
        let (name, tag) = (random(NAME_CHARS), Mutex::new(new_tag()));
        Self { name, key, peer, tag, theirs, end: CancellationToken::new() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The strong entity tag of the ICE session.
    pub(super) fn tag(&self) -> String {
        self.tag.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn end(&self) {
        self.end.cancel();
    }

    /// Does what a fragment says: a restart when its credentials are new, else nothing, as candidates are not used.
    pub(super) async fn follow(&self, fragment: &Fragment) -> Result<Option<(Restarted, String)>, Problem> {
        let mut theirs = self.theirs.lock().await;
        let Some(new) = fragment.credentials.clone().filter(|new| *new != *theirs) else { return Ok(None) };
        let restarted = self.peer.restart(new.clone()).await?;
        *theirs = new;
        let tag = new_tag();
        tag.clone_into(&mut self.tag.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Some((restarted, tag)))
    }
}

/// Carries the media of a session.
pub(super) struct Task<I> {
    session: Arc<Session>,
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
        session: Arc<Session>,
        wires: mpsc::Receiver<Wire>,
        inlet: I,
        has_video: bool,
        limits: Limits,
    ) -> Self {
        Self { session, wires, inlet, has_video, limits }
    }

    pub(super) fn name(&self) -> String {
        self.session.name.clone()
    }

    pub(super) async fn run(mut self) {
        let started = Instant::now();
        let end = self.carry(started).await;
        tracing::info!(%end, "whip: session ended");
        metrics::histogram!("yunke_media_whip_session_seconds").record(started.elapsed().as_secs_f64());
        // The seat is free before the goodbye: whoever comes next need not wait for it.
        drop(self.inlet);
        self.session.peer.close().await;
    }

    async fn carry(&mut self, started: Instant) -> End {
        let (sounds, mut heard) = mpsc::channel(MAX_FRAMES);
        let mut receiver = Receiver::new(self.has_video, sounds);
        let revoked = self.inlet.revoked();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut connected = false;
        let mut last_packet = started;
        let mut units: Vec<Unit> = Vec::new();
        loop {
            let done = tokio::select! {
                () = self.session.end.cancelled() => return End::Deleted,
                () = revoked.cancelled() => return End::Refused(self.inlet.farewell()),
                Some(sound) = heard.recv() => {
                    receiver.sound(sound, &mut units);
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
                _ = ticks.tick() => {
                    if !connected && started.elapsed() > self.limits.setup {
                        return End::Setup;
                    }
                    if connected && last_packet.elapsed() > self.limits.idle {
                        return End::Silent;
                    }
                    receiver.advance(micros(started), &mut units)
                }
            };
            if let Err(refusal) = done {
                return End::Refused(refusal);
            }
            if connected && receiver.wants_key(micros(started)) {
                self.session.peer.ask_key_frame().await;
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

fn micros(started: Instant) -> i64 {
    i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX)
}
