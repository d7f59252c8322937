//! Which byte of a file belongs to which moment: what was really sent to a listener is said as stretches of time.
//!
//! Beside each file lies a table of points, about one a second, ascending: the time in milliseconds and the byte, four bytes
//! each, big endian.

/// Points of a table: of two days, one a second.
const POINTS: usize = 200_000;

/// The table of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ByteMap {
    points: Vec<(u32, u32)>,
}

impl ByteMap {
    /// Of these points; what is not ascending is left out.
    pub(super) fn new(points: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut kept: Vec<(u32, u32)> = Vec::new();
        for (ms, byte) in points {
            if kept.len() < POINTS && kept.last().is_none_or(|last| ms > last.0 && byte > last.1) {
                kept.push((ms, byte));
            }
        }
        Self { points: kept }
    }

    /// As it lies in the store.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.points.iter().flat_map(|(ms, byte)| [ms.to_be_bytes(), byte.to_be_bytes()]).flatten().collect()
    }

    /// Reads one.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let number = |four: &[u8]| four.first_chunk().map_or(0, |four| u32::from_be_bytes(*four));
        Self::new(bytes.chunks_exact(8).map(|point| (number(point), number(&point[4..]))))
    }

    /// The stretch of time in these bytes of a file of `size` bytes and `length_ms`; none for what holds less than a
    /// hundredth of a second: a head, a probe.
    pub(super) fn stretch(&self, from: u64, to: u64, size: u64, length_ms: i64) -> Option<(i64, i64)> {
        let stretch = (self.at(from, size, length_ms), self.at(to, size, length_ms));
        (stretch.1 - stretch.0 >= 10).then_some(stretch)
    }

    /// The moment of a byte, between the points around it.
    fn at(&self, byte: u64, size: u64, length_ms: i64) -> i64 {
        let n = self.points.partition_point(|point| u64::from(point.1) <= byte);
        let Some(before) = n.checked_sub(1).map(|n| self.points[n]) else { return 0 };
        let (ms, from) = (i64::from(before.0), u64::from(before.1));
        let (next_ms, next) = self.points.get(n).map_or((length_ms, size), |p| (p.0.into(), p.1.into()));
        let (done, all) = ((byte - from).min(next.saturating_sub(from)), next.saturating_sub(from).max(1));
        let within = i128::from(next_ms - ms) * i128::from(done) / i128::from(all);
        (ms + i64::try_from(within).unwrap_or(0)).clamp(0, length_ms.max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_moments_and_a_probe_is_none() {
        let map = ByteMap::new([(0, 1_000), (1_000, 9_000), (2_000, 25_000)]);
        assert_eq!(ByteMap::from_bytes(&map.to_bytes()), map);
        let stretch = |from, to| map.stretch(from, to, 33_000, 2_500);
        assert_eq!(stretch(0, 33_000), Some((0, 2_500)));
        assert_eq!(stretch(5_000, 17_000), Some((500, 1_500)));
        assert_eq!(stretch(29_000, 33_000), Some((2_250, 2_500)));
        assert_eq!(stretch(0, 2), None, "Safari asks for the first two bytes");
        assert_eq!(stretch(0, 1_000), None, "the head");
        assert_eq!(stretch(0, 99_000), Some((0, 2_500)));
    }

    #[test]
    fn a_table_that_makes_no_sense_harms_nobody() {
        let map = ByteMap::new([(5_000, 10), (1_000, 20), (6_000, 10)]);
        assert_eq!(map.stretch(0, 100, 100, 4_000), Some((0, 4_000)));
        assert_eq!(ByteMap::from_bytes(&[1, 2, 3]).stretch(0, 100, 100, 4_000), None);
    }
}
