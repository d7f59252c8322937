//! Many viewers by WHEP, each with ICE and DTLS of its own. Most of them throw media away once it is counted, so that the load
//! leaves the processor to the service it measures; some decrypt it and report on it as a browser does.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use yunke_viewer::{How, Stream, Viewer};

use crate::process::{cpu_seconds, rss_bytes};
use crate::stats::percentile_ms;

/// Viewers that are joining at once; the service answers 32.
const JOINING: usize = 8;
/// After the last one has come: pictures caught up with, pages of memory touched.
const SETTLE: Duration = Duration::from_secs(3);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A file with one WHEP address a line, lease and lesson in it; one viewer each.
    #[arg(long)]
    urls: std::path::PathBuf,
    /// How long is measured after all have come.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// So many decrypt what they get.
    #[arg(long, default_value_t = 2)]
    whole: usize,
    /// The media service's process, whose processor time and memory are read.
    #[arg(long)]
    pid: Option<u32>,
}

/// Runs the load; the JSON has milliseconds, per cent of a core, bytes and packets.
pub(crate) async fn run(args: Args) -> Result<Value> {
    let urls = tokio::fs::read_to_string(&args.urls).await?;
    let urls: Vec<reqwest::Url> =
        urls.lines().filter(|line| !line.is_empty()).map(str::parse).collect::<Result<_, _>>()?;
    ensure!(!urls.is_empty(), "no addresses");
    urls.iter().try_for_each(|url| crate::loopback(url).map(|_| ()))?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let rss_before = args.pid.map(rss_bytes).transpose()?;

    let mut viewers = Vec::with_capacity(urls.len());
    let mut firsts = Vec::with_capacity(urls.len());
    let mut joining = JoinSet::new();
    let mut waiting = urls.into_iter().enumerate();
    loop {
        while joining.len() < JOINING
            && let Some((n, url)) = waiting.next()
        {
            let (http, how) = (http.clone(), wants(n < args.whole));
            joining.spawn(async move {
                let viewer = Viewer::join(&http, &url, how).await?;
                let first = viewer.first_packet().await?;
                anyhow::Ok((viewer, first))
            });
        }
        let Some(joined) = joining.join_next().await else { break };
        let (viewer, first) = joined.context("a viewer panicked")??;
        viewers.push(viewer);
        firsts.push(first);
    }

    sleep(SETTLE).await;
    let before = Sum::of(&viewers);
    let (began, cpu) = (Instant::now(), args.pid.map(cpu_seconds).transpose()?);
    sleep(Duration::from_secs(args.seconds)).await;
    let seconds = began.elapsed().as_secs_f64();
    let cpu = args.pid.map(cpu_seconds).transpose()?.zip(cpu).map(|(after, before)| after - before);
    let after = Sum::of(&viewers);
    let rss = args.pid.map(rss_bytes).transpose()?.zip(rss_before);

    let count = viewers.len();
    let each = f64::from(u32::try_from(count)?) * seconds;
    let per_second =
        |after: u64, before: u64| f64::from(u32::try_from(after - before).unwrap_or(u32::MAX)) / each;
    let mut leaving = JoinSet::new();
    for viewer in viewers {
        leaving.spawn(viewer.leave());
    }
    while let Some(left) = leaving.join_next().await {
        left.context("a viewer panicked")??;
    }
    firsts.sort_unstable();
    Ok(json!({
        "viewers": count, "seconds": seconds, "first_p50_ms": percentile_ms(&firsts, 50), "first_p95_ms": percentile_ms(&firsts, 95),
        "packets": after.packets - before.packets, "lost": after.missing, "silent": after.silent,
        "packets_per_second_each": per_second(after.packets, before.packets),
        "kbps_each": per_second(after.bytes, before.bytes) * 8.0 / 1000.0,
        "cpu_percent": cpu.map(|cpu| cpu / seconds * 100.0),
        "bytes_each": rss.map(|(after, before)| after.saturating_sub(before) / count as u64),
    }))
}

/// Retransmissions come in a stream of their own, so that they hide no loss.
fn wants(whole: bool) -> How {
    How { whole, repair: whole, ..How::default() }
}

/// What all viewers together have so far.
#[derive(Default)]
struct Sum {
    packets: u64,
    bytes: u64,
    missing: u64,
    /// Viewers without picture or sound.
    silent: usize,
}

impl Sum {
    fn of(viewers: &[Viewer]) -> Self {
        let mut sum = Self::default();
        for streams in viewers.iter().map(|viewer| viewer.counts().all()) {
            sum.silent += usize::from(streams.len() < 2);
            sum.packets += streams.iter().map(|stream| stream.packets).sum::<u64>();
            sum.bytes += streams.iter().map(|stream| stream.bytes).sum::<u64>();
            sum.missing += streams.iter().map(Stream::missing).sum::<u64>();
        }
        sum
    }
}
