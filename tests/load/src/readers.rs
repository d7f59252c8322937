//! Many readers of one live playlist, all blocked on the same next part (`_HLS_msn`, `_HLS_part`), round
//! after round. A scout finds out what comes next and tells the others; "the part is there" is the moment
//! the first of all of them has its answer. Between two rounds one part goes by, so that everybody waits in time;
//! who asked only when the part was there all the same is counted from then, and told.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::http::Connection;
use crate::process::rss_bytes;
use crate::stats::percentile_ms;

/// Connections that are being opened at once; the rest wait for their turn.
const OPENING: usize = 64;
/// Rounds until everybody is in step; not measured.
const WARM_UP_ROUNDS: usize = 3;
/// A reader without an answer for this long is counted as failed.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A live media playlist, with the lease in its path.
    #[arg(long)]
    url: reqwest::Url,
    #[arg(long, default_value_t = 2000)]
    count: usize,
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// A process whose memory is read before the readers come and while they wait.
    #[arg(long)]
    pid: Option<u32>,
}

/// The part everybody asks for in a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Target {
    round: usize,
    msn: u64,
    part: u64,
}

/// An answer that came.
struct Answered {
    /// When it was asked for.
    asked: Instant,
    /// When it was whole.
    at: Instant,
}

/// Runs the load; the JSON has milliseconds and bytes.
pub(crate) async fn run(args: Args) -> Result<Value> {
    let host = crate::loopback(&args.url)?;
    let path: Arc<str> = args.url.path().into();
    let mut scout = Connection::open(&host).await?;
    let rss_before = args.pid.map(rss_bytes).transpose()?;

    let (tell, target) = watch::channel(None);
    // One answer a reader and round; the collector below always drains it.
    let (answered, mut answers) = mpsc::channel(args.count);
    let opening = Arc::new(Semaphore::new(OPENING));
    let mut readers = JoinSet::new();
    for _ in 0..args.count {
        let (host, path, opening) = (host.clone(), path.clone(), opening.clone());
        readers.spawn(reader(host, path, opening, target.clone(), answered.clone()));
    }
    drop(answered);

    let mut late = Vec::new();
    let (mut failed, mut not_waiting) = (0_usize, 0_usize);
    let mut rss_waiting = 0;
    let mut next = next_part(scout.get(&path, false).await?)?;
    // Everybody reports once when connected.
    for _ in 0..args.count {
        answers.recv().await.context("a reader is gone")?;
    }
    for round in 0..WARM_UP_ROUNDS + args.rounds {
        tell.send(Some(Target { round, msn: next.0, part: next.1 }))?;
        let blocked = format!("{path}?_HLS_msn={}&_HLS_part={}", next.0, next.1);
        next = next_part(scout.get(&blocked, false).await?)?;
        let scouted = Instant::now();
        let mut seen = Vec::with_capacity(args.count);
        for _ in 0..args.count {
            match answers.recv().await.context("a reader is gone")? {
                Some(answer) => seen.push(answer),
                None => failed += 1,
            }
        }
        let there = seen.iter().map(|answer| answer.at).min().map_or(scouted, |first| first.min(scouted));
        if round >= WARM_UP_ROUNDS {
            not_waiting += seen.iter().filter(|answer| answer.asked > there).count();
            late.extend(seen.iter().map(|answer| answer.at.duration_since(there.max(answer.asked))));
        }
        let going_by = format!("{path}?_HLS_msn={}&_HLS_part={}", next.0, next.1);
        next = next_part(scout.get(&going_by, false).await?)?;
        if let Some(pid) = args.pid {
            rss_waiting = rss_bytes(pid)?.max(rss_waiting);
        }
    }
    drop(tell);
    late.sort_unstable();
    let each = rss_before.map(|before| rss_waiting.saturating_sub(before) / args.count as u64);
    Ok(json!({
        "readers": args.count, "rounds": args.rounds, "answers": late.len(), "failed": failed, "not_waiting": not_waiting,
        "p50_ms": percentile_ms(&late, 50), "p99_ms": percentile_ms(&late, 99), "max_ms": percentile_ms(&late, 100),
        "rss_before_bytes": rss_before, "rss_waiting_bytes": rss_waiting, "bytes_each": each,
    }))
}

/// One reader: asks for every target once and reports when the answer was whole; `None` for a failure.
async fn reader(
    host: String,
    path: Arc<str>,
    opening: Arc<Semaphore>,
    mut target: watch::Receiver<Option<Target>>,
    answered: mpsc::Sender<Option<Answered>>,
) {
    let turn = opening.acquire().await;
    let mut connection = Connection::open(&host).await.ok();
    drop(turn);
    if answered.send(None).await.is_err() {
        return;
    }
    while target.changed().await.is_ok() {
        let Some(Target { msn, part, .. }) = *target.borrow_and_update() else { continue };
        let asked = Instant::now();
        let answer = match &mut connection {
            Some(open) => {
                let blocked = format!("{path}?_HLS_msn={msn}&_HLS_part={part}");
                match tokio::time::timeout(ANSWER_LIMIT, open.get(&blocked, true)).await {
                    Ok(Ok(_)) => Some(Answered { asked, at: Instant::now() }),
                    _ => None,
                }
            }
            None => None,
        };
        if answer.is_none() {
            connection = Connection::open(&host).await.ok();
        }
        if answered.send(answer).await.is_err() {
            return;
        }
    }
}

/// The media sequence number and part index that come after a playlist's last part.
fn next_part(playlist: &[u8]) -> Result<(u64, u64)> {
    let playlist = std::str::from_utf8(playlist)?;
    let mut msn = None;
    let mut part = 0;
    for line in playlist.lines() {
        if let Some(value) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
            msn = Some(value.trim().parse::<u64>()?);
        } else if line.starts_with("#EXT-X-PART:") {
            part += 1;
        } else if !line.starts_with('#') && !line.is_empty() {
            msn = msn.map(|msn| msn + 1);
            part = 0;
        }
    }
    match msn {
        Some(msn) if !playlist.contains("#EXT-X-ENDLIST") => Ok((msn, part)),
        _ => bail!("not a live media playlist"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_part_follows_the_last_one() {
        let playlist = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-PART:DURATION=0.3,URI=\"a\"\n#EXTINF:2,\ns7.m4s\n\
                        #EXT-X-PART:DURATION=0.3,URI=\"b\"\n#EXT-X-PART:DURATION=0.3,URI=\"c\"\n\
                        #EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"d\"\n";
        assert_eq!(next_part(playlist.as_bytes()).unwrap(), (8, 2));
        assert!(next_part(b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-ENDLIST\n").is_err());
    }
}
