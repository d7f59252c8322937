//! Every command is parsed: clap finds its own mistakes only in a debug build, and only in the command that is used.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::{CommandFactory as _, Parser as _, error::ErrorKind};

use super::*;

#[test]
fn clap_has_nothing_against_any_command() {
    let mut all = Cli::command();
    all.build();
    all.clone().debug_assert();
    let mut open = vec![all];
    let mut looked = 0;
    while let Some(command) = open.pop() {
        command.clone().debug_assert();
        looked += 1;
        open.extend(command.get_subcommands().cloned());
    }
    assert!(looked > 5, "{looked} commands");
}

/// Files of the repository that name commands.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let mut found = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    let mut open = vec![root.join("docs"), root.join("deploy"), root.join("scripts")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found
}

/// Commands in a document: lines of their own, quoted ones, and what the service manager starts. Patterns (`…`, `|`) are none.
fn commands(text: &str) -> Vec<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    let lines = text.lines().map(|line| line.trim().trim_start_matches("ExecStart=/usr/local/bin/"));
    quoted
        .chain(lines)
        .filter(|line| line.starts_with("yunke ") && !line.contains(['…', '|', '\n', '(', '$', '─']))
        .map(|line| line.split(" #").next().unwrap_or_default().trim().to_owned())
        .collect()
}

#[test]
fn every_command_in_the_documents_is_one() {
    let mut seen = Vec::new();
    for file in documents() {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        for command in commands(&text) {
            let words: Vec<OsString> = command.split_whitespace().map(OsString::from).collect();
            if let Err(error) = Cli::try_parse_from(&words) {
                // `yunke user add` in a sentence only names it.
                let named = matches!(
                    error.kind(),
                    ErrorKind::MissingRequiredArgument
                        | ErrorKind::DisplayHelp
                        | ErrorKind::DisplayVersion
                        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                );
                assert!(named, "{}: {command}: {error}", file.display());
            }
            seen.push(command);
        }
    }
    for part in ["user add --name", "serve --demo", "serve --config", "healthcheck", "openapi"] {
        assert!(seen.iter().any(|command| command.contains(part)), "no document names {part}: {seen:?}");
    }
}
