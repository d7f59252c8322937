//! Who is missing in a file.

use uuid::Uuid;

use super::{ACTOR, FIRST, NAMESAKE, SECOND, person, planned, with};

fn proposed(csv: &str, people: Vec<super::RosterPerson>) -> Vec<Uuid> {
    planned(csv, &with(people)).leavers.into_iter().map(|write| write.id).collect()
}

#[test]
fn only_who_is_of_a_branch_in_the_file_is_proposed_to_leave() {
    let people = || {
        vec![
            person(1, "王芳", FIRST, "", ""),
            person(2, "李娜", FIRST, "", ""),
            person(3, "张伟", SECOND, "", ""),
            person(4, "刘洋", NAMESAKE, "", ""),
        ]
    };
    let csv = "姓名,支部\n王芳,甲站/一支部\n";
    assert_eq!(proposed(csv, people()), [Uuid::from_u128(2)]);
    let made = planned(csv, &with(people()));
    assert_eq!(made.writes.len(), 0, "proposed is not done");
    // Without a column of branches the file is of none.
    assert!(proposed("姓名\n王芳\n", people()).is_empty());
}

#[test]
fn who_may_be_meant_by_a_bad_row_who_has_a_role_and_who_imports_is_not_proposed() {
    let mut lecturer = person(3, "讲师", FIRST, "", "");
    lecturer.has_roles = true;
    let mut gone = person(5, "旧人", FIRST, "", "");
    gone.columns.disabled_at = Some(1);
    let people = vec![
        person(1, "王芳", FIRST, "", ""),
        person(2, "李娜", FIRST, "", ""),
        lecturer,
        person(ACTOR.as_u128(), "自己", FIRST, "", ""),
        gone,
    ];
    let csv = "姓名,支部,手机\n王芳,甲站/一支部,12\n新人,甲站/一支部,\n";
    assert_eq!(proposed(csv, people), [Uuid::from_u128(2)]);
}
