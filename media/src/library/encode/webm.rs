//! Where the clusters of a `WebM` file lie and when they begin (RFC 8794, RFC 9559), for the table of bytes and times.

use std::{
    fs::File,
    io::{BufReader, Read, Result, Seek, SeekFrom},
    path::Path,
};

use crate::library::map::ByteMap;

const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1f43_b675;
const TIMESTAMP: u32 = 0xe7;
/// Elements that are looked at: two days of clusters of a second.
const ELEMENTS: usize = 400_000;

/// The table of a file written by `webmmux`, whose ticks are milliseconds.
pub(super) fn byte_map(path: &Path) -> Result<ByteMap> {
    let file = File::open(path)?;
    let end = file.metadata()?.len();
    let mut file = BufReader::new(file);
    let (mut at, mut points) = (0, Vec::new());
    for _ in 0..ELEMENTS {
        file.seek(SeekFrom::Start(at))?;
        let Some((id, head, size)) = element(&mut file)? else { break };
        match id {
            // What is in it is looked at as if it lay beside it.
            SEGMENT => at += head,
            CLUSTER => {
                if let Some((TIMESTAMP, _, length)) = element(&mut file)? {
                    let ms = number(&mut file, length)?;
                    points
                        .push((u32::try_from(ms).unwrap_or(u32::MAX), u32::try_from(at).unwrap_or(u32::MAX)));
                }
                at += head + size;
            }
            _ => at += head + size,
        }
        if at >= end {
            break;
        }
    }
    Ok(ByteMap::new(points))
}

/// The id of the element here, the size of its head and of its body; none at the end.
fn element(file: &mut impl Read) -> Result<Option<(u32, u64, u64)>> {
    let mut first = [0];
    if file.read(&mut first)? == 0 || first[0] < 0x10 {
        return Ok(None);
    }
    let id_bytes = u64::from(first[0].leading_zeros()) + 1;
    let id = u64::from(first[0]) << (8 * (id_bytes - 1)) | number(file, id_bytes - 1)?;
    if file.read(&mut first)? == 0 || first[0] == 0 {
        return Ok(None);
    }
    let size_bytes = u64::from(first[0].leading_zeros()) + 1;
    let high = u64::from(first[0]) & (0x7f >> (size_bytes - 1));
    let size = high << (8 * (size_bytes - 1)) | number(file, size_bytes - 1)?;
    Ok(Some((u32::try_from(id).unwrap_or(0), id_bytes + size_bytes, size)))
}

fn number(file: &mut impl Read, bytes: u64) -> Result<u64> {
    let mut eight = [0; 8];
    let length = usize::try_from(bytes.min(8)).unwrap_or(8);
    file.read_exact(&mut eight[8 - length..])?;
    Ok(u64::from_be_bytes(eight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_found_behind_what_lies_before_them() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("a.webm");
        let cluster =
            |ms: u8| [&[0x1f, 0x43, 0xb6, 0x75, 0x87, 0xe7, 0x82, ms, 0x00][..], &[0xa3, 0x81, 7]].concat();
        let head = [&[0x1a, 0x45, 0xdf, 0xa3, 0x80][..], &[0x18, 0x53, 0x80, 0x67, 0x40, 0x21]].concat();
        let info = [0xec, 0x83, 1, 2, 3];
        let file = [&head[..], &info, &cluster(0), &cluster(4), &cluster(8)].concat();
        std::fs::write(&path, &file).expect("written");
        let begins = u32::try_from(head.len() + info.len()).expect("small");
        let wanted = ByteMap::new([(0, begins), (1024, begins + 12), (2048, begins + 24)]);
        assert_eq!(byte_map(&path).expect("readable"), wanted);
        std::fs::write(&path, [0xff; 30]).expect("written");
        byte_map(&path).expect("nonsense ends");
    }
}
