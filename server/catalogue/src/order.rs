//! The order in which people look things up: titles and names by pinyin, files by their numbers in any writing. A key is
//! made once and compared as text, so that both databases and every page order alike.

mod readings;
mod surnames;
mod tokens;

use unicode_normalization::UnicodeNormalization as _;

use crate::file_name;
use tokens::Writer;

/// Characters of a text that its key is made of.
pub const KEY_CHARS: usize = 400;

/// Between the folders of a path, and before what only tells equal keys apart; less than everything else in a key.
const END: char = '\u{1}';

/// A key to sort by, as bytes (in PostgreSQL `COLLATE "C"`). Equal only for texts that are canonically equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortKey(String);

impl SortKey {
    /// The key as text, to be kept beside what it is of.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<SortKey> for String {
    fn from(key: SortKey) -> Self {
        key.0
    }
}

/// By pinyin, with numbers by their value: 第二讲 before 第十讲, 长征 under C. Digits come before Latin letters, and these
/// before Chinese.
pub fn title_key(title: &str) -> SortKey {
    let mut writer = Writer::default();
    writer.text(title.chars().take(KEY_CHARS), false);
    sealed(writer, title)
}

/// By pinyin, beginning with the surname by its own reading: 曾 under Z, 单 under S, 尉迟 under Y.
pub fn name_key(name: &str) -> SortKey {
    let mut writer = Writer::default();
    writer.name(name.chars().take(KEY_CHARS));
    sealed(writer, name)
}

/// Folder by folder as [`title_key`], without the extension; 上, 中 and 下 at the end are in this order.
pub fn file_key(path: &str) -> SortKey {
    let mut writer = Writer::default();
    let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    for (at, part) in parts.iter().enumerate() {
        let is_file = at + 1 == parts.len();
        let part = if is_file { file_name::stem(part) } else { part };
        writer.text(part.chars().take(KEY_CHARS), true);
        if !is_file {
            writer.push(END);
        }
    }
    sealed(writer, path)
}

