//! The one reading of a character that counts in an order: by the word it stands in, else its commonest. Search does not
//! need this: there every reading finds.

use std::{collections::HashMap, sync::LazyLock};

use pinyin::ToPinyin as _;

/// Characters whose commonest reading is not the first one of the dictionary.
const COMMONEST: &str = "长chang2 佛fo2 茄qie2 卜bu3 翟zhai2 椎zhui1 琢zhuo2 嚼jiao2 辗zhan3 貉he2 还hai2 的de5 了le5 着zhe5 \
    地di4 阚kan4 堡bao3 粘zhan1 泊bo2";

/// A character and a reading, then the words in which it has that reading.
const IN_WORDS: &str = "\
    重chong2:重庆 重阳 重新 重复 重逢 重建 重温 重返 重启 重塑 重走 重读 重修 重现 重生 重游 重叠 重组 双重
    长zhang3:成长 生长 家长 校长 部长 市长 县长 省长 局长 处长 科长 院长 村长 镇长 乡长 区长 社长 队长 班长 排长 连长 营长 团长 旅长 师长 军长 \
    船长 机长 站长 首长 董事长 会长 学长 秘书长 长辈 长老 长者 长子 长大 长官 长兄 增长 助长 兄长 厂长 所长 园长 店长
    乐yue4:音乐 乐曲 乐器 乐队 乐团 乐谱 声乐 民乐 国乐 器乐 乐章 乐理 奏乐 配乐 礼乐 雅乐 交响乐 管弦乐 弦乐 乐坛 乐府 乐迷 乐师 乐手
    行hang2:银行 行业 行家 行列 各行 行情 内行 外行 商行 央行 行长 支行 分行 三百六十行 太行 行当 本行 改行
    曾zeng1:曾国藩 曾子 曾巩 曾祖 曾孙 曾参
    单shan4:单田芳 单县 单雄信
    单chan2:单于
    都du1:首都 成都 都市 都城 古都 京都 帝都 都江堰 大都 花都 故都
    朝zhao1:朝气 朝夕 今朝 朝霞 朝花 朝三暮四 朝阳产业 朝露
    传zhuan4:自传 传记 外传 水浒传 列传 小传 评传 左传 别传 英雄传 白蛇传 史传 正传 前传 后传 本传 英烈传 将帅传 人物传
    调tiao2:调解 调整 调节 调理 调味 调控 协调 空调 烹调 风调雨顺 调养 调和 调皮 调色
    藏zang4:西藏 藏族 藏医 藏药 宝藏 地藏 大藏经 三藏 青藏 藏文 藏语 入藏 援藏 川藏
    会kuai4:会计
    还huan2:还乡 归还 还原 偿还 还珠 还债 还款 退还 还魂 奉还
    弹tan2:弹琴 弹唱 弹奏 弹性 弹钢琴 反弹 评弹 弹词 弹劾
    降xiang2:投降 降龙 降伏 劝降
    校jiao4:校对 校正 校订 校勘
    参shen1:人参 党参 海参 西洋参 曾参 玄参 丹参
    参cen1:参差
    角jue2:角色 主角 配角 角逐 名角
    觉jiao4:睡觉 午觉
    率shuai4:率领 表率 率先 草率 坦率 直率 率真 统率
    便pian2:便宜
    宿xiu4:星宿
    省xing3:反省 自省 省察 内省 三省吾身
    恶wu4:可恶 厌恶
    给ji3:给予 供给 补给 自给
    模mu2:模样 模具 模板
    没mo4:沉没 淹没 没收 埋没 出没
    厦xia4:厦门
    六lu4:六安
    蚌beng4:蚌埠
    番pan1:番禺
    蕃bo1:吐蕃
    大dai4:大夫
    般bo1:般若
    无na1:南无
    龟qiu1:龟兹
    兹ci2:龟兹
    车ju1:车马炮
    的di4:目的 的确
    着zhao2:着急 着火 着凉 着迷
    着zhuo2:着手 着重 着力 着眼 着陆 衣着 穿着 执着 沉着 着装 着落
    了liao3:了解 了不起 了结 了断 了然 明了 了却
    差chai1:出差 差事 差遣
    扎za1:扎染 包扎
    曝bao4:曝光
    拓ta4:拓片 拓本
    刹cha4:古刹 刹那
    绿lu4:绿林 鸭绿江
    泊po1:湖泊 梁山泊 罗布泊
    卜bo5:萝卜
    佛fu2:仿佛
    薄bo2:薄荷 单薄 淡薄 薄弱 厚薄 微薄
    什shi2:什锦
    尉yu4:尉迟
    俟qi2:万俟
    万mo4:万俟
    劲jing4:强劲 劲旅
    颈jing3:颈椎
    和huo2:和面
    弄long4:弄堂
    盛cheng2:盛饭
    燕yan1:燕山 燕京 燕赵 燕园
    宁ning4:宁可 宁愿
    应ying4:响应 适应 应对 应用 反应 应急
    剥bo1:剥削
    露lou4:露面 露馅
    屏bing3:屏息
    数shu3:数数 数一数二
    间jian4:间谍 间隔
    难nan4:灾难 苦难 难民 遇难 救难
    好hao4:爱好 好学 好奇 喜好
    中zhong4:中奖 中风 中毒 中暑
    种zhong4:种植 种田 耕种 种地 种树
    教jiao1:教书
    兴xing4:高兴 兴趣 兴致
    将jiang4:将军 将帅 上将 大将 名将 将领 少将 中将 将士
    相xiang4:丞相 宰相 首相 相声 真相 相册 相机 将相
    处chu3:处理 相处 处世 处方 处暑
    为wei4:为了 为什么 为何 因为 为人民
    冠guan4:冠军
    观guan4:道观
    号hao2:号啕
    卷juan3:卷起";

