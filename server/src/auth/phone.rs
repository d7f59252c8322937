//! Phone numbers as people type and paste them, as they are stored, and as they are shown.

use crate::typed::phone_digits;

/// Longest text that is parsed, in bytes: a number with a three-byte mark beside each digit.
const TYPED_BYTES: usize = 256;

/// The number as it is stored: 11 digits of a mainland mobile, or `+` and 7 to 15 digits.
pub fn parse_phone(typed: &str) -> Option<String> {
    if typed.len() > TYPED_BYTES {
        return None;
    }
    let (plus, digits) = phone_digits(typed)?;
    let is_mobile = |digits: &str| digits.len() == 11 && digits.starts_with('1');
    // The leading 0 was once dialled for numbers out of town.
    let mobile = |digits: &str| {
        let own = digits.strip_prefix('0').unwrap_or(digits);
        is_mobile(own).then(|| own.to_owned())
    };
    // With the country code in front, with and without +.
    if let Some(own) = digits.strip_prefix("86").and_then(mobile) {
        return Some(own);
    }
    if !plus {
        return mobile(&digits);
    }
    let abroad = (7..=15).contains(&digits.len()) && !digits.starts_with('0');
    abroad.then(|| format!("+{digits}"))
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
    fn numbers_as_people_type_and_paste_them() {
        for typed in [
            "13800001111",
            " 138-0000-1111",
            "+86 138 0000 1111",
            "１３８００００１１１１",
            "＋８６（１３８）００００－１１１１",
            "(+86) 138.0000.1111",
            "+(86)138/0000/1111",
            "0086 13800001111",
            "00 86-138-0000-1111",
            "86 13800001111",
            "8613800001111",
            "+86 0 138 0000 1111",
            "013800001111",
            "tel:+86-138-0000-1111",
            "\"13800001111\"",
            "13800001111。",
            "138\u{00A0}0000\u{00A0}1111",
            "138\u{3000}0000\u{202F}1111\u{2009}",
            "138\u{2011}0000\u{2010}1111",
            "138\u{2012}0000\u{2013}1111",
            "138\u{2014}0000\u{2015}1111",
            "138\u{2212}0000\u{FF0D}1111",
            "\u{202D}13800001111\u{202C}",
            "\u{202A}+8613800001111\u{202C}",
            "\u{2066}138 0000 1111\u{2069}",
            "\u{2068}13800001111\u{2069}",
            "13800001111\u{200B}",
            "\u{200E}138\u{200F}0000\u{2060}1111",
            "\u{FEFF}13800001111",
            "138\u{00AD}0000\u{00AD}1111\u{200D}",
            "13800001111\u{FE0F}\u{0}",
            "13800001111\t\r\n",
            "١٣٨٠٠٠٠١١١١",
        ] {
            assert_eq!(parse_phone(typed).as_deref(), Some("13800001111"), "{typed:?}");
        }
        for typed in
            ["+852 5123 4567", "00852 51234567", "+ 852\u{2011}5123\u{2011}4567", "＋８５２５１２３４５６７"]
        {
            assert_eq!(parse_phone(typed).as_deref(), Some("+85251234567"), "{typed:?}");
        }
        // A country code may end in what looks like one of our numbers.
        assert_eq!(parse_phone("+8613800001").as_deref(), Some("+8613800001"));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for wrong in [
            "",
            "1380000111",
            "23800001111",
            "138000011111",
            "12345",
            "abc",
            "+",
            "0",
            "00",
            "0086",
            "\u{200B}",
            "1380000111a",
            "++86",
            "1+3800001111",
            "138,00001111x",
            "13800001111 13800001112",
            "010 12345678",
        ] {
            assert_eq!(parse_phone(wrong), None, "{wrong:?}");
        }
        assert_eq!(parse_phone(&format!("{}13800001111", " ".repeat(256))), None);
    }

    #[test]
    fn a_masked_number_keeps_three_and_four() {
        assert_eq!(mask_phone("13800001111"), "138****1111");
        assert_eq!(mask_phone("12"), "****");
    }
}
