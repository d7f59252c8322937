//! What lists that are paged and searched have in common. Pages are counted from 1; past the end the last page is answered:
//! whoever stood there is somewhere else now, and an empty page would have no way back.

use serde::Deserialize;
use utoipa::IntoParams;
use yunke_store::Page;

use super::text::NAME_CHARS;
use crate::{
    problem::{ApiResult, Problem},
    typed,
};

/// Which page of a list without filters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// 1 is the first.
    page: Option<u32>,
}

impl Which {
    /// Its number.
    pub(super) fn number(&self) -> u32 {
        self.page.unwrap_or(1).max(1)
    }
}

/// The page a request names, of so many rows.
pub(super) fn page(number: u32, rows: i64) -> Page {
    Page { offset: (i64::from(number) - 1).max(0) * rows, limit: rows }
}

/// The last page of so many rows; there is always one.
pub(super) fn last_page(found: i64, rows: i64) -> u32 {
    u32::try_from((found - 1).div_euclid(rows) + 1).unwrap_or(u32::MAX).max(1)
}

/// What is looked for, as it was typed; nothing: everything.
pub(super) fn query(typed: Option<String>) -> ApiResult<String> {
    let query = typed::query(&typed.unwrap_or_default());
    if query.chars().count() > NAME_CHARS {
        return Err(Problem::bad_request("query_unexpected", "The name is too long."));
    }
    if query.chars().any(char::is_control) {
        return Err(Problem::bad_request("query_unexpected", "The name contains control characters."));
    }
    Ok(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_a_last_page() {
        assert_eq!([0, 1, 50, 51, 100, 101].map(|found| last_page(found, 50)), [1, 1, 1, 2, 2, 3]);
        assert_eq!(page(3, 50), Page { offset: 100, limit: 50 });
        assert_eq!(page(0, 50), Page { offset: 0, limit: 50 });
    }
}
