//! What the name of a file says: number and title, whether it is worth uploading at all, and what its extension claims.
//! Only ever a proposal: the content decides what a file is, and people correct the rest.

mod number;

use unicode_normalization::UnicodeNormalization as _;

use number::Numbered;

/// Characters of a title that is taken from a name.
pub const TITLE_CHARS: usize = 200;

/// What a name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    /// Its place in a series, from `03 …`, `第三讲 …`, `… 第12集`, `Track 07`.
    pub number: Option<u32>,
    /// The name without folders, extension and that number; the whole name where nothing else is left. Composed (NFC).
    pub title: String,
}

/// What an extension claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// Sound.
    Sound,
    /// A picture that moves, with sound.
    Video,
    /// A transcript.
    Transcript,
}

/// Extensions of sound, in lower case, the commonest first: for file inputs, too, which on phones offer nothing by type alone.
pub const SOUND: [&str; 16] = [
    "mp3", "m4a", "aac", "wav", "flac", "ogg", "oga", "opus", "amr", "awb", "wma", "m4b", "ape", "aif",
    "aiff", "caf",
];

/// Extensions of video; an old phone's recorder writes 3gp without a picture.
pub const VIDEO: [&str; 7] = ["mp4", "mov", "webm", "m4v", "mkv", "3gp", "wmv"];

/// Extensions of transcripts.
pub const TRANSCRIPT: [&str; 4] = ["vtt", "srt", "lrc", "txt"];

/// Number and title by the name of a file, with or without folders.
pub fn read(path: &str) -> FileName {
    let stem: String = stem(last(path)).chars().take(2 * TITLE_CHARS).nfc().collect();
    let stem = tidy(&stem);
    let Numbered { number, rest } = number::read(&stem);
    let rest = tidy(&rest);
    let title = if rest.is_empty() { stem } else { rest };
    FileName { number, title: title.chars().take(TITLE_CHARS).collect() }
}

/// Whether a file is one of those that computers leave in folders: `._01.mp3`, `.DS_Store`, `Thumbs.db`, `desktop.ini`.
pub fn is_ignored(path: &str) -> bool {
    let hidden = |part: &str| part.starts_with('.') && part != "." && part != "..";
    let folders = ["__macosx", "@eadir", "$recycle.bin", "system volume information"];
    let mut parts = path.split(['/', '\\']);
    let name = last(path).to_ascii_lowercase();
    parts.any(|part| hidden(part) || folders.contains(&part.to_ascii_lowercase().as_str()))
        || ["thumbs.db", "ehthumbs.db", "desktop.ini"].contains(&name.as_str())
        || name.starts_with("~$")
}

/// What the extension claims; `None` if it is no file for the library.
pub fn medium(path: &str) -> Option<Medium> {
    let extension = last(path).rsplit_once('.')?.1.to_ascii_lowercase();
    let any = |list: &[&str]| list.contains(&extension.as_str());
    if any(&SOUND) {
        Some(Medium::Sound)
    } else if any(&VIDEO) {
        Some(Medium::Video)
    } else {
        any(&TRANSCRIPT).then_some(Medium::Transcript)
    }
}

/// The name without a known extension: `1.9` keeps its 9.
pub(crate) fn stem(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, _)) if medium(name).is_some() && !stem.is_empty() => stem,
        _ => name,
    }
}

