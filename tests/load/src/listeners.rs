//! Many listeners of one file, each over a connection of its own that is read at the pace it is played, as a browser does it once
//! it has some seconds in hand. Who has to wait for what should have been there has a stall.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream, lookup_host},
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use crate::{
    process::{cpu_seconds, rss_bytes},
    stats::percentile_ms,
};

/// What a listener's side of the connection holds at most: the system would give megabytes, and all of the file were there at once.
const RECEIVE_BYTES: u32 = 32 << 10;
/// How often a listener takes what it plays next.
const STEP: Duration = Duration::from_secs(2);
/// In hand when it begins to play; what comes later than that is heard.
const IN_HAND: Duration = Duration::from_secs(4);
/// A first byte that takes longer is no answer.
const JOIN_LIMIT: Duration = Duration::from_secs(20);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A file, with the lease in its path.
    #[arg(long)]
    url: reqwest::Url,
    #[arg(long, default_value_t = 1000)]
    count: usize,
    /// How many come each second; as many as there are turns for, when it is 0.
    #[arg(long, default_value_t = 500)]
    joins: u32,
    /// How long all of them listen.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// What is played a second.
    #[arg(long, default_value_t = 48)]
    kbps: usize,
    /// Bytes of the file; each begins somewhere else in its first half.
    #[arg(long)]
    bytes: u64,
    /// A process whose processor time is read while all listen, and its memory before and then.
    #[arg(long)]
    pid: u32,
}

/// What a listener tells.
enum Told {
    Joined(Duration),
    Refused,
    Stalled,
}

/// Runs the load; the JSON has milliseconds and bytes.
pub(crate) async fn run(args: Args) -> Result<Value> {
    let host: Arc<str> = crate::loopback(&args.url)?.into();
    let path: Arc<str> = args.url.path().into();
    let rss_before = rss_bytes(args.pid)?;
    let (tell, mut told) = mpsc::channel(args.count * 2);
    let mut listeners = JoinSet::new();
    let began = Instant::now();
    let each = Duration::from_secs(1).checked_div(args.joins);
    for n in 0..args.count {
        if let Some(each) = each {
            sleep_until(began + each * u32::try_from(n)?).await;
        }
        let from = args.bytes / 2 * (n as u64 % 997) / 997;
        listeners.spawn(listener(host.clone(), path.clone(), from, args.kbps, tell.clone()));
    }
    let (mut joined, mut refused, mut stalled) = (Vec::with_capacity(args.count), 0_usize, 0_usize);
    while joined.len() + refused < args.count {
        match timeout(JOIN_LIMIT * 2, told.recv())
            .await
            .context("listeners that tell nothing")?
            .context("gone")?
        {
            Told::Joined(after) => joined.push(after),
            Told::Refused => refused += 1,
            Told::Stalled => stalled += 1,
        }
    }
    ensure!(!joined.is_empty(), "nobody could join");
    let joining = began.elapsed();
    let stalled_joining = stalled;
    let (cpu_before, since) = (cpu_seconds(args.pid)?, Instant::now());
    let until = since + Duration::from_secs(args.seconds);
    while let Ok(Some(news)) = timeout(until.saturating_duration_since(Instant::now()), told.recv()).await {
        stalled += usize::from(matches!(news, Told::Stalled));
    }
    let cpu = (cpu_seconds(args.pid)? - cpu_before) / since.elapsed().as_secs_f64();
    let rss = rss_bytes(args.pid)?;
    joined.sort_unstable();
    Ok(json!({
        "listeners": joined.len(), "refused": refused, "stalled": stalled, "stalled_joining": stalled_joining,
        "joins_per_second": f64::from(u32::try_from(joined.len())?) / joining.as_secs_f64(),
        "p50_ms": percentile_ms(&joined, 50), "p99_ms": percentile_ms(&joined, 99),
        "core": cpu, "rss_before_bytes": rss_before, "rss_bytes": rss,
        "bytes_each": rss.saturating_sub(rss_before) / joined.len() as u64,
    }))
}

/// Joins, plays, and tells. Ends with its connection.
async fn listener(host: Arc<str>, path: Arc<str>, from: u64, kbps: usize, tell: mpsc::Sender<Told>) {
    let asked = Instant::now();
    let Ok(Ok(mut stream)) = timeout(JOIN_LIMIT, join(&host, &path, from)).await else {
        let _ = tell.send(Told::Refused).await;
        return;
    };
    if tell.send(Told::Joined(asked.elapsed())).await.is_err() {
        return;
    }
    let mut piece = vec![0; kbps * 125 * usize::try_from(STEP.as_secs()).unwrap_or(1)];
    let mut due = Instant::now() + IN_HAND;
    loop {
        if stream.read_exact(&mut piece).await.is_err() {
            return;
        }
        if Instant::now() > due {
            if tell.send(Told::Stalled).await.is_err() {
                return;
            }
            due = Instant::now() + IN_HAND;
        }
        // The next piece is needed when this one has been played.
        due += STEP;
        sleep_until(due - IN_HAND).await;
    }
}

/// Asks for the file from a byte on; the connection after the first byte of the answer's head was there and it was a good one.
async fn join(host: &str, path: &str, from: u64) -> Result<TcpStream> {
    let address = lookup_host(host).await?.next().context("no address")?;
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(RECEIVE_BYTES)?;
    let mut stream = socket.connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nRange: bytes={from}-\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    // What of the sound comes with it is heard first, and not counted.
    let mut head = Vec::with_capacity(2 << 10);
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        ensure!(head.len() < 8 << 10, "a head without an end");
        ensure!(stream.read_buf(&mut head).await? > 0, "the connection ended");
    }
    ensure!(head.starts_with(b"HTTP/1.1 206"), "{}", String::from_utf8_lossy(&head[..12]));
    Ok(stream)
}
