//! The task of one viewer: what the lesson's feed gives goes to its outlet, in its own count of packets.

use std::{sync::Arc, time::Duration};

use futures_util::{Stream, StreamExt as _, stream::FuturesUnordered};
use tokio::{
    sync::{broadcast::error::RecvError, mpsc, watch},
    time::{Instant, MissedTickBehavior, interval_at, sleep},
};
use yunke_protocol::Lease;

use super::feed::{Feed, Media, Standing, Viewing};
use crate::{
    live::Origin,
    unit::Track,
    webrtc::{
        signalling::session::Session,
        subscriber::{Burst, Closed, News, Outlet, Report},
    },
};

/// Sender reports, and what was delivered. The second report soon follows the first: a receiver needs two for its clock.
const TICK: Duration = Duration::from_secs(1);
const SECOND_REPORT: Duration = Duration::from_millis(200);
/// The pictures a viewer is sent to catch up go out as fast as 40 Mbit/s: so many packets, then a pause.
const BURST_PACKETS: usize = 16;
const BURST_PAUSE: Duration = Duration::from_millis(4);
/// They are shown at once: their times are this close together, RTP ticks (1 ms).
const CATCH_UP_TICKS: u32 = 90;
/// A stretch of delivered media ends where the next unit lies this much later.
const STRETCH_GAP_US: i64 = 1_000_000;

/// Under what a viewer watches.
pub(super) struct Holder {
    pub(super) lease: Lease,
    /// What is sent is kept as delivered to the lease. Not behind an edge: there nothing is seen of what the lease fetches by
    /// HLS, and this would look like all there was.
    pub(super) counted: bool,
}

/// A viewer.
pub(super) struct Viewer {
    session: Arc<Session<dyn Outlet>>,
    news: mpsc::Receiver<News>,
    feed: Arc<Feed>,
    _viewing: Viewing,
    origin: Origin,
    holder: Holder,
    setup: Duration,
    lanes: [Lane; 2],
    /// Pictures cannot be decoded until the next key frame.
    without_key: bool,
    /// What was sent and not told yet, UTC microseconds.
    stretch: Option<(i64, i64)>,
}

/// What was sent of a track.
#[derive(Debug, Default)]
struct Lane {
    sequence: u16,
    packets: u32,
    bytes: u32,
}