/// What is equal so far is told apart by its composed text.
fn sealed(writer: Writer, text: &str) -> SortKey {
    let mut key = writer.finish();
    key.extend([END, END]);
    key.extend(text.chars().take(KEY_CHARS).nfc().filter(|letter| *letter > END));
    SortKey(key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sorted backwards first, so that nothing stands right by chance.
    fn in_order(key: fn(&str) -> SortKey, expected: &[&str]) {
        let mut sorted: Vec<&str> = expected.iter().rev().copied().collect();
        sorted.sort_by_cached_key(|text| key(text));
        assert_eq!(sorted, expected);
    }

    #[test]
    fn files_are_in_the_order_of_their_numbers_in_any_writing() {
        let lessons: Vec<String> = (1..=21).map(|at| format!("第{}讲.mp3", chinese(at))).collect();
        in_order(file_key, &lessons.iter().map(String::as_str).collect::<Vec<_>>());
        in_order(file_key, &["长征上.mp3", "长征中.mp3", "长征下.mp3"]);
        in_order(file_key, &["长征（上）.mp3", "长征（中）.mp3", "长征（下）.mp3"]);
        in_order(file_key, &["第一讲上.mp3", "第一讲下.mp3", "第二讲上.mp3", "第十讲.mp3"]);
        in_order(file_key, &["1.2.mp3", "1.9.mp3", "1.10.mp3", "2.1.mp3"]);
        in_order(file_key, &["01-开篇.mp3", "2-长征.mp3", "０３-延安.mp3", "10-结语.mp3"]);
        in_order(file_key, &["卷一第十回.mp3", "卷二第三回.mp3", "卷二第十三回.mp3", "卷十第一回.mp3"]);
        in_order(file_key, &["第十九回.txt", "第廿回.txt", "第廿一回.txt", "第二十二回.txt", "第卅回.txt"]);
        in_order(file_key, &["讲座.mp3", "讲座 续.mp3"]);
        in_order(file_key, &["第一单元/10.mp3", "第二单元/9.mp3", "第十单元/1.mp3"]);
        in_order(file_key, &["a/2.mp3", "a/10.mp3", "a b/1.mp3", "ab/1.mp3"]);
        in_order(file_key, &["Track 2.mp3", "track 10.mp3", "Track 11.mp3"]);
        in_order(file_key, &["一、红船.mp3", "二、南昌.mp3", "三、长征.mp3", "十、结语.mp3"]);
        in_order(file_key, &["①开篇.mp3", "②长征.mp3", "⑩结语.mp3"]);
    }

    fn chinese(number: usize) -> String {
        let digits = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
        let tens = ["", "十", "二十"][number / 10];
        format!("{tens}{}", digits[number % 10])
    }

    #[test]
    fn titles_are_in_the_order_of_their_pinyin() {
        in_order(title_key, &["2020年大事", "English", "百年孤独", "长征", "党史", "三国演义", "银行"]);
        in_order(
            title_key,
            &["长征", "重庆谈判", "党课", "党史", "音乐欣赏", "银行防骗", "雨花台", "中国通史"],
        );
        // 三 is no number here, and nobody looks for 一带一路 among digits.
        in_order(title_key, &["2小时读懂", "三国演义", "水浒传", "一带一路"]);
        in_order(title_key, &["党史 第二讲", "党史 第十讲", "党史馆"]);
        in_order(title_key, &["妈妈", "马可波罗", "骂"]);
        in_order(title_key, &["《党课》", "党史", "「党员」"]);
        in_order(title_key, &["海洋", "還鄉記", "黄河"]);
    }

    #[test]
    fn names_are_under_the_reading_of_their_surname() {
        let under = [
            ("曾国藩", 'z'),
            ("单田芳", 's'),
            ("区小姐", 'o'),
            ("仇英", 'q'),
            ("解缙", 'x'),
            ("朴树", 'p'),
            ("查良镛", 'z'),
            ("盖叫天", 'g'),
            ("尉迟恭", 'y'),
            ("长孙无忌", 'z'),
            ("万俟卨", 'm'),
            ("翟天临", 'z'),
            ("覃辉", 'q'),
            ("缪荃孙", 'm'),
            ("員半千", 'y'),
            ("乐毅", 'y'),
            ("洗星海", 'x'),
            ("欧阳修", 'o'),
            ("Anna", 'a'),
            ("單雄信", 's'),
            ("石达开", 's'),
        ];
        for (name, letter) in under {
            let key = name_key(name);
            let initial = key.as_str().chars().find(char::is_ascii_lowercase);
            assert_eq!(initial, Some(letter), "{name}: {key:?}");
        }
        assert!(name_key("朴树").as_str().contains("piao2"));
        assert!(name_key("盖叫天").as_str().contains("ge3"));
        in_order(name_key, &["仇英", "单田芳", "解缙", "尉迟恭", "曾国藩", "查良镛", "张建国"]);
    }

    #[test]
    fn composed_and_decomposed_are_equal_and_traditional_stands_beside_simplified() {
        assert_eq!(title_key("Café"), title_key("Cafe\u{301}"));
        assert_eq!(file_key("Café/01.mp3"), file_key("Cafe\u{301}/01.mp3"));
        assert_ne!(title_key("Café"), title_key("Cafe"));
        in_order(title_key, &["党史", "黨史", "党史馆"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail_and_keys_are_bounded(text in "\\PC{0,60}|[第一二十上中下讲卷0-9 .（）长乐/]{0,30}") {
            for key in [title_key, name_key, file_key] {
                prop_assert!(key(&text).as_str().len() <= 40 * (KEY_CHARS + 2));
                prop_assert_eq!(key(&text), key(&text.nfd().collect::<String>()));
            }
        }

        #[test]
        fn numbers_are_in_the_order_of_their_values(one in 0_u32..100_000, other in 0_u32..100_000) {
            let key = |number: u32| file_key(&format!("第{number}集 x.mp3"));
            prop_assert_eq!(key(one).cmp(&key(other)), one.cmp(&other));
        }
    }
}
