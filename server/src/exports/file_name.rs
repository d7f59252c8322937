//! The name of a download (RFC 6266, RFC 8187): Chinese for those who can, plain for the rest.

use crate::percent::percent;

/// Characters of a title in a file name at most.
const TITLE_CHARS: usize = 60;

/// `Content-Disposition` of a file with this title, day and ending.
pub fn content_disposition(title: &str, day: &str, ending: &str) -> String {
    let name = format!("{} 个人明细 {day}.{ending}", plain(title));
    format!("attachment; filename=\"attendance-{day}.{ending}\"; filename*=UTF-8''{}", percent(&name))
}

/// The same of what was heard of a series.
pub fn listening_disposition(title: &str, day: &str, ending: &str) -> String {
    let name = format!("{} 收听统计 {day}.{ending}", plain(title));
    format!("attachment; filename=\"listening-{day}.{ending}\"; filename*=UTF-8''{}", percent(&name))
}

/// The same of an export job, by its words.
pub fn job_disposition(words: &str, day: &str, ending: &str) -> String {
    let name = format!("{} {day}.{ending}", plain(words));
    format!("attachment; filename=\"export-{day}.{ending}\"; filename*=UTF-8''{}", percent(&name))
}

/// The name of a lesson's recording, percent-encoded for a path and for RFC 8187.
pub fn recording_name(title: &str, day: &str) -> String {
    percent(&format!("{} {day}.mp4", plain(title)))
}

/// The name of a lesson's endless sound, percent-encoded for a path; radios show it.
pub fn radio_name(title: &str) -> String {
    percent(&format!("{}.aac", plain(title)))
}

/// A title as it may stand in the name of a file.
fn plain(title: &str) -> String {
    let clean: String = title
        .chars()
        .map(|c| {
            if c.is_control()
                || "/\\:*?\"<>|\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}".contains(c)
            {
                '_'
            } else {
                c
            }
        })
        .take(TITLE_CHARS)
        .collect();
    clean.trim().trim_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_chinese_for_those_who_can_and_plain_for_the_rest() {
        assert_eq!(
            content_disposition("午间课", "2028-02-28", "csv"),
            "attachment; filename=\"attendance-2028-02-28.csv\"; \
             filename*=UTF-8''%E5%8D%88%E9%97%B4%E8%AF%BE%20%E4%B8%AA%E4%BA%BA%E6%98%8E%E7%BB%86%202028-02-28.csv"
        );
    }

    #[test]
    fn a_recording_has_the_name_of_its_lesson() {
        assert_eq!(recording_name("a/课#1", "2028-02-28"), "a_%E8%AF%BE%231%202028-02-28.mp4");
        assert_eq!(radio_name("课 1"), "%E8%AF%BE%201.aac");
    }

    #[test]
    fn no_title_breaks_out_of_the_header_or_the_folder() {
        for title in
            ["a\"; x=\"", "../../etc/passwd", "a\r\nSet-Cookie: x", "\u{202e}fdp.exe", &"长".repeat(300)]
        {
            let header = content_disposition(title, "2028-02-28", "xlsx");
            assert!(
                header.is_ascii() && header.bytes().all(|b| b >= 0x20) && header.len() < 1_000,
                "{header}"
            );
            assert_eq!(header.matches('"').count(), 2);
            assert!(!header.contains('/') && !header.contains("%2F") && !header.contains("%5C"));
        }
    }
}
