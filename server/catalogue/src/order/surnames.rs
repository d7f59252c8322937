//! Surnames that are read otherwise than the same character elsewhere.

/// Surnames of two characters, each with the syllables and tones of both.
const DOUBLE: [(&str, &str); 11] = [
    ("万俟", "mo4 qi2"),
    ("单于", "chan2 yu2"),
    ("长孙", "zhang3 sun1"),
    ("澹台", "tan2 tai2"),
    ("尉迟", "yu4 chi2"),
    ("令狐", "ling2 hu2"),
    ("鲜于", "xian1 yu2"),
    ("乐正", "yue4 zheng4"),
    ("皇甫", "huang2 fu3"),
    ("宰父", "zai3 fu3"),
    ("亓官", "qi2 guan1"),
];

/// Surnames of one character.
const SINGLE: &str = "曾zeng1 单shan4 区ou1 仇qiu2 解xie4 朴piao2 查zha1 盖ge3 翟zhai2 覃qin2 缪miao4 乐yue4 员yun4 \
    祭zhai4 燕yan1 召shao4 洗xian3 繁po2 种chong2 过guo1 那na1 任ren2 华hua4 宁ning4 葛ge3 应ying1 都du1 相xiang4 盛sheng4 \
    薄bo2 卜bu3 郇xun2 阚kan4 折she2 秘bi4 黑he4 尉wei4 石shi2 冯feng2 贾jia3 沈shen3 纪ji3 曲qu1 于yu2 訾zi1 冼xian3 佘she2 \
    长zhang3 重chong2 车che1 广guang3 缴jiao3 藏zang1 谷gu3 红hong2 撒sa3 瞿qu2 牟mou2 眭sui1 逄pang2 隗wei3 要yao1 占zhan1";

/// The readings of the surname a name begins with (of simplified characters); empty if it is read as everywhere.
pub(super) fn surname(name: &[char]) -> Vec<&'static str> {
    if let [one, two, _, ..] | [one, two] = name
        && let Some((_, readings)) = DOUBLE.iter().find(|(surname, _)| surname.chars().eq([*one, *two]))
    {
        return readings.split(' ').collect();
    }
    let Some(first) = name.first() else { return Vec::new() };
    SINGLE.split_whitespace().find_map(|entry| entry.strip_prefix(*first)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surnames_of_two_characters_come_before_those_of_one() {
        let of = |name: &str| surname(&name.chars().collect::<Vec<_>>());
        assert_eq!(of("单于"), ["chan2", "yu2"]);
        assert_eq!(of("单田芳"), ["shan4"]);
        assert_eq!(of("尉迟"), ["yu4", "chi2"]);
        assert_eq!(of("尉健行"), ["wei4"]);
        assert!(of("张").is_empty() && of("").is_empty());
    }

    #[test]
    fn every_entry_is_one_character_and_one_syllable_with_its_tone() {
        for entry in SINGLE.split_whitespace() {
            let syllable: String = entry.chars().skip(1).collect();
            assert!(!entry.starts_with(|c: char| c.is_ascii()) && syllable.is_ascii(), "{entry}");
            assert!(syllable.ends_with(|c| ('1'..='4').contains(&c)), "{entry}");
        }
    }
}