/// A word, which of its characters is meant, and how that is read.
type Word = (Vec<char>, usize, &'static str);

static BY_WORD: LazyLock<HashMap<char, Vec<Word>>> = LazyLock::new(|| {
    // By the first character of the word.
    let mut all: HashMap<char, Vec<Word>> = HashMap::new();
    for (head, words) in IN_WORDS.lines().filter_map(|line| line.trim().split_once(':')) {
        let mut reading = head.chars();
        let Some(meant) = reading.next() else { continue };
        for word in words.split_whitespace() {
            let letters: Vec<char> = word.chars().collect();
            if let (Some(&first), Some(at)) = (letters.first(), letters.iter().position(|one| *one == meant))
            {
                all.entry(first).or_default().push((letters, at, reading.as_str()));
            }
        }
    }
    // The longest word first.
    for words in all.values_mut() {
        words.sort_by_key(|(word, ..)| std::cmp::Reverse(word.len()));
    }
    all
});

static ALONE: LazyLock<HashMap<char, &'static str>> = LazyLock::new(|| {
    let entries = COMMONEST.split_whitespace().filter_map(|entry| {
        let mut rest = entry.chars();
        rest.next().map(|letter| (letter, rest.as_str()))
    });
    entries.collect()
});

/// The syllable with its tone (`chang2`, neutral `de5`, ü as v) of each character of a text of simplified characters; `None`
/// where there is none.
pub(super) fn readings(letters: &[char]) -> Vec<Option<String>> {
    let mut found: Vec<Option<String>> = vec![None; letters.len()];
    for (from, letter) in letters.iter().enumerate() {
        for (word, at, reading) in BY_WORD.get(letter).into_iter().flatten() {
            if letters[from..].starts_with(word)
                && let Some(slot @ None) = found.get_mut(from + at)
            {
                *slot = Some((*reading).to_owned());
            }
        }
    }
    for (slot, letter) in found.iter_mut().zip(letters) {
        if slot.is_none() {
            *slot = ALONE.get(letter).map(|reading| (*reading).to_owned()).or_else(|| first(*letter));
        }
    }
    found
}

fn first(letter: char) -> Option<String> {
    let reading = letter.to_pinyin()?.with_tone_num_end().replace('ü', "v").replace('ê', "e");
    Some(if reading.ends_with(|last: char| last.is_ascii_digit()) { reading } else { reading + "5" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        let letters: Vec<char> = text.chars().collect();
        readings(&letters)
            .into_iter()
            .map(|reading| reading.unwrap_or_else(|| "?".to_owned()))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn a_character_is_read_as_in_its_word() {
        assert_eq!(of("长征"), "chang2 zheng1");
        assert_eq!(of("校长"), "xiao4 zhang3");
        assert_eq!(of("重庆银行"), "chong2 qing4 yin2 hang2");
        assert_eq!(of("重要音乐"), "zhong4 yao4 yin1 yue4");
        assert_eq!(of("交响乐团"), "jiao1 xiang3 yue4 tuan2");
        assert_eq!(of("快乐"), "kuai4 le4");
        assert_eq!(of("水浒传"), "shui3 hu3 zhuan4");
        assert_eq!(of("女a"), "nv3 ?");
        assert_eq!(of("参差"), "cen1 cha4");
    }

    #[test]
    fn every_entry_has_its_character_in_each_of_its_words() {
        for (head, words) in IN_WORDS.lines().filter_map(|line| line.trim().split_once(':')) {
            let letter = head.chars().next().expect("a character");
            assert!(words.split_whitespace().all(|word| word.contains(letter)), "{head}");
            assert!(head.ends_with(|last: char| ('1'..='5').contains(&last)), "{head}");
        }
        assert!(BY_WORD.len() > 150);
    }
}
