//! `yunke`: see `yunke --help`.

use std::process::ExitCode;

use clap::Parser as _;
use yunke_server::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("yunke: {error:#}");
            ExitCode::FAILURE
        }
    }
}
