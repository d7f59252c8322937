//! What recordings leave of the disk: the database lies on it, too, and without room for it nobody could sign in and no
//! evidence would be kept. Indices and marks are small, and go into the reserve.

use std::{
    fmt,
    io::{Error as IoError, ErrorKind},
    ops::Range,
    path::PathBuf,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, path::Path,
};

/// So many bytes stay free, or a twentieth of a small disk.
const RESERVE_BYTES: u64 = 256 << 20;

/// Whether a disk of `size` bytes with so many free takes media.
fn takes(free: u64, size: u64) -> bool {
    free > RESERVE_BYTES.min(size / 20)
}

/// A store in a folder that refuses media when little of its disk is free.
#[derive(Debug)]
pub(crate) struct Reserved<T> {
    inner: T,
    folder: PathBuf,
}

impl<T: ObjectStore> Reserved<T> {
    /// `folder`: where the objects of `inner` lie.
    pub(crate) fn new(inner: T, folder: PathBuf) -> Self {
        Self { inner, folder }
    }

    async fn room(&self, location: &Path) -> Result<()> {
        if !matches!(location.extension(), Some("m4s" | "mp4" | "mp4head" | "m4a" | "webm")) {
            return Ok(());
        }
        let folder = self.folder.clone();
        let disk = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&folder)).await;
        match disk {
            Ok(Ok(disk)) if !takes(disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize) => {
                Err(Error::Generic { store: "disk", source: IoError::from(ErrorKind::StorageFull).into() })
            }
            // What cannot be asked says itself what it does not take.
            _ => Ok(()),
        }
    }
}

impl<T: ObjectStore> fmt::Display for Reserved<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.inner, f)
    }
}

#[async_trait]
impl<T: ObjectStore> ObjectStore for Reserved<T> {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.room(location).await?;
        self.inner.put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.room(location).await?;
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_of_a_small_disk_is_small() {
        assert!(takes((256 << 20) + 1, 1 << 40) && !takes(256 << 20, 1 << 40));
        assert!(takes((50 << 20) + 1, 1000 << 20) && !takes(50 << 20, 1000 << 20));
        assert!(!takes(0, 0));
    }
}
