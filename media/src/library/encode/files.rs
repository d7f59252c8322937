//! The files that came out, as the service is told of them.

use std::{
    fs::File,
    io::{BufReader, Read as _},
    path::Path,
};

use sha2::{Digest as _, Sha256};
use yunke_protocol::AudioRendition;

use super::{
    error::EncodeError,
    render::Rendered,
    wire::{Order, alive},
};

/// Writes the tables of the renditions and says what they are.
pub(super) fn renditions(
    order: &Order,
    rendered: &Rendered,
    length: f64,
) -> Result<Vec<AudioRendition>, EncodeError> {
    let kinds = [
        ("aac.m4a", "audio/mp4; codecs=\"mp4a.40.2\"", Some(&rendered.aac)),
        ("opus.webm", "audio/webm; codecs=\"opus\"", rendered.opus.as_ref()),
    ];
    let mut all = Vec::new();
    for (name, mime, map) in kinds {
        let Some(map) = map else { continue };
        let path = order.folder.join(name);
        std::fs::write(order.folder.join(format!("{name}.map")), map.to_bytes())?;
        let bytes = std::fs::metadata(&path)?.len();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a figure for people"
        )]
        let kbps = (bytes as f64 * 8.0 / length.max(0.001) / 1000.0).round() as u32;
        all.push(AudioRendition {
            name: name.to_owned(),
            mime: mime.to_owned(),
            bytes,
            kbps,
            sha256: sha256(&path)?,
        });
    }
    Ok(all)
}

/// SHA-256 of a file, hex.
pub(super) fn sha256(path: &Path) -> Result<String, EncodeError> {
    let mut file = BufReader::with_capacity(1 << 20, File::open(path)?);
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 18]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&buffer[..read]);
        alive();
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |four: u8| DIGITS[usize::from(four)];
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}
