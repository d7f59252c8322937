//! Cases of sharing.

use super::{NOW, id, planned, town};
use crate::{NewShareCode, Store, StoreError};

/// The first code stays; another lesson cannot have it; a lesson that is none has none.
pub async fn a_lesson_has_one_code_for_ever(store: &dyn Store) {
    let town = town(store).await;
    let (lesson, other) = (planned(store, &town, 100).await, planned(store, &town, 101).await);
    let share = async |lesson_id, code: &str| {
        let code = code.to_owned();
        store.share_code(NewShareCode { lesson_id, code, actor_id: town.lecturer, at: NOW }).await
    };
    for code in ["abcdefghjk", "kjhgfedcba"] {
        assert_eq!(share(lesson, code).await.expect("shared"), "abcdefghjk");
    }
    assert!(matches!(share(other, "abcdefghjk").await, Err(StoreError::Duplicate)));
    assert!(matches!(share(id(999), "2222222222").await, Err(StoreError::Dangling)));
    assert_eq!(store.shared_lesson("abcdefghjk").await.expect("asked"), Some(lesson));
    for none in ["kjhgfedcba", "ABCDEFGHJK", ""] {
        assert_eq!(store.shared_lesson(none).await.expect("asked"), None, "{none}");
    }
}
