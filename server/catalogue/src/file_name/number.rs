//! Where in a name a number stands that counts, and what is left without it. Must never take a date, a year or a quantity
//! (24节气, 3分钟) for one.

use crate::{
    letters::half_width,
    numerals::{is_numeral, value},
};

/// Digits of a number that counts: more are a date.
const DIGITS_MAX: usize = 4;

/// A number and the rest of the name.
pub(super) struct Numbered {
    pub(super) number: Option<u32>,
    pub(super) rest: String,
}

/// The number of `stem`: that of 第…讲, else one in front, else one at the end, else that of a volume.
pub(super) fn read(stem: &str) -> Numbered {
    let letters: Vec<char> = stem.chars().collect();
    // As they are compared; of the same number of characters, so that places are those of the name.
    let plain: Vec<char> = letters.iter().map(|letter| half_width(*letter).to_ascii_lowercase()).collect();
    if let Some(counted) = counted(&plain, 0, EPISODES) {
        // 第三章第二节: the second section.
        let next = counted.to + plain[counted.to..].iter().take_while(|letter| **letter == ' ').count();
        let finer = self::counted(&plain, next, EPISODES).filter(|finer| finer.from == next);
        return finer.unwrap_or(counted).cut_from(&letters);
    }
    if let Some((number, to)) = front(&plain) {
        return Numbered { number: Some(number), rest: letters[to..].iter().collect() };
    }
    // What stands at the end may belong to the title, and stays.
    if let Some(number) = back(&plain) {
        return Numbered { number: Some(number), rest: stem.to_owned() };
    }
    let whole = || Numbered { number: None, rest: stem.to_owned() };
    counted(&plain, 0, VOLUMES).map_or_else(whole, |counted| counted.cut_from(&letters))
}

/// What episodes are called.
const EPISODES: &str = "讲课集回章节期话场堂";

/// What holds several of them: counts only where nothing else does.
const VOLUMES: &str = "卷部篇辑册季单";

/// `第十二讲` in a name.
struct Counted {
    number: u32,
    from: usize,
    to: usize,
}

impl Counted {
    fn cut_from(&self, letters: &[char]) -> Numbered {
        let before = &letters[..self.from];
        let after: String = letters[self.to..].iter().collect();
        // A number in front of 第…集 only put the files in order.
        let plain: Vec<char> = before.iter().map(|letter| half_width(*letter).to_ascii_lowercase()).collect();
        let before: String = before.iter().skip(front(&plain).map_or(0, |(_, to)| to)).collect();
        Numbered { number: Some(self.number), rest: format!("{} {}", before.trim(), after.trim()) }
    }
}

/// The first 第…讲 from `start` on, with one of these counters.
fn counted(plain: &[char], start: usize, counters: &str) -> Option<Counted> {
    (start..plain.len()).filter(|at| plain[*at] == '第').find_map(|from| {
        let numeral = from + 1 + numerals(&plain[from + 1..]);
        let number = value(&plain[from + 1..numeral])?;
        let counter = plain.get(numeral).filter(|letter| counters.contains(**letter))?;
        // 第一课时, 第一节课, 第一堂课, 第二单元.
        let second = plain
            .get(numeral + 1)
            .is_some_and(|next| matches!((counter, next), ('课', '时') | ('节' | '堂', '课') | ('单', '元')));
        Some(Counted { number, from, to: numeral + 1 + usize::from(second) })
    })
}

/// A number in front, with its brackets or word (`Track 07 - `), and where the rest begins.
fn front(plain: &[char]) -> Option<(u32, usize)> {
    const WORDS: [&str; 8] = ["track", "episode", "chapter", "lesson", "part", "ep", "no", "e"];
    let text: String = plain.iter().take(8).collect();
    let word = WORDS.iter().find(|word| text.starts_with(**word)).map_or(0, |word| word.len());
    let skip = |mut at: usize, what: &[char]| {
        while plain.get(at).is_some_and(|letter| what.contains(letter)) {
            at += 1;
        }
        at
    };
    let from =
        skip(word, if word > 0 { &[' ', '.', '_', '-'] } else { &['(', '[', '【', '（', '《', '#', ' '] });
    let bracketed = word == 0 && from > 0;
    let to = from + numerals(&plain[from..]);
    let run = &plain[from..to];
    let number = number(run)?;
    let after = skip(to, &[' ']);
    let next = plain.get(after).copied();
    let digits = run.iter().all(char::is_ascii_digit);
    let closed = match next {
        // The name is nothing but the number: nothing would be left.
        None => digits && word == 0,
        Some(')' | ']' | '】' | '）' | '》') => bracketed,
        // 1.10 and 05-04 are no numbers with a title behind.
        Some('.' | '-' | '–' | '—') => !plain.get(after + 1).is_some_and(char::is_ascii_digit),
        Some('、' | ':' | '：' | '_' | ',' | '，' | '|') => true,
        Some(_) if !digits => false,
        Some(letter) => after > to || !letter.is_ascii_alphanumeric() && run[0] == '0' && run.len() > 1,
    };
    // Of what stands behind, a mark goes with the number, a letter begins the title.
    let mark = usize::from(next.is_some_and(|letter| !letter.is_alphanumeric()));
    closed.then_some((number, if next.is_some() { after + mark } else { to }))
}

/// A number at the end, in digits: `录音003`, `人民的名义 08`, `长征(3)`.
fn back(plain: &[char]) -> Option<u32> {
    let end = plain.len()
        - plain.iter().rev().take_while(|letter| matches!(**letter, ')' | ']' | ' ' | '）')).count();
    let digits = plain[..end].iter().rev().take_while(|letter| letter.is_ascii_digit()).count();
    let from = end - digits;
    // 05-04 and 1.10 are more than a number.
    let joined = from >= 2 && matches!(plain[from - 1], '.' | '-' | ':') && plain[from - 2].is_ascii_digit();
    number(&plain[from..end]).filter(|_| !joined && from > 0)
}

/// Numbers of episodes: not a year, not a date.
fn number(run: &[char]) -> Option<u32> {
    let number = value(run)?;
    let digits = run.first().is_some_and(char::is_ascii_digit);
    let date = digits && (run.len() > DIGITS_MAX || run.len() == 4 && (1_900..2_100).contains(&number));
    (!date).then_some(number)
}

/// How many numerals there are in front: all digits, or all Chinese.
fn numerals(plain: &[char]) -> usize {
    let digits = plain.first().is_some_and(char::is_ascii_digit);
    plain.iter().take_while(|letter| is_numeral(**letter) && letter.is_ascii_digit() == digits).count()
}
