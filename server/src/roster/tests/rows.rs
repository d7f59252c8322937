//! What rows say.

use rust_xlsxwriter::{Format, Workbook};

use super::{
    FIRST, Field, ImportKind, KnownColumns, ReasonCode, changed, file, file_rows, find_columns, person,
    planned, said, with,
};
use crate::roster::{
    PlanFacts, Told, plan,
    read::{ReadOptions, read},
};

/// alibaba/easyexcel#759, #447, jethro-pmm#441, #446: a merged branch fills its first row only, or a phone bleeds into the next.
#[test]
fn a_merged_branch_fills_its_rows_and_nothing_else_is_copied_down() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in (0..).zip(["姓名", "支部", "手机"]) {
        sheet.write_string(0, column, heading).expect("written");
    }
    for (row, name) in (1..).zip(["王芳", "李娜", "张伟", "刘洋", "陈静"]) {
        sheet.write_string(row, 0, name).expect("written");
    }
    sheet.merge_range(1, 1, 3, 1, "二支部", &Format::new()).expect("merged");
    sheet.write_string(4, 2, "13800000005").expect("written");
    sheet.write_string(5, 1, "二支部").expect("written");
    let bytes = book.save_to_buffer().expect("written");
    let table = read(&bytes, &ReadOptions::default(), &|_| {}).expect("read");
    let rows = file_rows(&table, &find_columns(&table, None, None, &KnownColumns::default()));
    let branches: Vec<String> = rows.iter().map(|row| row.branch.join("/")).collect();
    assert_eq!(branches, ["二支部", "二支部", "二支部", "", "二支部"]);
    let facts = with(vec![person(5, "陈静", super::SECOND, "13900000006", "")]);
    let elsewhere = std::collections::HashSet::new();
    let made =
        plan(&rows, PlanFacts { known: &facts, elsewhere: &elsewhere, actor_id: super::ACTOR }, &|_| {});
    let add = |row| (Some(row), ImportKind::Add, vec![]);
    assert_eq!(
        said(&made),
        [
            add(2),
            add(3),
            add(4),
            (Some(5), ImportKind::Bad, vec![ReasonCode::BranchMissing]),
            // Her phone is the one that was kept, and not that of the row above.
            (Some(6), ImportKind::Same, vec![]),
        ]
    );
}

/// glific#4815, zetkin#2059, woocommerce#58000: numbers equal to the eye and different to the system.
#[test]
fn pasted_numbers_are_the_number_that_is_kept() {
    let facts = with(vec![person(1, "王芳", FIRST, "13800000001", "")]);
    for phone in [
        "\u{202D}13800000001\u{202C}",
        "１３８００００００01",
        "138 0000 0001",
        "+86-138-0000-0001",
        "13800000001.0",
    ] {
        let made = planned(&format!("姓名,支部,手机\n王芳,甲站/一支部,{phone}\n"), &facts);
        assert_eq!(made.counts().same, 1, "{phone:?} {:?}", said(&made));
    }
}

#[test]
fn a_masked_number_is_none_and_the_kept_one_stays() {
    let facts = with(vec![person(1, "王芳", FIRST, "13800001111", "7")]);
    for masked in ["138****1111", "138＊＊＊＊1111", "*******"] {
        let made = planned(&format!("姓名,手机,成员编号\n王芳,{masked},7\n"), &facts);
        assert_eq!(made.counts().same, 1, "{masked}");
    }
    let made = planned("姓名,支部,手机\n李娜,甲站/一支部,138****1111\n", &facts);
    assert_eq!((made.counts().add, made.writes[0].after.phone.as_deref()), (1, None));
}

#[test]
fn an_empty_cell_keeps_what_there_is() {
    let facts = with(vec![person(1, "王芳", FIRST, "13800000001", "7")]);
    assert_eq!(planned("姓名,支部,手机,成员编号\n王芳,甲站/一支部,,\n", &facts).counts().same, 1);
    assert_eq!(planned("姓名,成员编号\n王芳,7\n", &facts).counts().same, 1, "also a whole column");
    let made = planned("姓名,手机,成员编号\n王小芳,13900000001,7\n", &facts);
    assert_eq!(changed(&made), [(Field::Name, Some("王小芳")), (Field::Phone, Some("13900000001"))]);
    assert_eq!(made.lines[0].changes[1].from.as_deref(), Some("138****0001"), "what is kept is shown masked");
}

#[test]
fn what_is_wrong_with_a_row_is_said_and_the_others_go_on() {
    let csv = "姓名,支部,手机,成员编号\n\
               ,甲站/一支部,,\n\
               王芳,九支部,,\n\
               李娜,一支部,,\n\
               张伟,甲站/一支部,12345,\n\
               刘洋,甲站/一支部,1.38E+10,\n\
               \"陈\u{202E}静\",甲站/一支部,,\n\
               杨敏,甲站/一支部,,E1\n\
               赵磊,甲站/一支部,,\n";
    let bad = |row, reason| (Some(row), ImportKind::Bad, vec![reason]);
    assert_eq!(
        said(&planned(csv, &super::town())),
        [
            bad(2, ReasonCode::NameMissing),
            bad(3, ReasonCode::BranchUnknown),
            bad(4, ReasonCode::BranchAmbiguous),
            bad(5, ReasonCode::PhoneInvalid),
            bad(6, ReasonCode::DigitsLost),
            bad(7, ReasonCode::TextInvalid),
            bad(8, ReasonCode::NumberElsewhere),
            (Some(9), ImportKind::Add, vec![]),
        ]
    );
    let made = planned(csv, &super::town());
    assert_eq!(made.lines[2].reasons[0].text.as_deref(), Some("中心/甲站/一支部、中心/乙站/一支部"));
    assert_eq!(made.lines[3].cells, ["张伟", "甲站/一支部", "12345", ""]);
}

#[test]
fn branches_are_found_as_rosters_write_them() {
    for branch in
        ["甲站/一支部", "中心/甲站/一支部", "甲站／一党支部", " 甲站 › 一支部", "中共甲站/一支部委员会"]
    {
        let made = planned(&format!("姓名,支部\n王芳,{branch}\n"), &super::town());
        assert_eq!(made.lines[0].kind, ImportKind::Add, "{branch}: {:?}", made.lines[0].reasons);
    }
    for branch in ["二支部", "二党支部", "中共二支部委员会", "二 支 部"] {
        let made = planned(&format!("姓名,支部\n王芳,{branch}\n"), &super::town());
        assert_eq!(
            made.writes.first().and_then(|write| write.after.branch_id),
            Some(super::SECOND),
            "{branch}"
        );
    }
    let made = planned("姓名,站,支部\n王芳,乙站,一支部\n", &super::town());
    assert_eq!(made.writes[0].after.branch_id, Some(super::NAMESAKE));
}

#[test]
fn names_are_what_people_are_called() {
    let rows = file(
        "姓名,支部\n王　芳,一支部\n\"张\n三\",一支部\nO'Brien  Pat,一支部\n=cmd,一支部\n𠮷田,一支部\nمحمد,一支部\n",
    );
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["王芳", "张三", "O'Brien Pat", "=cmd", "𠮷田", "محمد"]);
    assert!(rows.iter().all(|row| row.reasons.is_empty() && row.phone == Told::Nothing));
}
