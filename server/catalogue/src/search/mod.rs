//! Search in titles of series and episodes, speakers and tags, in memory. A title is found by its characters (one is
//! enough), by pinyin in full with every reading of a character, by initials, and by any mixture, as far as it is typed;
//! confused sounds are forgiven. 繁 and 简, full and half width, middle dots, 《》 and capitals make no difference.
//!
//! The same titles give the same hits whatever database they came from. Must never fail on any text, and never take longer
//! than the lengths of titles and query allow.

mod alphabet;
mod find;
mod hit;
mod index;
mod pattern;
mod rank;
mod spelling;
#[cfg(test)]
mod table;
mod title;

pub use find::{HITS_MAX, QUERY_CHARS};
pub use hit::{Hit, Kind, Manner, Place};
pub use index::Index;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn index(titles: &[&str]) -> Index<usize> {
        Index::build(titles.iter().enumerate().map(|(at, title)| (Kind::Episode, at, title)))
    }

    fn first(titles: &[&str], query: &str) -> Option<(usize, Place, Manner)> {
        index(titles).find(query, 1).first().map(|hit| (hit.key, hit.place, hit.manner))
    }

    #[test]
    fn the_whole_title_comes_before_its_beginning_a_word_and_the_inside() {
        let titles = ["学党史", "学习 党史", "党史百问", "党史", "新党史馆"];
        let found: Vec<_> = index(&titles).find("党史", 9).iter().map(|hit| (hit.key, hit.place)).collect();
        let expected = [
            (3, Place::Whole),
            (2, Place::Beginning),
            (1, Place::Word),
            (0, Place::Inside),
            (4, Place::Inside),
        ];
        assert_eq!(found, expected);
        // The first word is not always the best one.
        assert_eq!(first(&["学 第安 大会"], "da"), Some((0, Place::Word, Manner::Spelled)));
        // Forgiven sounds come after everything that is meant exactly, wherever it stands.
        let found: Vec<_> = index(&["南", "说蓝"]).find("lan", 9).iter().map(|hit| hit.key).collect();
        assert_eq!(found, [1, 0]);
        assert_eq!(first(&["南方蓝"], "lan"), Some((0, Place::Inside, Manner::Spelled)));
    }

    #[test]
    fn a_syllable_is_found_while_it_is_typed_but_behind_a_whole_one() {
        for query in ["dangs", "dangsh", "dangshi"] {
            assert_eq!(first(&["别的", "党史"], query).map(|found| found.0), Some(1), "{query}");
        }
        let found: Vec<_> =
            index(&["党", "单"]).find("dan", 9).iter().map(|hit| (hit.key, hit.manner)).collect();
        assert_eq!(found, [(1, Manner::Spelled), (0, Manner::Begun)]);
    }

    #[test]
    fn series_come_before_episodes_and_each_kind_has_its_own_limit() {
        let titles = [
            (Kind::Tag, 1, "党史"),
            (Kind::Episode, 2, "党史"),
            (Kind::Series, 3, "党史"),
            (Kind::Series, 4, "党史课"),
        ];
        let index = Index::build(titles);
        let keys = |limit| index.find("ds", limit).iter().map(|hit| hit.key).collect::<Vec<_>>();
        assert_eq!(keys(9), [3, 2, 1, 4]);
        assert_eq!(keys(1), [3, 2, 1]);
        assert_eq!(keys(0), [0; 0]);
    }

    #[test]
    fn what_a_member_may_not_see_leaves_its_place_to_others() {
        let index = index(&["党史一", "党史二", "党史三"]);
        let found: Vec<_> =
            index.find_where("党史", 2, |_, key| key != 0).iter().map(|hit| hit.key).collect();
        assert_eq!(found, [1, 2]);
    }

    #[test]
    fn words_of_a_query_may_stand_apart_but_better_together() {
        let titles = ["长征与党史", "党史长征", "党史"];
        let found: Vec<_> =
            index(&titles).find("党史 changzheng", 9).iter().map(|hit| (hit.key, hit.place)).collect();
        assert_eq!(found, [(1, Place::Whole), (0, Place::Scattered)]);
        assert_eq!(first(&["张老师：养生"], "ys zhang"), Some((0, Place::Scattered, Manner::Initials)));
    }

    #[test]
    fn a_query_is_cut_and_nothing_is_found_by_nothing() {
        let long = "党".repeat(300);
        assert_eq!(first(&[&long], &long).map(|found| found.0), Some(0));
        for query in ["", " ", "《》", "·", "\0", "🎵", "\u{301}"] {
            assert_eq!(first(&["党史", "🎵", ""], query), None, "{query:?}");
        }
        assert!(Index::<u32>::build([(Kind::Tag, 1, ""); 0]).find("党", 9).is_empty());
    }

    #[test]
    fn titles_made_to_be_slow_are_not() {
        // Every letter may be typed in four lengths: paths would be countless, places are few.
        let slow = "张".repeat(200);
        let query = "zhang".repeat(12);
        assert_eq!(first(&[&slow], &query).map(|found| found.1), Some(Place::Beginning));
        assert_eq!(first(&[&slow], &format!("{}x", "z".repeat(62))), None);
    }

    #[test]
    fn more_letters_than_there_are_numbers_are_no_error() {
        let letters: Vec<String> =
            ('\u{3400}'..='\u{2FA1D}').filter(|letter| letter.is_alphanumeric()).map(String::from).collect();
        assert!(letters.len() > 1 << 15);
        let index = Index::build(letters.iter().enumerate().map(|(at, title)| (Kind::Tag, at, title)));
        assert_eq!(index.find("一", 1).len(), 1);
        assert!(index.find("\u{2FA1D}", 1).len() <= 1);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail(titles in prop::collection::vec("\\PC{0,30}", 0..20), query in "\\PC{0,80}", limit in 0_usize..5) {
            let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
            let hits = index(&titles).find(&query, limit);
            prop_assert!(hits.len() <= limit);
        }

        #[test]
        fn every_title_is_found_by_itself(title in "[党史长征重庆女绿a-cA-C0-2 ·《》（）]{1,40}", other in "[党史a-c]{0,9}") {
            let found = index(&[&other, &title]).find(&title, 9);
            let searchable = title.chars().any(char::is_alphanumeric);
            prop_assert_eq!(found.iter().any(|hit| hit.key == 1 && hit.place == Place::Whole), searchable);
        }

        #[test]
        fn any_reading_initial_or_character_of_each_letter_in_turn_finds_a_title(
            ways in prop::collection::vec((0_usize..6, 0_usize..4), 1..8),
        ) {
            let letters = [
                ("党", ["党", "dang", "d", "黨"]),
                ("长", ["长", "zhang", "ch", "chang"]),
                ("女", ["女", "nv", "n", "nu"]),
                ("银", ["银", "yin", "y", "ying"]),
                ("行", ["行", "hang", "x", "xing"]),
                ("乐", ["樂", "yue", "l", "le"]),
            ];
            let title: String = ways.iter().map(|(letter, _)| letters[*letter].0).collect();
            let query: String = ways.iter().map(|(letter, way)| letters[*letter].1[*way]).collect();
            let found = first(&["别的", &title], &query);
            prop_assert_eq!(found.map(|found| (found.0, found.1)), Some((1, Place::Whole)), "{} {}", title, query);
        }
    }
}
