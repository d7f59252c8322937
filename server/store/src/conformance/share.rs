//! Cases of sharing.

use super::{NOW, id, planned, town};
use crate::{NewShareCode, Page, SharedCode, Store, StoreError};

/// The first code stays; another lesson cannot have it; a lesson that is none has none.
pub async fn a_lesson_has_one_code_until_it_is_revoked(store: &dyn Store) {
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
    assert_eq!(store.shared("abcdefghjk").await.expect("asked"), Some(SharedCode::Lesson(lesson)));
    for none in ["kjhgfedcba", "ABCDEFGHJK", ""] {
        assert_eq!(store.shared(none).await.expect("asked"), None, "{none}");
    }
    let renew = |code: &str| {
        let code = code.to_owned();
        store.renew_share_code(NewShareCode {
            lesson_id: lesson,
            code,
            actor_id: town.organizer,
            at: NOW + 1,
        })
    };
    // A code that is in use, or was, is nobody's second one, and then the first stays.
    assert!(matches!(renew("abcdefghjk").await, Err(StoreError::Duplicate)));
    assert_eq!(share(lesson, "mnpqrstuvw").await.expect("shared"), "abcdefghjk");
    renew("mnpqrstuvw").await.expect("renewed");
    assert_eq!(store.shared("abcdefghjk").await.expect("asked"), Some(SharedCode::Revoked));
    assert_eq!(store.shared("mnpqrstuvw").await.expect("asked"), Some(SharedCode::Lesson(lesson)));
    assert_eq!(share(lesson, "2222222222").await.expect("shared"), "mnpqrstuvw");
    let lines = store.audit_of(lesson, Page { offset: 0, limit: 100 }).await.expect("asked");
    let renewed: Vec<_> = lines.iter().filter(|line| line.action == "lesson.share_renewed").collect();
    assert_eq!((renewed.len(), renewed[0].actor_id), (1, Some(town.organizer)));
    assert!(lines.iter().all(|line| !line.detail.contains("mnpq")), "a code is no business of the log");
}
