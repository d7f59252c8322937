//! Why exports break off.

use yunke_store::StoreError;

/// Why an export broke off.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DetailError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The temporary file failed.
    #[error("the temporary file failed")]
    File(#[from] std::io::Error),
    /// The CSV could not be written.
    #[error("the CSV could not be written")]
    Csv(#[from] ::csv::Error),
    /// The XLSX could not be written.
    #[error("the XLSX could not be written")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    /// The client went away.
    #[error("the client went away")]
    ClientGone,
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopped,
    /// More rows or bytes than a file may have.
    #[error("the file would be too large")]
    TooLarge,
    /// Whoever asked for it may not have it any more.
    #[error("whoever asked for it may not have it any more")]
    NotAllowed,
}
