//! Load programs of `make bench`: many light clients in one process, bounded in time and count. They talk to
//! loopback only and print one JSON object with what they measured; tests/bench.mjs starts them and judges.

mod beats;
mod http;
mod listeners;
mod process;
mod publish_whip;
mod readers;
mod stats;
mod watch_whep;

use anyhow::{Result, ensure};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Load programs of make bench")]
struct Args {
    #[command(subcommand)]
    load: Load,
}

#[derive(Subcommand)]
enum Load {
    /// Many playlist readers that block on the next part of one stream.
    Readers(readers::Args),
    /// Many players that send beats and wait for their acknowledgement.
    Beats(beats::Args),
    /// Many listeners of one file, at the pace it is played.
    Listeners(listeners::Args),
    /// A publisher by WHIP: GStreamer's whipsink with a test picture and a tone, until it is ended.
    PublishWhip(publish_whip::Args),
    /// Many viewers by WHEP that count what comes and what is missing.
    WatchWhep(watch_whep::Args),
}

fn main() -> Result<()> {
    let args = Args::parse();
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(async {
        let result = match args.load {
            Load::Readers(args) => readers::run(args).await?,
            Load::Beats(args) => beats::run(args).await?,
            Load::Listeners(args) => listeners::run(args).await?,
            Load::PublishWhip(args) => publish_whip::run(args).await?,
            Load::WatchWhep(args) => watch_whep::run(args).await?,
        };
        println!("{result}");
        Ok(())
    })
}

/// The host and port of a loopback URL; anything else is refused, so that no load ever leaves the machine.
fn loopback(url: &reqwest::Url) -> Result<String> {
    let host = url.host_str().unwrap_or_default();
    ensure!(host == "127.0.0.1" || host == "localhost", "loads go to loopback only, not to {host}");
    Ok(format!("{host}:{}", url.port_or_known_default().unwrap_or(80)))
}
