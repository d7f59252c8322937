//! The program `yunke-media`.

use std::{io::IsTerminal as _, path::PathBuf, sync::Arc};

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use uuid::Uuid;
use yunke_media::{
    app::{App, Listeners, own_folder, write_addresses},
    clock::System,
    config::{Config, LogFormat},
};
use yunke_protocol::SteadyClock;

/// The media service of Yunke: takes lessons in, serves them live and as replays, and records them.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// TOML file; the environment (`YUNKE_MEDIA_…`) goes over it.
    #[arg(long, env = "YUNKE_MEDIA_CONFIG")]
    config: Option<PathBuf>,
    /// Gets the real addresses once everything listens.
    #[arg(long)]
    addresses_file: Option<PathBuf>,
    #[command(subcommand)]
    work: Option<Work>,
}

/// What the service starts itself for.
#[derive(Debug, clap::Subcommand)]
enum Work {
    /// Makes segments of a file; the order comes on standard input.
    #[command(hide = true)]
    FillWorker,
    /// Makes an episode of an uploaded file; the order comes on standard input.
    #[command(hide = true)]
    EncodeWorker,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match &arguments.work {
        Some(work) => {
            log(LogFormat::Text);
            match work {
                Work::FillWorker => yunke_media::jobs::work(),
                Work::EncodeWorker => yunke_media::library::encode_work(),
            }
        }
        None => serve(&arguments),
    }
}

#[tokio::main]
async fn serve(arguments: &Arguments) -> anyhow::Result<()> {
    let config = Config::load(arguments.config.as_deref())?;
    log(config.log);
    config.log_old_names();
    // Until this function ends, and before the ports: whoever had the folder has them, too.
    let _folder = own_folder(&config.store_dir).await?;
    let listeners = Listeners::bind(&config).await?;
    let addresses = listeners.addresses()?;
    let clock = SteadyClock::new(Arc::new(System::new()));
    if let Some(anchor) = config.clock_anchor {
        clock.set_anchor(anchor);
    }
    let app = App::build(config, Arc::new(clock), boot())?;
    tracing::info!(http = %addresses.http, "listens for players and the server");
    let srt = addresses.srt.map(tracing::field::display);
    tracing::info!(rtmp = %addresses.rtmp, webrtc = %addresses.webrtc, srt, "listens for publishers");
    if let Some(file) = &arguments.addresses_file {
        write_addresses(file, addresses)?;
    }
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let shutdown = app.shutdown();
    let signals = async {
        for n in 0.. {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if n > 0 {
                tracing::warn!("asked again: the end, at once");
                std::process::exit(130);
            }
            shutdown.cancel();
        }
    };
    tokio::select! {
        ended = app.run(listeners) => ended,
        () = signals => Ok(()),
    }
}

#[expect(clippy::disallowed_methods, reason = "a start of the process is named by nobody else")]
fn boot() -> Uuid {
    Uuid::now_v7()
}

/// The WebRTC crates warn of every datagram that is not as they like it.
const FILTER: &str =
    "info,rtc=error,rtc_dtls=error,rtc_ice=error,rtc_interceptor=error,rtc_srtp=error,webrtc=error";

fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("YUNKE_LOG").unwrap_or_else(|_| EnvFilter::new(FILTER));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let lines = lines.with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::*;

    #[test]
    fn every_command_is_parsed() {
        let mut all = Arguments::command();
        all.build();
        all.clone().debug_assert();
        for command in all.get_subcommands() {
            command.clone().debug_assert();
        }
        let serve = ["yunke-media", "--config", "media.toml", "--addresses-file", "addresses"];
        assert!(Arguments::try_parse_from(serve).expect("as the server starts it").work.is_none());
        let worker = Arguments::try_parse_from(["yunke-media", "fill-worker"]).expect("as it starts itself");
        assert!(matches!(worker.work, Some(Work::FillWorker)));
    }
}