fn last(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Blanks for underscores, one at a time, none at the ends, nor any lone mark there.
fn tidy(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c == '_' || c.is_control()).collect();
    let text = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let ends: &[char] = &[' ', '-', '–', '—', '.', '、', '，', ',', ':', '：', '·', '|', '~'];
    text.trim_start_matches(ends).trim_end_matches(ends).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn number_and_title_are_read_from_names_as_people_give_them() {
        let names = [
            ("01 – 开篇.mp3", Some(1), "开篇"),
            ("第三讲 长征.m4a", Some(3), "长征"),
            ("3.人民的名义_第12集.mp3", Some(12), "人民的名义"),
            ("Track 07.mp3", Some(7), "Track 07"),
            ("track07 - Morning.mp3", Some(7), "Morning"),
            ("课程/第二单元/02_红船精神.MP3", Some(2), "红船精神"),
            ("C:\\录音\\第二十一讲：延安.wav", Some(21), "延安"),
            ("第二十一讲.mp3", Some(21), "第二十一讲"),
            ("12.mp3", Some(12), "12"),
            ("【01】开篇.mp3", Some(1), "开篇"),
            ("（三）长征.mp3", Some(3), "长征"),
            ("一、红船.mp3", Some(1), "红船"),
            ("007开场.mp3", Some(7), "开场"),
            ("０５　全角.mp3", Some(5), "全角"),
            ("红楼梦 第五回.mp3", Some(5), "红楼梦"),
            ("三国演义第一百二十回.mp3", Some(120), "三国演义"),
            ("录音003.amr", Some(3), "录音003"),
            ("EP12 春天.mp3", Some(12), "春天"),
            ("平凡的世界_08.mp3", Some(8), "平凡的世界 08"),
            ("上册 第一章.mp3", Some(1), "上册"),
            ("第1课时：太极拳（一）.mp4", Some(1), "太极拳（一）"),
            ("第二节课 八段锦.mp4", Some(2), "八段锦"),
            ("第二季第三集.mp4", Some(3), "第二季"),
            ("第三章 第二节 长征.mp3", Some(2), "第三章 长征"),
            ("第三讲：学习第五章.mp3", Some(3), "学习第五章"),
            ("平凡的世界_第二部_001.mp3", Some(1), "平凡的世界 第二部 001"),
            ("第二部.mp3", Some(2), "第二部"),
            ("第五届党代会.mp3", None, "第五届党代会"),
            ("长征（上）.mp3", None, "长征（上）"),
            ("2021年党史.mp3", None, "2021年党史"),
            ("2021-05-04 讲座.mp3", None, "2021-05-04 讲座"),
            ("20231201新闻.mp3", None, "20231201新闻"),
            ("24节气.mp3", None, "24节气"),
            ("3分钟急救.mp3", None, "3分钟急救"),
            ("5G与生活.mp3", None, "5G与生活"),
            ("1.10 题目.mp3", None, "1.10 题目"),
            ("三讲教育.mp3", None, "三讲教育"),
            ("二十大报告.mp3", None, "二十大报告"),
            ("新建文件夹.v", None, "新建文件夹.v"),
            ("Cafe\u{301}.mp3", None, "Café"),
            ("", None, ""),
        ];
        for (name, number, title) in names {
            assert_eq!(read(name), FileName { number, title: title.to_owned() }, "{name}");
        }
    }

    #[test]
    fn what_a_mac_or_windows_leaves_behind_is_ignored() {
        for name in [
            "._01.mp3",
            "a/._01.mp3",
            ".DS_Store",
            "Thumbs.db",
            "x\\DESKTOP.INI",
            "__MACOSX/01.mp3",
            ".git/a.mp3",
            "~$01.mp3",
        ] {
            assert!(is_ignored(name), "{name}");
        }
        for name in ["01.mp3", "a.b/01.mp3", "./01.mp3", "../01.mp3", "Thumbs.mp3", ""] {
            assert!(!is_ignored(name), "{name}");
        }
    }

    #[test]
    fn an_extension_claims_sound_video_or_a_transcript() {
        assert_eq!(medium("a/b.MP3"), Some(Medium::Sound));
        assert_eq!(medium("b.mov"), Some(Medium::Video));
        assert_eq!(medium("b.lrc"), Some(Medium::Transcript));
        assert_eq!(medium("mp3"), None);
        assert_eq!(medium("a.mp3/b"), None);
        assert_eq!(medium("b.mp3.exe"), None);
    }

    proptest! {
        #[test]
        fn no_name_makes_it_fail(name in "\\PC{0,40}|[第一二三讲集0-9._ （）【】-]{0,20}") {
            let read = read(&name);
            prop_assert!(read.title.chars().count() <= TITLE_CHARS);
            let _ = (is_ignored(&name), medium(&name));
        }
    }
}
