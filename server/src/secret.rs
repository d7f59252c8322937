//! The secret server and media share: configured, or made once and kept where only the owner reads it.

use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{clock::Source, config::Config};

/// The configured secret, or the one in the data directory, made if there is none.
pub(crate) fn load(config: &Config, source: &Source) -> anyhow::Result<String> {
    if let Some(secret) = &config.media.shared_secret {
        return Ok(secret.clone());
    }
    let file = config.data_dir.join("secret");
    match std::fs::read_to_string(&file) {
        Ok(text) => {
            let secret = text.trim().to_owned();
            anyhow::ensure!(
                secret.len() >= 16,
                "{} is too short; remove it to get a new one",
                file.display()
            );
            Ok(secret)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(&file, source),
        Err(error) => Err(error).with_context(|| file.display().to_string()),
    }
}

fn make(file: &Path, source: &Source) -> anyhow::Result<String> {
    let secret = URL_SAFE_NO_PAD.encode(source.bytes::<32>());
    let mut open = std::fs::OpenOptions::new();
    let mut handle = open
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .with_context(|| file.display().to_string())?;
    writeln!(handle, "{secret}")?;
    handle.sync_all()?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn it_is_made_once_and_only_the_owner_reads_it() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let config = Config { data_dir: dir.path().to_owned(), ..Config::default() };
        let first = load(&config, &Source::system()).expect("made");
        assert_eq!(load(&config, &Source::system()).expect("read"), first);
        let mode = std::fs::metadata(dir.path().join("secret")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
