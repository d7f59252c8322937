//! What an authority is answered over plain http while it looks whether a name is ours, and who came to look.

use std::{collections::HashMap, net::IpAddr, sync::Mutex};

/// Addresses that are remembered of who asked; an authority asks from some five.
const CHECKERS: usize = 32;

/// Tokens and their answers, of the order under way; bounded by its names.
#[derive(Debug, Default)]
pub(crate) struct Challenges(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<String, String>,
    checkers: Vec<IpAddr>,
}

impl Challenges {
    /// The answer to a token, for whoever asks from there.
    pub(crate) fn answer(&self, token: &str, from: Option<IpAddr>) -> Option<String> {
        let mut kept = self.0.lock().expect("no panic while held");
        let answer = kept.answers.get(token).cloned()?;
        if let Some(from) =
            from.filter(|from| !kept.checkers.contains(from) && kept.checkers.len() < CHECKERS)
        {
            kept.checkers.push(from);
        }
        Some(answer)
    }

    pub(super) fn offer(&self, token: String, answer: String) {
        self.0.lock().expect("no panic while held").answers.insert(token, answer);
    }

    /// The order is over. Says from how many addresses somebody came to look.
    pub(super) fn clear(&self) -> usize {
        let kept = std::mem::take(&mut *self.0.lock().expect("no panic while held"));
        kept.checkers.len()
    }
}
