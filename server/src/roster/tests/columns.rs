//! Finding what columns mean.

use super::{Field, KnownColumns, find_columns, table};

fn fields(csv: &str, known: &KnownColumns) -> (u32, Vec<Option<Field>>) {
    let columns = find_columns(&table(csv), None, None, known);
    (columns.header_row, columns.fields)
}

/// tafia/calamine#283, #470, postmangovsg#88, dotCMS#36508, databend#18560: titles, and marks nobody sees.
#[test]
fn headings_below_titles_are_found_whatever_stands_in_them() {
    let csv = "二〇二六年党员名册,,\n\n\u{FEFF}姓名,手 机 号,支部 ,* 成员编号（必填）\n王芳,,一支部,1\n";
    let wanted = [Field::Name, Field::Phone, Field::Branch, Field::MemberNo].map(Some).to_vec();
    assert_eq!(fields(csv, &KnownColumns::default()), (3, wanted));
    let english = "Name,Mobile number,Branch,Member No.,Remarks\nA,,B,,\n";
    let (row, found) = fields(english, &KnownColumns::default());
    assert_eq!((row, found.len(), found[4]), (1, 5, None));
    assert_eq!(found[3], Some(Field::MemberNo));
}

#[test]
fn a_column_that_means_the_same_again_means_nothing() {
    let (_, found) = fields("姓名,手机,联系电话\n王芳,1,2\n", &KnownColumns::default());
    assert_eq!(found, [Some(Field::Name), Some(Field::Phone), None]);
}

#[test]
fn what_a_heading_meant_is_remembered() {
    let csv = "员工,单位,电话\n王芳,一支部,13800000001\n";
    let mut known = KnownColumns::default();
    assert_eq!(fields(csv, &known).1, [None, None, Some(Field::Phone)]);
    let headings = ["员工", "单位", "电话"].map(str::to_owned);
    known.learn(&headings, &[Some(Field::Name), Some(Field::Branch), None]);
    assert_eq!(fields(csv, &known).1, [Some(Field::Name), Some(Field::Branch), None]);
}

#[test]
fn headings_can_be_said() {
    let csv = "甲,乙\n丙,丁\n王芳,一支部\n";
    let said = [Some(Field::Name), Some(Field::Branch)];
    let columns = find_columns(&table(csv), Some(2), Some(&said), &KnownColumns::default());
    assert_eq!(
        (columns.header_row, columns.headings.join(" "), columns.is_usable()),
        (2, "丙 丁".to_owned(), true)
    );
    let none = find_columns(&table(csv), None, None, &KnownColumns::default());
    assert_eq!((none.header_row, none.is_usable()), (1, false));
}
