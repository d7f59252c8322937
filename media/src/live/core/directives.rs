//! Delivery directives: what a player asks for in the query of a playlist (RFC 8216bis 6.2.5).

/// The directives of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Directives {
    /// `_HLS_msn`: answer once this segment is there.
    pub msn: Option<u64>,
    /// `_HLS_part`: answer once this part of it is there.
    pub part: Option<u32>,
    /// `_HLS_skip`: a delta update will do.
    pub skip: bool,
}

/// A directive that cannot be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a decimal integer in range, or is given twice")]
pub struct BadDirective(pub &'static str);

impl Directives {
    /// Reads a raw query. Parameters that do not begin with `_HLS_` are none of our business.
    pub fn parse(query: &str) -> Result<Self, BadDirective> {
        let mut found = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "_HLS_msn" => set(&mut found.msn, number(value), "_HLS_msn")?,
                "_HLS_part" => set(&mut found.part, number(value), "_HLS_part")?,
                // A value we do not know asks for nothing we have; the whole playlist is always a right answer.
                "_HLS_skip" => found.skip = matches!(value, "YES" | "v2"),
                _ => {}
            }
        }
        Ok(found)
    }
}

fn set<T>(slot: &mut Option<T>, value: Option<T>, name: &'static str) -> Result<(), BadDirective> {
    if slot.is_some() || value.is_none() {
        return Err(BadDirective(name));
    }
    *slot = value;
    Ok(())
}

/// Digits only: `str::parse` alone would take a sign.
fn number<T: std::str::FromStr>(digits: &str) -> Option<T> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read() {
        let parsed = Directives::parse("x=1&_HLS_msn=12&_HLS_part=3&_HLS_skip=v2");
        assert_eq!(parsed, Ok(Directives { msn: Some(12), part: Some(3), skip: true }));
        assert_eq!(Directives::parse(""), Ok(Directives::default()));
        assert_eq!(Directives::parse("_HLS_skip=NO"), Ok(Directives::default()));
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        for value in ["-1", "+1", "NaN", "1e9", "", "18446744073709551616", "0x1", "1.5", " 1", "%31", "１"]
        {
            let query = format!("_HLS_msn={value}");
            assert_eq!(Directives::parse(&query), Err(BadDirective("_HLS_msn")), "{value}");
        }
        assert_eq!(Directives::parse("_HLS_part=4294967296"), Err(BadDirective("_HLS_part")));
        assert_eq!(Directives::parse("_HLS_msn"), Err(BadDirective("_HLS_msn")));
        assert_eq!(Directives::parse("_HLS_msn=1&_HLS_msn=1"), Err(BadDirective("_HLS_msn")));
    }
}
