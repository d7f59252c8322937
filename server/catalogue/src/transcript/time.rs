//! The numbers that times are made of.

/// A number of at most so many digits.
pub(super) fn whole(digits: &str, most: usize) -> Option<i64> {
    let fits = (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.parse().ok()).flatten()
}

/// Digits behind the point, in milliseconds.
pub(super) fn fraction(digits: &str) -> Option<i64> {
    let scale = [0, 100, 10, 1].get(digits.len())?;
    if digits.is_empty() { Some(0) } else { Some(whole(digits, 3)? * scale) }
}
