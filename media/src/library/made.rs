//! What a worker made, before it becomes the version's. The worker has read what anybody may have sent: what it says is taken for
//! a claim. It may name the files it makes and no others, and they are files and not links to others.

use std::{collections::HashSet, os::unix::fs::MetadataExt as _, path::Path};

use rustix::fs::OFlags;
use tokio::fs::File;
use yunke_protocol::{AudioCover, AudioFacts, AudioRendition, WAVEFORM_POINTS};

use super::error::LibraryError;

/// All there is, with what they are.
const RENDITIONS: [(&str, &str); 2] = [("aac.m4a", "audio/mp4"), ("opus.webm", "audio/webm")];
const COVERS: [&str; 4] = ["image/jpeg", "image/png", "image/webp", "image/gif"];
/// Tables and covers are read whole.
const SMALL_BYTES: u64 = 32 << 20;

/// Refuses facts that no honest worker finds.
pub(super) fn check(facts: &AudioFacts) -> Result<(), LibraryError> {
    let lie = |what| Err(LibraryError::Worker(what));
    let names: HashSet<&str> = facts.renditions.iter().map(|one| one.name.as_str()).collect();
    if names.is_empty() || names.len() != facts.renditions.len() || !facts.renditions.iter().all(known) {
        return lie("renditions");
    }
    if facts.length_ms <= 0 || facts.waveform.len() > WAVEFORM_POINTS.div_ceil(3) * 4 {
        return lie("length or waveform");
    }
    let fits = |cover: &AudioCover| COVERS.contains(&&*cover.mime) && cover.bytes <= SMALL_BYTES;
    if !facts.cover.as_ref().is_none_or(fits) {
        return lie("cover");
    }
    Ok(())
}

fn known(rendition: &AudioRendition) -> bool {
    let kind = rendition.mime.split(';').next().unwrap_or_default();
    let hash = &rendition.sha256;
    RENDITIONS.contains(&(&rendition.name, kind))
        && hash.len() == 64
        && hash.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// Opens a file in a worker's folder that has so many bytes; without a figure, any few.
pub(super) async fn open(folder: &Path, name: &str, bytes: Option<u64>) -> Result<File, LibraryError> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let mut options = File::options();
    options.read(true).custom_flags(flags.bits().cast_signed());
    let file = options.open(folder.join(name)).await.map_err(LibraryError::unread)?;
    let found = file.metadata().await.map_err(LibraryError::unread)?;
    let fits = bytes.map_or(found.len() <= SMALL_BYTES, |bytes| found.len() == bytes);
    if found.is_file() && found.nlink() == 1 && fits { Ok(file) } else { Err(LibraryError::Worker("a file")) }
}

#[cfg(test)]
mod tests {
    use yunke_protocol::{AudioSource, AudioTags};

    use super::*;

    fn facts() -> AudioFacts {
        let rendition = AudioRendition {
            name: "aac.m4a".to_owned(),
            mime: "audio/mp4; codecs=\"mp4a.40.2\"".to_owned(),
            bytes: 3,
            kbps: 64,
            sha256: "0a".repeat(32),
        };
        AudioFacts {
            length_ms: 1,
            sha256: String::new(),
            loudness_lufs: None,
            true_peak_dbtp: None,
            gain_db: 0.0,
            trimmed_start_ms: 0,
            incomplete: false,
            source: AudioSource {
                container: String::new(),
                codec: String::new(),
                rate_hz: 0,
                channels: 1,
                bits: None,
            },
            waveform: String::new(),
            renditions: vec![rendition],
            cover: None,
            tags: AudioTags::default(),
        }
    }

    #[test]
    fn facts_name_the_files_there_are_and_no_others() {
        assert!(check(&facts()).is_ok());
        let lies: [fn(&mut AudioFacts); 8] = [
            |facts| facts.renditions[0].name = "../../plan.json".to_owned(),
            |facts| facts.renditions[0].name = "/etc/passwd".to_owned(),
            |facts| facts.renditions[0].mime = "text/html".to_owned(),
            |facts| facts.renditions[0].sha256 = "\n".repeat(64),
            |facts| facts.renditions.push(facts.renditions[0].clone()),
            |facts| facts.renditions.clear(),
            |facts| facts.length_ms = 0,
            |facts| facts.cover = Some(AudioCover { bytes: 1, mime: "text/html".to_owned() }),
        ];
        for (n, lie) in lies.iter().enumerate() {
            let mut facts = facts();
            lie(&mut facts);
            assert!(check(&facts).is_err(), "{n}");
        }
    }

    #[tokio::test]
    async fn a_file_is_no_link_and_has_the_size_that_was_said() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("aac.m4a"), "abc").expect("written");
        std::os::unix::fs::symlink("/etc/passwd", at("soft")).expect("linked");
        std::fs::write(at("other"), "abc").expect("written");
        std::fs::hard_link(at("other"), at("hard")).expect("linked");
        std::fs::create_dir(at("folder")).expect("made");
        assert!(open(dir.path(), "aac.m4a", Some(3)).await.is_ok());
        assert!(open(dir.path(), "aac.m4a", None).await.is_ok());
        assert!(open(dir.path(), "aac.m4a", Some(4)).await.is_err());
        for name in ["soft", "hard", "folder", "missing"] {
            assert!(open(dir.path(), name, None).await.is_err(), "{name}");
        }
    }
}
