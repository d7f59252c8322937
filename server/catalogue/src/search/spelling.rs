//! How a character may be typed: itself, each of its readings in full, their initials, and what many say instead of them
//! (z for zh, n for ng, l for n, f for h). Must never know a query.

use pinyin::ToPinyinMulti as _;

use super::hit::Manner;

/// One way to type a character, in ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spelling {
    /// The letters, the first one in the lowest byte.
    pub(super) packed: u64,
    /// How many there are, at most 8.
    pub(super) len: u8,
    pub(super) manner: Manner,
}

impl Spelling {
    fn new(text: &[u8], manner: Manner) -> Option<Self> {
        let mut bytes = [0; 8];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        let len = u8::try_from(text.len()).ok()?;
        Some(Self { packed: u64::from_le_bytes(bytes), len, manner })
    }
}

/// All ways to type `letter` by its readings; none for what has no reading.
pub(super) fn spellings(letter: char) -> Vec<Spelling> {
    let mut found = Vec::new();
    let mut add = |text: &str, manner| found.extend(Spelling::new(text.as_bytes(), manner));
    for reading in letter.to_pinyin_multi().into_iter().flatten() {
        let reading = reading.plain().replace('ü', "v").replace('ê', "e");
        add(&reading, Manner::Spelled);
        if reading.contains('v') {
            // The keyboard's v is a u in passports and on signs.
            add(&reading.replace('v', "u"), Manner::Spelled);
            add(&reading.replace('v', "yu"), Manner::Spelled);
        }
        let initial = if retroflex(&reading) { 2 } else { 1 };
        for len in 1..=initial {
            add(&reading[..len], Manner::Initials);
        }
        for start in starts(&reading) {
            for sound in ends(&start) {
                add(&sound, Manner::Forgiven);
            }
        }
    }
    // Of equal texts the best manner stays.
    found.sort_unstable();
    found.dedup_by_key(|spelling| spelling.packed);
    found
}

fn retroflex(reading: &str) -> bool {
    ["zh", "ch", "sh"].iter().any(|initial| reading.starts_with(initial))
}

/// The reading and what is said for its beginning.
fn starts(reading: &str) -> Vec<String> {
    const SWAPS: [(&str, &str); 12] = [
        ("zh", "z"),
        ("ch", "c"),
        ("sh", "s"),
        ("z", "zh"),
        ("c", "ch"),
        ("s", "sh"),
        ("n", "l"),
        ("l", "n"),
        ("hui", "fei"),
        ("fei", "hui"),
        ("h", "f"),
        ("f", "h"),
    ];
    let mut all = vec![reading.to_owned()];
    let swap = SWAPS.iter().find_map(|(is, said)| Some(format!("{said}{}", reading.strip_prefix(is)?)));
    all.extend(swap);
    // 黄 is fang to many, and 饭 huan.
    all.extend(reading.strip_prefix("hua").map(|rest| format!("fa{rest}")));
    all.extend(reading.strip_prefix("fa").map(|rest| format!("hua{rest}")));
    all
}

/// The reading and what is said for its end.
fn ends(reading: &str) -> Vec<String> {
    let mut all = vec![reading.to_owned()];
    if let Some(open) = reading.strip_suffix("ng").filter(|open| open.ends_with(['a', 'e', 'i'])) {
        all.push(format!("{open}n"));
    } else if reading.strip_suffix('n').is_some_and(|open| open.ends_with(['a', 'e', 'i'])) {
        all.push(format!("{reading}g"));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(letter: char, manner: Manner) -> Vec<String> {
        let mut all: Vec<String> = spellings(letter)
            .into_iter()
            .filter(|spelling| spelling.manner == manner)
            .map(|spelling| {
                let bytes = spelling.packed.to_le_bytes();
                String::from_utf8_lossy(&bytes[..spelling.len.into()]).into_owned()
            })
            .collect();
        all.sort();
        all
    }

    #[test]
    fn all_readings_of_a_character_can_be_typed() {
        assert_eq!(typed('长', Manner::Spelled), ["chang", "zhang"]);
        assert_eq!(typed('乐', Manner::Spelled), ["le", "yue"]);
        assert_eq!(typed('绿', Manner::Spelled), ["lu", "lv", "lyu"]);
        assert_eq!(typed('长', Manner::Initials), ["c", "ch", "z", "zh"]);
        assert_eq!(typed('a', Manner::Spelled), [""; 0]);
    }

    #[test]
    fn neighbouring_sounds_are_forgiven() {
        assert_eq!(typed('征', Manner::Forgiven), ["zen", "zeng", "zhen"]);
        assert_eq!(typed('南', Manner::Forgiven), ["la", "lan", "lang", "nang"]);
        assert_eq!(typed('黄', Manner::Forgiven), ["fan", "fang", "fuan", "fuang", "huan"]);
        assert_eq!(typed('三', Manner::Forgiven), ["sang", "shan", "shang"]);
    }

    #[test]
    fn every_reading_fits() {
        let all = ('\u{3400}'..='\u{9FFF}').flat_map(|letter| letter.to_pinyin_multi().into_iter().flatten());
        assert!(all.into_iter().all(|reading| reading.plain().len() <= 6));
    }
}
