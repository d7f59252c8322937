//! A query as an automaton whose states are the places reached in it: a letter of a title moves it on by every way in which
//! it may be typed. Bounded by the lengths of title and query, whatever they hold; it must never recurse.

use super::{alphabet::Letter, hit::Manner, title};
use crate::letters::simplified;

/// Letters of a query that are looked at: one bit each, and one for its end.
pub(super) const PATTERN_LETTERS: usize = 63;

/// Places reached in the query, one bit each; bit 0 is its beginning, the bit behind the last letter its end.
pub(super) type Places = u64;

/// What is looked for.
#[derive(Debug)]
pub(super) struct Pattern {
    at: Vec<At>,
}

/// One letter of the query, and what follows it.
#[derive(Debug, Clone, Copy)]
struct At {
    letter: char,
    /// The ASCII letters from here on, as in a spelling.
    packed: u64,
    /// How many there are, at most 8.
    run: u8,
    /// They go on to the end of the query.
    ends: bool,
}

impl Pattern {
    /// `None` when nothing of it could stand in a title.
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut letters = Vec::new();
        title::letters(text, |letter, _| letters.push(simplified(letter)));
        letters.truncate(PATTERN_LETTERS);
        let at = (0..letters.len()).map(|from| {
            let rest = &letters[from..];
            let ascii =
                rest.iter().take(8).map_while(|letter| u8::try_from(*letter).ok().filter(u8::is_ascii));
            let (packed, run) = ascii.fold((0, 0), |(packed, run), byte| {
                (packed | (u64::from(byte) << (8 * u32::from(run))), run + 1)
            });
            At { letter: rest[0], packed, run, ends: usize::from(run) == rest.len() }
        });
        let at: Vec<At> = at.collect();
        (!at.is_empty()).then_some(Self { at })
    }

    /// Letters of the query, 1 to 63.
    pub(super) fn len(&self) -> usize {
        self.at.len()
    }

    /// The letters at these places.
    pub(super) fn letters(&self, places: Places) -> Vec<char> {
        let at = self.at.iter().enumerate().filter(|(at, _)| places & (1 << at) != 0);
        at.map(|(_, at)| at.letter).collect()
    }

    /// The bit of the end.
    pub(super) fn end(&self) -> Places {
        1 << self.at.len()
    }

    /// The best manner in which it can begin with `letter`.
    pub(super) fn begins(&self, letter: Option<Letter<'_>>) -> Option<Manner> {
        let mut best = None;
        self.step(&letter?, 0, |_, manner| best = Some(best.map_or(manner, |best: Manner| best.min(manner))));
        best
    }

    /// Calls `reach` with every place that `letter` leads to from place `from`, and in which manner.
    pub(super) fn step(&self, letter: &Letter<'_>, from: usize, mut reach: impl FnMut(usize, Manner)) {
        let Some(at) = self.at.get(from) else { return };
        if at.letter == letter.simplified {
            reach(from + 1, Manner::Written);
        }
        if at.run == 0 {
            return;
        }
        for spelling in letter.spellings {
            if spelling.len <= at.run {
                if at.packed & ones(spelling.len) == spelling.packed {
                    reach(from + usize::from(spelling.len), spelling.manner);
                }
            } else if at.ends && spelling.packed & ones(at.run) == at.packed {
                // The last syllable is still being typed.
                reach(self.at.len(), spelling.manner.max(Manner::Begun));
            }
        }
    }
}

/// The lowest `bytes` bytes.
fn ones(bytes: u8) -> u64 {
    if bytes >= 8 { u64::MAX } else { (1 << (8 * u32::from(bytes))) - 1 }
}
