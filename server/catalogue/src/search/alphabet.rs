//! The letters of all titles, numbered, each with the ways to type it: a title is then two bytes a letter.

use std::collections::HashMap;

use super::spelling::{Spelling, spellings};
use crate::letters::simplified;

/// The number of a letter in a title; the highest bit says that a word begins with it.
pub(super) type Id = u16;

/// Set where a word begins.
pub(super) const WORD: Id = 1 << 15;

/// The number of letters for which there is no number left: Unicode has more, titles do not. They are found by nothing.
const FULL: Id = WORD - 1;

/// A letter with what is known of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letter<'a> {
    pub(super) simplified: char,
    pub(super) spellings: &'a [Spelling],
}

/// All letters by their numbers.
#[derive(Debug, Default)]
pub(super) struct Alphabet {
    known: Vec<Known>,
    spellings: Vec<Spelling>,
}

#[derive(Debug)]
struct Known {
    simplified: char,
    /// Where its spellings begin; they end where those of the next one begin.
    spellings: usize,
    /// A bit for each letter a spelling begins with.
    initials: u32,
}

impl Alphabet {
    /// How many letters there are.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn get(&self, id: usize) -> Option<Letter<'_>> {
        let known = self.known.get(id)?;
        let end = self.known.get(id + 1).map_or(self.spellings.len(), |next| next.spellings);
        Some(Letter { simplified: known.simplified, spellings: &self.spellings[known.spellings..end] })
    }

    /// Numbers a letter.
    fn add(&mut self, letter: char) -> Id {
        let Some(id) = Id::try_from(self.known.len()).ok().filter(|id| *id < FULL) else { return FULL };
        let ways = spellings(letter);
        let initials =
            ways.iter().fold(0, |bits, way| bits | initial(char::from(way.packed.to_le_bytes()[0])));
        self.known.push(Known { simplified: simplified(letter), spellings: self.spellings.len(), initials });
        self.spellings.extend(ways);
        id
    }

    /// Which letters a query, or what is left of it, can begin with if its next letter is one of `letters`.
    pub(super) fn beginning(&self, letters: &[char]) -> Vec<bool> {
        let initials = letters.iter().fold(0, |bits, letter| bits | initial(*letter));
        let begins = |known: &Known| known.initials & initials != 0 || letters.contains(&known.simplified);
        self.known.iter().map(begins).collect()
    }
}

/// Numbers letters while titles are read.
#[derive(Debug)]
pub(super) struct Numbering {
    alphabet: Alphabet,
    /// By code point, for nearly all; [`UNKNOWN`] where there is no number yet.
    common: Vec<Id>,
    others: HashMap<char, Id>,
}

const UNKNOWN: Id = Id::MAX;

impl Numbering {
    pub(super) fn new() -> Self {
        Self { alphabet: Alphabet::default(), common: vec![UNKNOWN; 1 << 16], others: HashMap::new() }
    }

    /// The number of a letter, without [`WORD`].
    pub(super) fn id(&mut self, letter: char) -> Id {
        let common = self.common.get(letter as usize).copied();
        let known = common.or_else(|| self.others.get(&letter).copied()).unwrap_or(UNKNOWN);
        if known != UNKNOWN {
            return known;
        }
        let id = self.alphabet.add(letter);
        match self.common.get_mut(letter as usize) {
            Some(slot) => *slot = id,
            // Those that found no place any more are not remembered: there are too many of them.
            None if id < FULL => drop(self.others.insert(letter, id)),
            None => {}
        }
        id
    }

    pub(super) fn finish(self) -> Alphabet {
        self.alphabet
    }
}

fn initial(letter: char) -> u32 {
    if letter.is_ascii_lowercase() { 1 << (letter as u32 - 'a' as u32) } else { 0 }
}
