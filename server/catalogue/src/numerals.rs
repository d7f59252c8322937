//! Numbers as Chinese writes them. Must never take a word for a number by itself: who asks knows where one may stand.

/// Numerals and digits looked at; a longer run is no number.
const NUMERALS_MAX: usize = 12;

/// What a counted piece of a series is called: 第三讲.
pub(crate) const COUNTERS: &str = "讲课集回章节卷期部篇辑册季话场堂单";

/// Whether it may stand in a number.
pub(crate) fn is_numeral(letter: char) -> bool {
    letter.is_ascii_digit() || digit(letter).is_some() || unit(letter).is_some() || tens(letter).is_some()
}

/// The number a run of numerals stands for; `None` if it is none or longer than a number of an episode.
pub(crate) fn value(numerals: &[char]) -> Option<u32> {
    if numerals.is_empty() || numerals.len() > NUMERALS_MAX {
        return None;
    }
    if numerals.iter().all(|numeral| digit(*numeral).is_some()) {
        // 二〇二一, and 12.
        return numerals
            .iter()
            .try_fold(0_u32, |all, numeral| all.checked_mul(10)?.checked_add(digit(*numeral)?));
    }
    let (mut all, mut section, mut last) = (0_u32, 0_u32, None);
    for &numeral in numerals {
        if let Some(digit) = digit(numeral) {
            last = Some(last.unwrap_or(0_u32).checked_mul(10)?.checked_add(digit)?);
        } else if let Some(tens) = tens(numeral) {
            section = section.checked_add(last.take().unwrap_or(0))?.checked_add(tens)?;
        } else {
            match unit(numeral)? {
                10_000 => {
                    let before = section.checked_add(last.take().unwrap_or(0))?.max(1);
                    all = all.checked_add(before.checked_mul(10_000)?)?;
                    section = 0;
                }
                // 十 alone is ten; a zero before it (一百零十) says nothing.
                unit => section = section.checked_add(last.take().unwrap_or(1).max(1).checked_mul(unit)?)?,
            }
        }
    }
    all.checked_add(section)?.checked_add(last.unwrap_or(0))
}

fn digit(letter: char) -> Option<u32> {
    let formal = "零壹贰叁肆伍陆柒捌玖";
    let common = "〇一二三四五六七八九";
    let place =
        |list: &str| list.chars().position(|known| known == letter).and_then(|at| u32::try_from(at).ok());
    letter.to_digit(10).or_else(|| place(common)).or_else(|| place(formal)).or((letter == '两').then_some(2))
}

fn unit(letter: char) -> Option<u32> {
    match letter {
        '十' | '拾' => Some(10),
        '百' | '佰' => Some(100),
        '千' | '仟' => Some(1_000),
        '万' => Some(10_000),
        _ => None,
    }
}

/// Twenty, thirty and forty in one character.
fn tens(letter: char) -> Option<u32> {
    match letter {
        '廿' => Some(20),
        '卅' => Some(30),
        '卌' => Some(40),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Option<u32> {
        value(&text.chars().collect::<Vec<_>>())
    }

    #[test]
    fn numbers_of_every_writing() {
        let numbers = [
            ("三", 3),
            ("十", 10),
            ("十二", 12),
            ("二十", 20),
            ("二十一", 21),
            ("廿一", 21),
            ("卅", 30),
            ("一百零五", 105),
            ("一百二十", 120),
            ("两千零二十一", 2021),
            ("二〇二一", 2021),
            ("一二", 12),
            ("贰拾叁", 23),
            ("一万", 10_000),
            ("007", 7),
            ("12", 12),
            ("零", 0),
            ("三千二百万", 32_000_000),
            ("百", 100),
        ];
        for (text, number) in numbers {
            assert_eq!(of(text), Some(number), "{text}");
        }
        for text in ["", "党", "9999999999999", "99999999999", "万万万万万万"] {
            let read = of(text);
            assert!(read.is_none() || text.starts_with('万'), "{text}: {read:?}");
        }
    }

    proptest! {
        #[test]
        fn no_run_overflows(text in "[〇一二两三九十百千万廿卅壹拾0-9]{0,14}") {
            let _ = of(&text);
        }
    }
}
