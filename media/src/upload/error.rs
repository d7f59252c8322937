//! Why bytes are not taken.

/// Why bytes are not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum UploadError {
    /// There is no such upload, or its file was removed after its time.
    #[error("there is no such upload")]
    Unknown,
    /// Another request writes to it.
    #[error("another request writes to this file")]
    Locked,
    /// The bytes do not begin where the last ones ended.
    #[error("the file has {0} bytes so far")]
    Offset(u64),
    /// More than was announced.
    #[error("the file is larger than announced")]
    TooLarge,
    /// Its content is nothing that is taken here.
    #[error("this is not a file of a kind that is taken here")]
    Unfit,
    /// What is left of the disk is for lessons, or promised to other uploads.
    #[error("the disk has no room for it")]
    DiskFull,
    /// The disk does not take it.
    #[error("the disk does not take it")]
    Disk,
    /// Too many at a time.
    #[error("too many uploads at a time")]
    Busy,
    /// The right to send it is over.
    #[error("the right to send this file is over")]
    Expired,
    /// The sender hung up or fell silent; what had come is kept.
    #[error("the sender hung up")]
    Broken,
}
