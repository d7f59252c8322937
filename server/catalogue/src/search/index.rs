//! All titles in memory.

use super::{
    alphabet::{Alphabet, Id, Numbering, WORD},
    hit::Kind,
    title,
};

/// The titles, ready to be searched: 2 bytes a letter and 24 a title. It does not change; build a new one.
#[derive(Debug)]
pub struct Index<K> {
    pub(super) alphabet: Alphabet,
    text: Vec<Id>,
    pub(super) entries: Vec<Entry<K>>,
}

/// A title, and whose it is.
#[derive(Debug)]
pub(super) struct Entry<K> {
    pub(super) key: K,
    pub(super) kind: Kind,
    /// Where in the text its title ends; it begins where the one before ends.
    end: u32,
}

impl<K: Copy> Index<K> {
    /// An index of `(kind, key, title)`. A key may have several titles (an alias, a tag) and is then found once per title.
    pub fn build<T: AsRef<str>>(titles: impl IntoIterator<Item = (Kind, K, T)>) -> Self {
        let mut numbering = Numbering::new();
        let mut text = Vec::new();
        let mut entries = Vec::new();
        for (kind, key, title) in titles {
            title::letters(title.as_ref(), |letter, begins| {
                text.push(numbering.id(letter) | if begins { WORD } else { 0 });
            });
            // 4 thousand million letters are 20 million of the longest titles: what is behind them is not found.
            let Ok(end) = u32::try_from(text.len()) else { break };
            entries.push(Entry { key, kind, end });
        }
        text.shrink_to_fit();
        entries.shrink_to_fit();
        Self { alphabet: numbering.finish(), text, entries }
    }

    /// Titles in it.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Without any title.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The letters of each title.
    pub(super) fn titles(&self) -> impl Iterator<Item = (&Entry<K>, &[Id])> {
        let mut from = 0;
        self.entries.iter().map(move |entry| {
            let to = entry.end as usize;
            let title = &self.text[from..to];
            from = to;
            (entry, title)
        })
    }
}