/// Waits for what ends a session from here, and says it.
async fn ended(
    session: Arc<Session<dyn Outlet>>,
    mut standing: watch::Receiver<Standing>,
    lease_time: Duration,
) -> End {
    let over = async {
        loop {
            match *standing.borrow_and_update() {
                Standing { over: true, .. } => return End::Over,
                Standing { reordered: true, .. } => return End::Reordered,
                _ => {}
            }
            if standing.changed().await.is_err() {
                return End::Over;
            }
        }
    };
    tokio::select! {
        () = session.ended().cancelled() => End::Deleted,
        () = sleep(lease_time) => End::Expired,
        end = over => end,
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum End {
    #[error("ended by the viewer, or for a newer session of its lease")]
    Deleted,
    #[error("not connected in time")]
    Setup,
    #[error("the other side is gone")]
    Gone,
    #[error("the lesson is over")]
    Over,
    #[error("the lease is over")]
    Expired,
    #[error("the lease was revoked")]
    Revoked,
    #[error("the publisher sends B-frames")]
    Reordered,
}

impl From<Closed> for End {
    fn from(_: Closed) -> Self {
        Self::Gone
    }
}

impl Viewer {
    pub(super) fn new(
        session: Arc<Session<dyn Outlet>>,
        news: mpsc::Receiver<News>,
        feed: Arc<Feed>,
        origin: Origin,
        holder: Holder,
        setup: Duration,
    ) -> Self {
        let viewing = feed.enter();
        let lane = || Lane { sequence: rand::random(), ..Lane::default() };
        Self {
            session,
            news,
            feed,
            _viewing: viewing,
            origin,
            holder,
            setup,
            lanes: [lane(), lane()],
            without_key: true,
            stretch: None,
        }
    }

    pub(super) async fn run(mut self) {
        let started = Instant::now();
        // Looked at only when it has something to say: each unit passes by it twice, and it waits at three places, with their locks.
        let ended = ended(Arc::clone(&self.session), self.feed.follow(), self.lease_time());
        let mut ended: FuturesUnordered<_> = [ended].into_iter().collect();
        let end = match self.connected(&mut ended).await {
            Ok(()) => {
                metrics::histogram!("yunke_media_whep_setup_seconds").record(started.elapsed().as_secs_f64());
                self.carry(&mut ended).await
            }
            Err(end) => end,
        };
        self.report_delivered();
        tracing::info!(%end, "whep: session ended");
        metrics::histogram!("yunke_media_whep_session_seconds").record(started.elapsed().as_secs_f64());
        self.session.peer().close().await;
    }

    /// The lease is good for so long.
    fn lease_time(&self) -> Duration {
        let left_ms = self.holder.lease.expires_at - self.origin.access().now();
        Duration::from_millis(left_ms.max(0).cast_unsigned())
    }

    /// Waits until media may be sent.
    async fn connected(&mut self, ended: &mut (impl Stream<Item = End> + Unpin)) -> Result<(), End> {
        let late = sleep(self.setup);
        tokio::pin!(late);
        loop {
            tokio::select! {
                Some(end) = ended.next() => return Err(end),
                () = &mut late => return Err(End::Setup),
                news = self.news.recv() => match news {
                    Some(News::Connected) => return Ok(()),
                    Some(News::KeyWanted) => {}
                    Some(News::Gone) | None => return Err(End::Gone),
                },
            }
        }
    }

    async fn carry(&mut self, ended: &mut (impl Stream<Item = End> + Unpin)) -> End {
        let (group, mut live) = self.feed.join();
        let mut ticks = interval_at(Instant::now() + SECOND_REPORT, TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        if let Err(end) = self.catch_up(&group).await {
            return end;
        }
        drop(group);
        loop {
            let done = tokio::select! {
                // What is rare first: media may be there without end.
                biased;
                Some(end) = ended.next() => return end,
                news = self.news.recv() => match news {
                    Some(News::KeyWanted) => {
                        self.feed.want_key();
                        Ok(())
                    }
                    Some(News::Connected) => Ok(()),
                    Some(News::Gone) | None => return End::Gone,
                },
                _ = ticks.tick() => self.tick().await,
                media = live.recv() => self.take(media).await,
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    /// Sends the pictures since the last key frame, so that the first one is shown at once.
    async fn catch_up(&mut self, group: &[Arc<Media>]) -> Result<(), End> {
        let Some(newest) = group.last() else {
            self.feed.want_key();
            return Ok(());
        };
        self.without_key = false;
        let mut unpaused = 0;
        for (behind, media) in (0_u32..).zip(group.iter().rev()).collect::<Vec<_>>().into_iter().rev() {
            let timestamp = newest.timestamp.wrapping_sub(behind * CATCH_UP_TICKS);
            self.send(media, timestamp).await?;
            unpaused += media.payloads.len();
            if unpaused >= BURST_PACKETS {
                unpaused = 0;
                sleep(BURST_PAUSE).await;
            }
        }
        self.stretch = Some((newest.at_us, newest.at_us));
        Ok(())
    }

    async fn take(&mut self, media: Result<Arc<Media>, RecvError>) -> Result<(), End> {
        let media = match media {
            Ok(media) => media,
            Err(RecvError::Lagged(missed)) => {
                metrics::counter!("yunke_media_whep_units_dropped_total").increment(missed);
                self.without_key = true;
                self.feed.want_key();
                return Ok(());
            }
            Err(RecvError::Closed) => return Err(End::Over),
        };
        if media.track == Track::Video {
            if self.without_key && !media.key {
                return Ok(());
            }
            self.without_key = false;
        }
        self.send(&media, media.timestamp).await?;
        self.delivered(media.at_us);
        Ok(())
    }

    async fn send(&mut self, media: &Media, timestamp: u32) -> Result<(), End> {
        let first = self.lane(media.track).packets == 0;
        let sequence = self.lane(media.track).sequence;
        let payloads = &media.payloads[..];
        self.session.peer().send(Burst { track: media.track, timestamp, sequence, payloads }).await?;
        let lane = self.lane(media.track);
        let packets = u32::try_from(payloads.len()).unwrap_or_default();
        lane.sequence = lane.sequence.wrapping_add(u16::try_from(packets & 0xffff).unwrap_or_default());
        lane.packets = lane.packets.wrapping_add(packets);
        for payload in payloads {
            lane.bytes = lane.bytes.wrapping_add(u32::try_from(payload.len()).unwrap_or_default());
        }
        if first {
            self.report(media.track).await?;
        }
        Ok(())
    }

    fn lane(&mut self, track: Track) -> &mut Lane {
        match track {
            Track::Video => &mut self.lanes[0],
            Track::Audio => &mut self.lanes[1],
        }
    }

    /// Tells the other side what UTC, on the lesson's timeline, goes with the times of the packets.
    async fn report(&mut self, track: Track) -> Result<(), End> {
        let Lane { packets, bytes, .. } = *self.lane(track);
        if packets == 0 {
            return Ok(());
        }
        let utc_us = self.origin.access().now().saturating_mul(1000);
        let timestamp = self.feed.timestamp(track, utc_us);
        Ok(self.session.peer().report(Report { track, utc_us, timestamp, packets, bytes }).await?)
    }

    async fn tick(&mut self) -> Result<(), End> {
        self.report_delivered();
        if self.origin.access().is_revoked(self.holder.lease.id) {
            return Err(End::Revoked);
        }
        self.report(Track::Video).await?;
        self.report(Track::Audio).await
    }

    /// A unit of this time was sent.
    fn delivered(&mut self, at_us: i64) {
        if let Some((_, to)) = &mut self.stretch
            && (0..STRETCH_GAP_US).contains(&(at_us - *to).max(0))
        {
            *to = at_us.max(*to);
            return;
        }
        self.report_delivered();
        self.stretch = Some((at_us, at_us));
    }

    /// Tells what was sent since the last time; what comes next follows on it.
    fn report_delivered(&mut self) {
        let Some((from, to)) = self.stretch else { return };
        if to > from {
            if self.holder.counted {
                self.origin.delivered(&self.holder.lease, (from / 1000, to / 1000));
            }
            self.stretch = Some((to, to));
        }
    }
}
