//! Phone numbers as people type them, as they are stored, and as they are shown.

/// The number as it is stored: 11 digits of a mainland mobile, or `+` and 7 to 15 digits.
pub fn parse_phone(typed: &str) -> Option<String> {
    if typed.len() > 64 {
        return None;
    }
    let mut digits = String::with_capacity(16);
    let mut plus = false;
    for c in typed.trim().chars() {
        match c {
            '0'..='9' => digits.push(c),
            // Full-width digits, as a Chinese keyboard gives them.
            '０'..='９' => {
                digits.push(char::from(b'0' + u8::try_from(u32::from(c) - u32::from('０')).ok()?));
            }
            '+' | '＋' if digits.is_empty() && !plus => plus = true,
            ' ' | '-' | '\u{3000}' | '－' => {}
            _ => return None,
        }
    }
    if plus && digits.starts_with("86") && digits.len() == 13 {
        digits.drain(..2);
        plus = false;
    }
    let mainland = !plus && digits.len() == 11 && digits.starts_with('1');
    let abroad = plus && (7..=15).contains(&digits.len()) && !digits.starts_with('0');
    match (mainland, abroad) {
        (true, _) => Some(digits),
        (_, true) => Some(format!("+{digits}")),
        _ => None,
    }
}

/// `138****5678`: enough to recognize one's own.
pub fn mask_phone(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().collect();
    if digits.len() < 7 {
        return "****".to_owned();
    }
    let head: String = digits[..3].iter().collect();
    let tail: String = digits[digits.len() - 4..].iter().collect();
    format!("{head}****{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_type_them() {
        for typed in ["13800001111", " 138-0000-1111", "+86 138 0000 1111", "１３８００００１１１１"]
        {
            assert_eq!(parse_phone(typed).as_deref(), Some("13800001111"), "{typed}");
        }
        assert_eq!(parse_phone("+852 5123 4567").as_deref(), Some("+85251234567"));
        for wrong in
            ["", "1380000111", "23800001111", "138000011111", "12345", "abc", "+", "1380000111a", "++86"]
        {
            assert_eq!(parse_phone(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_masked_number_keeps_three_and_four() {
        assert_eq!(mask_phone("13800001111"), "138****1111");
        assert_eq!(mask_phone("12"), "****");
    }
}
