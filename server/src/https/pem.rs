//! A certificate and its key from two PEM files, as one: read together, and only taken if they belong together. Every way
//! in which operators' files are wrong has a sentence that says what to do.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    Error as TlsError, InconsistentKeys,
    crypto::CryptoProvider,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{PemObject as _, SectionKind},
    },
    sign::CertifiedKey,
};

use super::facts::Facts;

/// Longer files are no certificates; a chain has some ten thousand bytes.
const FILE_BYTES: usize = 1 << 20;

/// A certificate that fits its key.
#[derive(Debug, Clone)]
pub struct Pair {
    /// What TLS signs with.
    pub key: Arc<CertifiedKey>,
    /// What stands in the certificate.
    pub facts: Facts,
}

/// Why two files are no pair.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PairError {
    /// A file is not there, or not for us.
    #[error("{} cannot be read by the user that Yunke runs as: {source}", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No certificate in it.
    #[error("{} has no certificate in it; it must be PEM (-----BEGIN CERTIFICATE-----), the certificate first and then those between it and its root", .0.display())]
    NoCertificate(PathBuf),
    /// No key in it.
    #[error("{} has no private key in it; it must be PEM (-----BEGIN PRIVATE KEY-----)", .0.display())]
    NoKey(PathBuf),
    /// It is encrypted.
    #[error("the key in {file} is protected by a password, which nobody can type when the server starts; write it without: openssl pkey -in {file} -out key.pem", file = .0.display())]
    Encrypted(PathBuf),
    /// It is cut, or garbled.
    #[error("{} is damaged or incomplete ({reason}); copy it again", file.display())]
    Damaged {
        /// Which.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Of two issues.
    #[error("the certificate in {} was not made for the key in {}; copy both again from the same place", cert.display(), key.display())]
    DoNotFit {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's.
        key: PathBuf,
    },
}

/// Reads both files.
pub(super) fn read(cert: &Path, key: &Path, provider: &CryptoProvider) -> Result<Pair, PairError> {
    pair((cert, &text(cert)?), (key, &text(key)?), provider)
}

/// Of what stands in both files, which are named in errors.
pub(super) fn pair(
    (cert, chain): (&Path, &[u8]),
    (key_file, key): (&Path, &[u8]),
    provider: &CryptoProvider,
) -> Result<Pair, PairError> {
    let damaged = |file: &Path, reason: String| PairError::Damaged { file: file.to_owned(), reason };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, _>>()
        .map_err(|error| damaged(cert, error.to_string()))?;
    let Some(leaf) = chain.first() else { return Err(PairError::NoCertificate(cert.to_owned())) };
    let facts = Facts::of(leaf, &chain[1..]).map_err(|reason| damaged(cert, reason))?;
    let key = private_key(key_file, key)?;
    let key = CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        TlsError::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            PairError::DoNotFit { cert: cert.to_owned(), key: key_file.to_owned() }
        }
        other => damaged(key_file, other.to_string()),
    })?;
    Ok(Pair { key: Arc::new(key), facts })
}

fn private_key(file: &Path, text: &[u8]) -> Result<PrivateKeyDer<'static>, PairError> {
    let has = |words: &[u8]| text.windows(words.len()).any(|part| part == words);
    if has(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || has(b"Proc-Type: 4,ENCRYPTED") {
        return Err(PairError::Encrypted(file.to_owned()));
    }
    // `openssl ecparam` writes the curve before the key.
    let sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(text);
    for section in sections {
        let (kind, der) = section
            .map_err(|error| PairError::Damaged { file: file.to_owned(), reason: error.to_string() })?;
        match kind {
            SectionKind::PrivateKey => return Ok(PrivateKeyDer::Pkcs8(der.into())),
            SectionKind::RsaPrivateKey => return Ok(PrivateKeyDer::Pkcs1(der.into())),
            SectionKind::EcPrivateKey => return Ok(PrivateKeyDer::Sec1(der.into())),
            _ => {}
        }
    }
    Err(PairError::NoKey(file.to_owned()))
}

/// A file without the marks that editors put before lines.
fn text(file: &Path) -> Result<Vec<u8>, PairError> {
    use std::io::Read as _;
    let unreadable = |source| PairError::Unreadable { file: file.to_owned(), source };
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    opened.take(FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > FILE_BYTES {
        return Err(PairError::NoCertificate(file.to_owned()));
    }
    Ok(without_marks(&bytes))
}

fn without_marks(bytes: &[u8]) -> Vec<u8> {
    const MARK: &[u8] = b"\xEF\xBB\xBF";
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(MARK.len()).position(|part| part == MARK) {
        kept.extend_from_slice(&rest[..at]);
        rest = &rest[at + MARK.len()..];
    }
    kept.extend_from_slice(rest);
    kept
}

#[cfg(test)]
mod tests;
