//! The NAL units of an H.264 access unit: with their lengths before them (ISO/IEC 14496-15, 5.3.4.2), or between start codes (ITU-T
//! H.264, annex B). Nothing is copied, and lengths that do not add up are `None`.

/// The NAL units, by lengths of so many bytes; `None` when they do not add up.
pub(crate) fn sized(data: &[u8], length_bytes: usize) -> Option<Vec<&[u8]>> {
    let (mut rest, mut units) = (data, Vec::new());
    while !rest.is_empty() {
        let (length, after) = rest.split_at_checked(length_bytes)?;
        let length = length.iter().fold(0_usize, |n, byte| n << 8 | usize::from(*byte));
        let (nal, after) = after.split_at_checked(length)?;
        if !nal.is_empty() {
            units.push(nal);
        }
        rest = after;
    }
    Some(units)
}

/// The NAL units between start codes, none of them empty.
pub(crate) fn between_codes(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = after_code(data);
    std::iter::from_fn(move || {
        let bytes = rest?;
        let next = after_code(bytes);
        let end = next.map_or(bytes.len(), |next| bytes.len() - next.len() - 3);
        rest = next;
        let nal = &bytes[..end];
        let zeros = nal.iter().rev().take_while(|byte| **byte == 0).count();
        Some(&nal[..end - zeros])
    })
    .filter(|nal| !nal.is_empty())
}

/// What begins with a start code.
pub(crate) fn begins_with_code(data: &[u8]) -> bool {
    matches!(data, [0, 0, 1, ..] | [0, 0, 0, 1, ..])
}

/// What follows the first start code.
fn after_code(data: &[u8]) -> Option<&[u8]> {
    data.windows(3).position(|bytes| bytes == [0, 0, 1]).map(|at| &data[at + 3..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nal_units_are_between_start_codes_of_either_length() {
        let data = [7, 0, 0, 0, 1, 9, 0xf0, 0, 0, 1, 0x65, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0x41];
        let found: Vec<_> = between_codes(&data).collect();
        assert_eq!(found, [&[9, 0xf0][..], &[0x65, 1], &[0x41]]);
        assert_eq!(between_codes(&[1, 2, 3]).count(), 0);
        assert_eq!(between_codes(&[0, 0, 1]).count(), 0);
    }

    #[test]
    fn lengths_of_one_two_and_four_bytes_have_to_add_up() {
        assert_eq!(sized(&[2, 0x65, 1, 1, 6], 1), Some(vec![&[0x65, 1][..], &[6]]));
        assert_eq!(sized(&[0, 2, 0x65, 1], 2), Some(vec![&[0x65, 1][..]]));
        assert_eq!(sized(&[0, 0, 0, 9, 0x65, 1], 4), None);
        assert_eq!(sized(&[0, 0, 0, 1, 0x67, 0x64, 0, 0x1f], 4), None, "a start code is no length");
    }
}
