//! Passwords that attackers try first. What a person chooses at set-up opens the whole centre.

use std::ops::RangeInclusive;

/// Shortest and longest accepted password, in characters.
pub const PASSWORD_CHARS: RangeInclusive<usize> = 8..=128;

/// Fewer different characters than this are a pattern.
const VARIED: usize = 4;

/// This many digits of the phone number in a row count as the number.
const PHONE_DIGITS: usize = 6;

/// The head of lists of stolen passwords, as far as they have eight characters and four different ones; in
/// lower case, without trailing digits, `!`, `.`, `@`, `#`.
const COMMON: &str = "\
    1q2w3e4r 1qaz2wsx 1qazxsw 5201314 a1b2c3d4 aa123456 aaaa1111 abc123456 abcd1234 admin \
    administrator asdasd asdf1234 asdfasdf asdfghjk asdfghjkl baseball changeme computer dangke \
    default football guest hello iloveyou internet letmein login master michael monkey nihao \
    passw0rd password p@ssw0rd p@ssword princess q1w2e3r4 qazwsx qazwsxedc qq123456 qwer1234 \
    qwerasdf qwert qwerty qwertyui qwertyuiop root secret starwars sunshine superman test \
    trustno user welcome whatever woaini woaini1314 xiaoming yunke yunke-demo zaq12wsx zxcvbnm \
    zxcvbn";

/// Why a password is too easy to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Too short or too long.
    Length,
    /// One of those that everybody tries, a sequence, or a pattern.
    Common,
    /// It is the phone number, or contains most of it.
    Phone,
}

/// What is wrong with a password for the person with this number, if anything.
pub fn weakness(password: &str, phone: &str) -> Option<Weakness> {
    if !PASSWORD_CHARS.contains(&password.chars().count()) {
        return Some(Weakness::Length);
    }
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let parts = digits.as_bytes().windows(PHONE_DIGITS);
    if parts.into_iter().any(|part| password.as_bytes().windows(PHONE_DIGITS).any(|own| own == part)) {
        return Some(Weakness::Phone);
    }
    let lower = password.to_lowercase();
    let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit() || "!.@#?*_-".contains(c));
    let common = is_pattern(&lower) || COMMON.split(' ').any(|common| common == lower || common == stem);
    common.then_some(Weakness::Common)
}

/// Few different characters, a short piece repeated, or steps of a sequence: `12345678`, `hgfedcba`,
/// `24681357`.
fn is_pattern(lower: &str) -> bool {
    let chars: Vec<char> = lower.chars().collect();
    let mut different = chars.clone();
    different.sort_unstable();
    different.dedup();
    let again = (1..=chars.len() / 2).any(|n| chars[n..].iter().zip(&chars).all(|(a, b)| a == b) && n <= 4);
    let step = |pair: &[char]| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
    let steps: Vec<i64> = chars.windows(2).map(step).collect();
    let same = steps.windows(2).filter(|pair| pair[0] == pair[1] && pair[0].abs() <= 2).count();
    // All but two steps continue as they began: `1234567890`, `abcd1234`.
    different.len() < VARIED || again || same + 3 >= steps.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_tries_is_refused() {
        for weak in [
            "12345678",
            "123456789",
            "1234567890",
            "87654321",
            "11111111",
            "88888888",
            "abcd1234",
            "Password1",
            "password!",
            "qwertyuiop",
            "1q2w3e4r",
            "woaini1314",
            "Admin123456",
            "admin@2026",
            "abcdefgh",
            "12341234",
            "abababab",
            "passw0rd",
            "yunke-demo",
            "一二一二一二一二",
            "Welcome2026!",
            "qwerty123",
        ] {
            assert_eq!(weakness(weak, "13800000001"), Some(Weakness::Common), "{weak}");
        }
    }

    #[test]
    fn a_password_is_not_the_number_and_not_short() {
        for own in ["13812345678", "a12345678b", "+8613812345678", "345678aB"] {
            assert_eq!(weakness(own, "13812345678"), Some(Weakness::Phone), "{own}");
        }
        assert_eq!(weakness("短的密码", "13812345678"), Some(Weakness::Length));
        assert_eq!(weakness(&"长".repeat(129), "13812345678"), Some(Weakness::Length));
    }

    #[test]
    fn what_takes_guessing_is_taken() {
        for good in [
            "eight chars",
            "a long enough password",
            "正确的密码 12",
            "今天天气不错啊哈",
            "correct horse",
            "tR4$kw9!",
            "20260517张浦",
            "abk2mn7xqp_4",
            "密码是今天的菜单",
            "yunke is in the canteen",
        ] {
            assert_eq!(weakness(good, "13812345678"), None, "{good}");
        }
    }
}
