//! Who is who.

use super::{FIRST, ImportKind, RosterPerson, changed, person, planned, said, with};
use crate::roster::{Field, ReasonCode};

fn left(person: RosterPerson) -> RosterPerson {
    let mut person = person;
    person.columns.disabled_at = Some(5);
    person
}

#[test]
fn a_number_is_who_one_is_and_a_phone_is_not() {
    let facts = with(vec![
        person(1, "王芳", FIRST, "13800000001", "7"),
        person(2, "王强", FIRST, "13800000001", "8"),
    ]);
    // Two of one family with one phone, another name after marriage, another branch.
    let made = planned(
        "姓名,支部,手机,成员编号\n王小芳,二支部,13800000001,7\n王强,甲站/一支部,13800000001,8\n",
        &facts,
    );
    assert_eq!(said(&made)[0].1, ImportKind::Move);
    assert_eq!(changed(&made), [(Field::Name, Some("王小芳")), (Field::Branch, Some("二支部"))]);
    assert_eq!(made.counts().same, 1);
}

#[test]
fn without_a_number_name_and_phone_are_who_one_is_also_in_another_branch() {
    let facts = with(vec![person(1, "王芳", FIRST, "13800000001", "")]);
    let made = planned("姓名,支部,手机\n王芳,二支部,13800000001\n", &facts);
    assert_eq!((made.counts().moves, made.counts().leave), (1, 0));
    let other = planned("姓名,支部,手机\n王芳,二支部,13900000001\n", &facts);
    assert_eq!((other.counts().add, other.counts().leave), (1, 0));
}

#[test]
fn a_name_within_the_branch_is_enough_where_no_number_contradicts() {
    let facts = with(vec![person(1, "古丽米热•艾比布力", FIRST, "", "")]);
    let made = planned("姓名,支部,手机,成员编号\n古丽米热·艾比布力,甲站/一支部,13800000001,7\n", &facts);
    assert_eq!(made.counts().change, 1);
    assert_eq!(changed(&made)[0], (Field::Name, Some("古丽米热·艾比布力")), "as the roster writes it");
    let old = with(vec![person(1, "王䶮", FIRST, "", "")]);
    assert_eq!(planned("姓名,支部\n王\u{E863},甲站/一支部\n", &old).counts().change, 1);
    let facts = with(vec![person(1, "王芳", FIRST, "13800000001", "7")]);
    for row in ["王芳,甲站/一支部,13900000001,", "王芳,甲站/一支部,13800000001,8"] {
        let made = planned(&format!("姓名,支部,手机,成员编号\n{row}\n"), &facts);
        assert_eq!((made.counts().add, made.counts().change), (1, 0), "{row}");
    }
}

#[test]
fn two_of_one_name_in_one_branch_are_never_chosen_between() {
    let two = vec![person(1, "王芳", FIRST, "", ""), person(2, "王芳", FIRST, "", "")];
    let made = planned("姓名,支部,手机\n王芳,甲站/一支部,13800000001\n", &with(two));
    assert_eq!(said(&made)[0], (Some(2), ImportKind::Bad, vec![ReasonCode::Ambiguous]));
    assert_eq!((made.writes.len(), made.leavers.len()), (0, 0), "and neither is proposed to leave");
    // With what tells them apart, each is the one they are.
    let two = vec![person(1, "王芳", FIRST, "13800000001", ""), person(2, "王芳", FIRST, "13800000002", "")];
    let csv = "姓名,支部,手机\n王芳,甲站/一支部,13800000001\n王芳,甲站/一支部,13800000002\n";
    assert_eq!(planned(csv, &with(two)).counts().same, 2);
    assert_eq!(planned(csv, &with(Vec::new())).counts().add, 2, "two new ones");
}

#[test]
fn a_sure_row_does_not_lose_its_person_to_a_guess() {
    let facts = with(vec![person(1, "王芳", FIRST, "13800000001", "")]);
    let made = planned("姓名,支部,手机\n王芳,甲站/一支部,\n王芳,甲站/一支部,13800000001\n", &facts);
    let kinds: Vec<ImportKind> = made.lines.iter().map(|line| line.kind).collect();
    assert_eq!(kinds, [ImportKind::Add, ImportKind::Same]);
}

#[test]
fn duplicates_in_the_file_are_named_with_their_rows() {
    let csv = "姓名,支部,手机,成员编号\n\
               王芳,甲站/一支部,,7\n\
               李娜,甲站/一支部,,7\n\
               张伟,甲站/一支部,,\n\
               张伟,甲站/一支部,,\n\
               刘洋,甲站/一支部,,8\n\
               刘洋,二支部,,9\n";
    let facts = with(vec![person(1, "刘洋", FIRST, "13800000001", "")]);
    let made = planned(csv, &facts);
    let codes: Vec<Option<ReasonCode>> =
        made.lines.iter().map(|line| line.reasons.first().map(|reason| reason.code)).collect();
    let twice = Some(ReasonCode::NumberTwice);
    assert_eq!(codes, [twice, twice, None, Some(ReasonCode::RowTwice), None, None]);
    assert_eq!(made.lines[0].reasons[0].text.as_deref(), Some("3"));
    assert_eq!(made.lines[3].reasons[0].text.as_deref(), Some("4"));
    assert_eq!(made.lines[4].kind, ImportKind::Change);
}

#[test]
fn two_rows_for_one_person_are_both_refused() {
    let facts = with(vec![person(1, "王芳", FIRST, "", "")]);
    let made = planned("姓名,支部,成员编号\n王芳,甲站/一支部,7\n王芳,甲站/一支部,8\n", &facts);
    let codes: Vec<ReasonCode> = made.lines.iter().map(|line| line.reasons[0].code).collect();
    assert_eq!(codes, [ReasonCode::PersonTwice, ReasonCode::PersonTwice]);
}

/// NPSP#987, `tool_mergeusers`#213: who comes back is doubled.
#[test]
fn who_left_and_returns_is_the_same_person() {
    let facts = with(vec![left(person(1, "王芳", FIRST, "13800000001", "7"))]);
    for row in ["王芳,甲站/一支部,,7", "王芳,二支部,13800000001,", "王芳,甲站/一支部,,"] {
        let made = planned(&format!("姓名,支部,手机,成员编号\n{row}\n"), &facts);
        assert_eq!(said(&made)[0].1, ImportKind::Return, "{row}");
        assert_eq!(made.writes[0].id, facts.people[0].id);
        assert_eq!(made.writes[0].after.disabled_at, None);
    }
    let made = planned("姓名,成员编号\n王芳,7\n", &facts);
    assert_eq!(said(&made)[0].2, [ReasonCode::BranchMissing], "back where?");
    // Of two the one who has not left.
    let facts = with(vec![left(person(1, "王芳", FIRST, "", "")), person(2, "王芳", FIRST, "", "")]);
    assert_eq!(planned("姓名,支部\n王芳,甲站/一支部\n", &facts).counts().same, 1);
}

#[test]
fn who_has_a_role_elsewhere_is_not_changed_from_here() {
    let mut chief = person(1, "王芳", FIRST, "13800000001", "7");
    (chief.has_roles, chief.within) = (true, false);
    let facts = with(vec![chief]);
    let made = planned("姓名,支部,手机,成员编号\n王芳,甲站/一支部,13900000001,7\n", &facts);
    assert_eq!(said(&made)[0].2, [ReasonCode::NotYours]);
    assert_eq!(planned("姓名,支部,成员编号\n王芳,甲站/一支部,7\n", &facts).counts().same, 1);
}
