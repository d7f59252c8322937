use super::*;

fn finds(typed: &str, name: &str) -> bool {
    let (query, keys) = (NameQuery::of(typed), NameKeys::of(name));
    (!query.plain.is_empty() && keys.find.contains(&query.plain))
        || (!query.reading.is_empty() && keys.find.contains(&query.reading))
}

#[test]
fn a_name_is_found_by_characters_pinyin_and_initials() {
    for (typed, name) in [
        ("曾", "曾国藩"),
        ("国藩", "曾国藩"),
        ("zeng", "曾国藩"),
        ("ceng", "曾国藩"),
        ("zengguofan", "曾国藩"),
        ("Zēng Guófān", "曾国藩"),
        ("zgf", "曾国藩"),
        ("gf", "曾国藩"),
        ("guofan", "曾国藩"),
        ("shan", "单田芳"),
        ("ou", "区静"),
        ("qu", "区静"),
        ("zhangwei", "张伟"),
        ("zangwei", "张伟"),
        ("zhan", "张伟"),
        ("lv", "吕红"),
        ("lu", "吕红"),
        ("nin", "林小红"),
        ("weichi", "尉迟恭"),
        ("yuchi", "尉迟恭"),
        ("黃", "黄河"),
        ("smith", "John Smith"),
        ("gulimire", "古丽米热·艾比布力"),
        ("aibibuli", "古丽米热·艾比布力"),
        ("glmr", "古丽米热·艾比布力"),
    ] {
        assert!(
            finds(typed, name),
            "{typed} finds {name}: {:?} in {:?}",
            NameQuery::of(typed),
            NameKeys::of(name)
        );
    }
}

#[test]
fn nothing_is_found_from_the_middle_of_a_syllable() {
    for (typed, name) in [("uo", "曾国藩"), ("an", "张伟"), ("wang", "张伟"), ("|", "张伟"), ("·", "张伟")]
    {
        assert!(!finds(typed, name), "{typed} in {name}");
    }
}

// any-rule#294, w3c/typography#86, UnicodeCJK-WuBi06#30: the dot comes as · • ・ ‧ . and rare characters in private use.
#[test]
fn dots_and_old_code_points_make_no_difference() {
    for dot in ['·', '•', '・', '‧', '.', '．', ' ', '\u{200B}'] {
        assert_eq!(plain(&format!("古丽米热{dot}艾比布力")), plain("古丽米热·艾比布力"), "{dot:?}");
    }
    assert_eq!(plain("王\u{E863}"), plain("王䶮"));
    assert_eq!(plain("王\u{E864}"), plain("王\u{9FBB}"));
    assert!(finds("王䶮", "王\u{E863}"));
    assert_ne!(plain("王𰌂"), plain("王"));
}

#[test]
fn surnames_are_in_the_order_of_their_own_readings() {
    let mut names = vec!["赵一", "单雄信", "曾巩", "区静", "陈平", "艾青", "欧阳修"];
    names.sort_by_key(|name| NameKeys::of(name).sort);
    assert_eq!(names, ["艾青", "陈平", "区静", "欧阳修", "单雄信", "曾巩", "赵一"]);
}

#[test]
fn what_is_kept_of_any_name_is_short() {
    for name in ["乐行长重曾单", &"乐".repeat(200), &"a".repeat(500), &"乐·".repeat(60), "", "···"]
    {
        assert!(NameKeys::of(name).find.len() < 8_000, "{name}: {}", NameKeys::of(name).find.len());
    }
}
