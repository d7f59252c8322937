//! The columns of the first sheet, 名单: what people print and pin up, in a size that can be read. Its rows are made of those of
//! 个人明细, so that the two sheets cannot say different things.

use super::columns::{COLUMNS, Cell};

/// Heading, width in characters, and the column of 个人明细 it is taken from; together they fill A4, landscape, at full size.
/// The first has no such column: it counts the rows.
pub(super) const LIST: [(&str, u32, &str); 11] = [
    ("序号", 5, ""),
    ("支部", 20, "支部"),
    ("姓名", 10, "姓名"),
    ("成员编号", 12, "成员编号"),
    ("首次进入", 16, "首次进入"),
    ("末次离开", 16, "末次离开"),
    ("观看时长", 8, "观看时长"),
    ("覆盖率", 8, "覆盖率"),
    ("学时", 6, "最终学时"),
    ("状态", 9, "状态"),
    ("原因", 36, "原因"),
];

/// A row of 个人明细, as the first sheet has it; `number`: which one it is, none: the totals.
pub(super) fn row(number: Option<u32>, detail: &[Cell; COLUMNS.len()]) -> [Cell; LIST.len()] {
    LIST.map(|(_, _, from)| match COLUMNS.iter().position(|(heading, _)| *heading == from) {
        Some(column) => detail[column].clone(),
        None => number.map_or_else(|| Cell::Text("合计".to_owned()), |number| Cell::Count(i64::from(number))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_is_one_of_the_detail_and_all_of_them_fit_on_the_page() {
        for (heading, _, from) in &LIST[1..] {
            assert!(COLUMNS.iter().any(|(name, _)| name == from), "{heading}");
        }
        // 282 mm at 96 dpi; a character of the default font takes 7 pixels, a column 5 besides.
        let pixels: u32 = LIST.iter().map(|(_, width, _)| width * 7 + 5).sum();
        assert!((1_000..=1_090).contains(&pixels), "{pixels}");
    }

    #[test]
    fn a_row_says_what_the_detail_says() {
        let mut detail = COLUMNS.map(|(heading, _)| Cell::Text(heading.to_owned()));
        detail[22] = Cell::Hours(500);
        let row = row(Some(7), &detail);
        assert_eq!(row[0], Cell::Count(7));
        assert_eq!((&row[1], &row[8]), (&Cell::Text("支部".to_owned()), &Cell::Hours(500)));
        assert_eq!(super::row(None, &detail)[0], Cell::Text("合计".to_owned()));
    }
}
