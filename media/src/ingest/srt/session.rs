//! Carries the media of one accepted publisher from its payloads to its inlet.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use crate::{
    container::ts::Demuxer,
    ingest::{Inlet, Refusal},
    unit::{LeftOut, Unit},
};

/// Payloads that wait for a publisher's task: 8 s of 2 Mbit/s. When full, further ones are dropped, as a network does.
pub(super) const PAYLOADS: usize = 2048;

/// How a publication ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    #[error("the other side is gone")]
    Gone,
    #[error("sent away: {0}")]
    Refused(#[from] Refusal),
}

pub(super) async fn carry<I: Inlet>(mut inlet: I, mut payloads: mpsc::Receiver<Vec<u8>>) {
    let started = Instant::now();
    let mut demuxer = Demuxer::default();
    let end = publish(&mut inlet, &mut demuxer, &mut payloads).await;
    if let End::Refused(refusal) = &end {
        inlet.refused(refusal);
    }
    tracing::info!(%end, damaged = demuxer.damaged(), "srt: publication ended");
    metrics::histogram!("yunke_media_srt_publication_seconds").record(started.elapsed().as_secs_f64());
}

async fn publish<I: Inlet>(
    inlet: &mut I,
    demuxer: &mut Demuxer,
    payloads: &mut mpsc::Receiver<Vec<u8>>,
) -> End {
    let revoked = inlet.revoked();
    let mut units: Vec<Unit> = Vec::new();
    let mut left_out = LeftOut::default();
    loop {
        let payload = tokio::select! {
            payload = payloads.recv() => payload,
            () = revoked.cancelled() => return End::Refused(inlet.close_reason()),
        };
        // SRT itself notices that nothing comes any more, and closes.
        let Some(payload) = payload else { return End::Gone };
        if let Err(error) = demuxer.push(&payload, &mut units) {
            return End::Refused(error.into());
        }
        let now = LeftOut { damaged: demuxer.damaged(), further: demuxer.further(), ..LeftOut::default() };
        if left_out != now {
            left_out = now;
            inlet.left_out(now);
        }
        let mut pause = Duration::ZERO;
        for unit in units.drain(..) {
            match inlet.push(unit) {
                Ok(more) => pause = pause.max(more),
                Err(refusal) => return End::Refused(refusal),
            }
        }
        if !pause.is_zero() {
            tokio::select! {
                () = sleep(pause) => {}
                () = revoked.cancelled() => {}
            }
        }
    }
}
