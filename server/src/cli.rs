//! The command line. It only reads and starts; what it starts is in [`crate::app`].

use std::{
    io::{IsTerminal as _, Write as _},
    net::SocketAddr,
    path::PathBuf,
};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use tokio::net::TcpListener;

use crate::{
    app::{App, Options},
    clock::Source,
    config::{Config, DatabaseUrl, LogFormat},
    demo, healthcheck, people_cli,
    store_copy::Copy,
};

/// Yunke 云课: lessons live, counted and credited.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server and the local media service.
    Serve(Serve),
    /// Print the OpenAPI document.
    Openapi,
    /// People, from a shell.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// The database as a whole.
    Store {
        #[command(subcommand)]
        command: StoreCommand,
    },
    /// Ask a running server whether all is well, and fail if anything is not; for containers and service managers.
    Healthcheck {
        /// Its address.
        #[arg(long, default_value = "127.0.0.1:8080")]
        address: SocketAddr,
    },
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add a member, lecturer or organizer and print a first password, which they must replace. The server may be running.
    Add {
        /// Configuration file (TOML); see docs/CONFIG.md.
        #[arg(long, env = "YUNKE_CONFIG")]
        config: Option<PathBuf>,
        /// Folder of database, recordings and secret.
        #[arg(long)]
        data: Option<PathBuf>,
        #[command(flatten)]
        person: people_cli::Person,
    },
}

#[derive(Debug, Subcommand)]
enum StoreCommand {
    /// Copy a centre to another, empty database, and check that all of it is there. Recordings and secret stay where they are.
    Copy(Copy),
}

#[derive(Debug, Args)]
struct Serve {
    /// A centre with people and lessons, one of them live, for trying out.
    #[arg(long)]
    demo: bool,
    /// Configuration file (TOML); see docs/CONFIG.md.
    #[arg(long, env = "YUNKE_CONFIG")]
    config: Option<PathBuf>,
    /// Folder of database, recordings and secret.
    #[arg(long)]
    data: Option<PathBuf>,
    /// PostgreSQL in place of the embedded database: `postgres://USER:PASSWORD@HOST/DATABASE`.
    #[arg(long, env = "YUNKE_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Address and port of the web side.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Write the real addresses here once everything listens.
    #[arg(long)]
    addresses_file: Option<PathBuf>,
}

impl Cli {
    /// Does what was asked.
    pub fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Serve(serve) => serve.run(),
            Command::Openapi => {
                let document = crate::routes::document().to_pretty_json()?;
                Ok(writeln!(std::io::stdout(), "{document}")?)
            }
            Command::User { command: UserCommand::Add { config, data, person } } => {
                let mut config = Config::load(config.as_deref())?;
                if let Some(data) = data {
                    config.data_dir = data;
                }
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                let password = runtime.block_on(person.run(&config, &Source::system()))?;
                Ok(writeln!(std::io::stdout(), "{password}")?)
            }
            Command::Store { command: StoreCommand::Copy(copy) } => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                let say = |line| {
                    // Nobody reads: the copy goes on all the same.
                    let _ = writeln!(std::io::stdout(), "{line}");
                };
                runtime.block_on(copy.run(&Source::system(), say))
            }
            Command::Healthcheck { address } => healthcheck::run(address),
        }
    }
}

impl Serve {
    fn run(self) -> anyhow::Result<()> {
        let mut config = Config::load(self.config.as_deref())?;
        if self.demo {
            demo::open_to_the_network(&mut config, self.listen.is_some());
        }
        if let Some(data) = self.data {
            config.data_dir = data;
        }
        if let Some(url) = self.database_url {
            config.database_url = Some(DatabaseUrl::new(url));
        }
        if let Some(listen) = self.listen {
            config.http.listen = listen;
        }
        config.validate()?;
        init_log(&config, self.demo);
        config.log_old_names();
        let options = Options { demo: self.demo, addresses_file: self.addresses_file };
        tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
            let listen = config.http.listen;
            let listener = TcpListener::bind(listen).await.with_context(|| {
                format!("{listen} cannot be listened on; is another server running? Try --listen 127.0.0.1:0")
            })?;
            App::build(config, Source::system(), listener, options).await?.run().await
        })
    }
}

fn init_log(config: &Config, quiet: bool) {
    let default = if quiet { "warn,yunke_server=info" } else { "info" };
    let filter = std::env::var("YUNKE_LOG_FILTER").unwrap_or_else(|_| default.to_owned());
    let filter = tracing_subscriber::EnvFilter::new(filter);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Colours are for people at a terminal, not for files and journals.
    let log = log.with_ansi(std::io::stderr().is_terminal());
    match config.log.format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
}

#[cfg(test)]
mod tests;
