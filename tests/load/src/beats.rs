//! Many players of one lesson that report what they played: each sends a batch of beats up its room's
//! WebSocket and sends the next one when the whole batch was acknowledged, which the server does after commit.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::stats::percentile_ms;

/// Beats in a batch: the most the room takes.
const BATCH: u64 = 64;
/// An acknowledgement that takes longer fails the run.
const ACK_LIMIT: Duration = Duration::from_secs(10);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The room, `ws://127.0.0.1:…/api/lessons/…/room`.
    #[arg(long)]
    room: reqwest::Url,
    /// A file with a lease token and its member's session cookie (`name=value`) a line; one player each.
    #[arg(long)]
    leases: std::path::PathBuf,
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

/// Runs the load; the JSON has beats acknowledged a second and the time from sending to acknowledgement.
pub(crate) async fn run(args: Args) -> Result<Value> {
    crate::loopback(&args.room)?;
    let leases = tokio::fs::read_to_string(&args.leases).await?;
    let began = Instant::now();
    let until = began + Duration::from_secs(args.seconds);
    let mut players = JoinSet::new();
    for line in leases.lines().filter(|line| !line.is_empty()) {
        let (lease, cookie) = line.split_once(' ').context("a lease and a cookie a line")?;
        let mut room = args.room.clone();
        room.query_pairs_mut().append_pair("lease", lease);
        players.spawn(player(room, cookie.to_owned(), until));
    }
    let count = players.len();
    let mut acked = 0_u64;
    let mut waits = Vec::new();
    while let Some(done) = players.join_next().await {
        let (beats, mut times) = done.context("a player panicked")??;
        acked += beats;
        waits.append(&mut times);
    }
    let seconds = began.elapsed().as_secs_f64();
    waits.sort_unstable();
    Ok(json!({
        "players": count, "acked": acked, "seconds": seconds, "beats_per_second": whole(acked) / seconds,
        "p50_ms": percentile_ms(&waits, 50), "p99_ms": percentile_ms(&waits, 99),
    }))
}

/// Exact up to 2^53, far above what a bounded run can count.
fn whole(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// One player until the time is over: beats acknowledged, and how long each batch took.
async fn player(room: reqwest::Url, cookie: String, until: Instant) -> Result<(u64, Vec<Duration>)> {
    let mut request = room.as_str().into_client_request()?;
    request.headers_mut().insert("cookie", cookie.parse()?);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.context("open the room")?;
    let mut acked = 0;
    let mut times = Vec::new();
    while Instant::now() < until {
        let beats: Vec<_> = (acked + 1..=acked + BATCH).map(beat).collect();
        let sent = Instant::now();
        socket.send(Message::text(json!({ "type": "beats", "beats": beats }).to_string())).await?;
        let mut open = BATCH;
        while open > 0 {
            let message =
                tokio::time::timeout(ACK_LIMIT, socket.next()).await.context("no acknowledgement")?;
            let Message::Text(text) = message.context("the room closed")?? else { continue };
            let message: Value = serde_json::from_str(&text)?;
            match message["type"].as_str() {
                Some("ack") => {
                    ensure!(
                        message["refused"].as_array().is_none_or(Vec::is_empty),
                        "refused: {}",
                        message["refused"]
                    );
                    open = open.saturating_sub(message["acked"].as_array().map_or(0, Vec::len) as u64);
                }
                Some("error") => bail!("the room answered {message}"),
                _ => {}
            }
        }
        acked += BATCH;
        times.push(sent.elapsed());
    }
    socket.close(None).await.ok();
    Ok((acked, times))
}

/// The `seq`-th second of the lesson, played.
fn beat(seq: u64) -> Value {
    json!({
        "seq": seq, "state": "playing", "cause": "tick", "source": "live", "mode": "video",
        "from_ms": (seq - 1) * 10, "to_ms": seq * 10, "rate_milli": 1000, "visible": true,
        "client_ms": seq * 10, "gesture": seq == 1,
    })
}
