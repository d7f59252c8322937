//! Which passwords people may choose. The pages show the same rules while somebody types.

use crate::{
    auth::{PASSWORD_CHARS, Weakness, weakness},
    problem::{ApiResult, Problem},
    typed,
};

/// A password as it will be checked: without surrounding spaces and marks, which came along when it was
/// copied. Signing in ignores them, too.
pub(super) fn check(field: &str, typed: &str, phone: &str) -> ApiResult<String> {
    let password = typed::trimmed(typed);
    match weakness(password, phone) {
        Some(weakness) => Err(weak(field, weakness)),
        None => Ok(password.to_owned()),
    }
}

/// The problem with a password that is refused.
fn weak(field: &str, weakness: Weakness) -> Problem {
    let (code, sentence) = match weakness {
        Weakness::Length => ("password_length", "A password has 8 to 128 characters."),
        Weakness::Common => (
            "password_common",
            "This password is one of the first that anybody would try. Take some words of your own.",
        ),
        Weakness::Phone => ("password_phone", "A password must not have the phone number in it."),
    };
    let (least, most) = (*PASSWORD_CHARS.start(), *PASSWORD_CHARS.end());
    Problem::field(field, code, sentence).with("least", least).with("most", most)
}
