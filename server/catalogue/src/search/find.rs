//! A query over all titles: a quick look whether it stands in a title at all, then where best.

use super::{
    alphabet::{Alphabet, Id, WORD},
    hit::{Hit, Kind, Manner, Place},
    index::Index,
    pattern::{Pattern, Places},
    rank::{Best, Rank},
};

/// Characters of a query; what is longer is cut.
pub const QUERY_CHARS: usize = 64;

/// Hits of each kind at most, whatever is asked for.
pub const HITS_MAX: usize = 1_000;

/// Words of a query that are looked for apart from each other; further ones are not.
const WORDS_MAX: usize = 8;

/// The manners, as many states as a place of the query can have.
const MANNERS: [Manner; 5] =
    [Manner::Written, Manner::Spelled, Manner::Begun, Manner::Initials, Manner::Forgiven];

impl<K: Copy> Index<K> {
    /// The best hits, at most `limit` of each kind (and [`HITS_MAX`]), best first: what is meant exactly, then by place, by
    /// manner, series before episodes, shorter titles, and the order they were built in.
    pub fn find(&self, query: &str, limit: usize) -> Vec<Hit<K>> {
        self.find_where(query, limit, |_, _| true)
    }

    /// The same among what `admits` allows. It is asked only for hits good enough to be returned.
    pub fn find_where(&self, query: &str, limit: usize, admits: impl FnMut(Kind, K) -> bool) -> Vec<Hit<K>> {
        find(self, query, limit.min(HITS_MAX), admits)
    }
}

fn find<K: Copy>(
    index: &Index<K>,
    query: &str,
    limit: usize,
    mut admits: impl FnMut(Kind, K) -> bool,
) -> Vec<Hit<K>> {
    let query: String = query.chars().take(QUERY_CHARS).collect();
    let Some(pattern) = Pattern::new(&query) else { return Vec::new() };
    let mut whole = Search::new(&index.alphabet, pattern);
    let words: Vec<Pattern> = query.split_whitespace().filter_map(Pattern::new).take(WORDS_MAX).collect();
    let mut words: Vec<Search<'_>> = if words.len() > 1 {
        words.into_iter().map(|word| Search::new(&index.alphabet, word)).collect()
    } else {
        Vec::new()
    };
    let mut best = Best::new(limit);
    for (at, (entry, title)) in index.titles().enumerate() {
        if let Some(found) = whole.look(title).or_else(|| scattered(&mut words, title)) {
            let rank = Rank::new(found, entry.kind, title.len(), at);
            best.offer(rank, || admits(entry.kind, entry.key));
        }
    }
    best.hits(|at| index.entries.get(at).map(|entry| entry.key))
}

/// Each word of the query somewhere in the title.
fn scattered(words: &mut [Search<'_>], title: &[Id]) -> Option<(Place, Manner)> {
    let manners = words.iter_mut().map(|word| word.look(title).map(|(_, manner)| manner));
    let worst = manners.collect::<Option<Vec<_>>>()?.into_iter().max()?;
    Some((Place::Scattered, worst))
}

/// One pattern with what was found out about letters on the way.
struct Search<'a> {
    alphabet: &'a Alphabet,
    pattern: Pattern,
    /// By letter: 0 if the pattern cannot begin with it, else 1 + the best manner in which it can, and [`ENDS`].
    begins: Vec<u8>,
    /// By letter: whether it can be the second one.
    follows: Vec<bool>,
    /// By letter and place of the pattern: where it leads to, and [`SEEN`]; 0 where it is not known yet.
    steps: Vec<Places>,
}

/// A letter always leads on, so that the first bit is free to say that a step is known.
const SEEN: Places = 1;

/// Set where the pattern may end with its first letter.
const ENDS: u8 = 1 << 7;

impl<'a> Search<'a> {
    fn new(alphabet: &'a Alphabet, pattern: Pattern) -> Self {
        let steps = vec![0; alphabet.len() * pattern.len()];
        let mut search = Self { alphabet, begins: Vec::new(), follows: Vec::new(), steps, pattern };
        let end = search.pattern.end();
        let mut second = 0;
        let possible = alphabet.beginning(&search.pattern.letters(1));
        let begins = possible.iter().enumerate().map(|(id, possible)| {
            let manner = if *possible { search.pattern.begins(alphabet.get(id)) } else { None };
            manner.map_or(0, |manner| {
                let to = search.step(id, 0);
                second |= to;
                1 + manner as u8 + if to & end == 0 { 0 } else { ENDS }
            })
        });
        let begins = begins.collect();
        search.begins = begins;
        search.follows = alphabet.beginning(&search.pattern.letters(second));
        // So that every number has its place, without a question: the letters that found no number, too.
        search.begins.resize(usize::from(WORD), 0);
        search.follows.resize(usize::from(WORD), false);
        search
    }

    /// Where the pattern stands best in the title, and how.
    fn look(&mut self, title: &[Id]) -> Option<(Place, Manner)> {
        let mut best: Option<(Place, Manner)> = None;
        let first = title.iter().position(|letter| self.begins[number(*letter)] != 0)?;
        for (at, &letter) in title.iter().enumerate().skip(first) {
            let begins = self.begins[number(letter)];
            let follows = || title.get(at + 1).is_some_and(|next| self.follows[number(*next)]);
            if begins == 0 || begins & ENDS == 0 && !follows() {
                continue;
            }
            let place = match at {
                0 => Place::Beginning,
                _ if letter & WORD != 0 => Place::Word,
                _ => Place::Inside,
            };
            // Behind the beginning nothing gets better than how it begins.
            let least = (place, MANNERS[usize::from((begins & !ENDS) - 1)]);
            if best.is_some_and(|best| order(best) <= order(least)) || !self.stands(&title[at..]) {
                continue;
            }
            let found = if self.pattern.len() == 1 && title.len() > 1 {
                Some(least)
            } else {
                self.manner(&title[at..], place)
            };
            if found.is_some_and(|found| best.is_none_or(|best| order(found) < order(best))) {
                best = found;
            }
            if best.is_some_and(|(place, manner)| place <= Place::Beginning && manner < Manner::Forgiven) {
                break;
            }
        }
        best
    }

    /// Whether the pattern stands at the beginning of `title`.
    fn stands(&mut self, title: &[Id]) -> bool {
        let end = self.pattern.end();
        let mut places: Places = 1;
        for &letter in title {
            let mut next = 0;
            while places != 0 {
                next |= self.step(number(letter), places.trailing_zeros() as usize);
                places &= places - 1;
            }
            if next & end != 0 {
                return true;
            }
            if next == 0 {
                return false;
            }
            places = next;
        }
        false
    }

    /// The best manner in which it stands there, and whether it is the whole title.
    fn manner(&self, title: &[Id], place: Place) -> Option<(Place, Manner)> {
        let end = self.pattern.end();
        let mut states: [Places; MANNERS.len()] = [0; MANNERS.len()];
        states[0] = 1;
        let mut best = None;
        for (at, &letter) in title.iter().enumerate() {
            let letter = self.alphabet.get(number(letter))?;
            let mut next = [0; MANNERS.len()];
            for (manner, mut places) in MANNERS.into_iter().zip(states) {
                while places != 0 {
                    let from = places.trailing_zeros() as usize;
                    places &= places - 1;
                    self.pattern.step(&letter, from, |to, how| next[manner.max(how) as usize] |= 1 << to);
                }
            }
            // A place reached in a better manner needs no worse one.
            let mut better = 0;
            for places in &mut next {
                *places &= !better;
                better |= *places;
            }
            let ended = MANNERS.into_iter().zip(next).find(|(_, places)| places & end != 0);
            if let Some((manner, _)) = ended {
                let whole = place == Place::Beginning && at + 1 == title.len();
                let found = (if whole { Place::Whole } else { place }, manner);
                if best.is_none_or(|best| order(found) < order(best)) {
                    best = Some(found);
                }
            }
            if better == 0 {
                break;
            }
            states = next;
        }
        best
    }

    fn step(&mut self, id: usize, from: usize) -> Places {
        let slot = id * self.pattern.len() + from;
        let Some(&known) = self.steps.get(slot) else { return 0 };
        if known & SEEN != 0 {
            return known & !SEEN;
        }
        let mut to = 0;
        if let Some(letter) = self.alphabet.get(id) {
            self.pattern.step(&letter, from, |place, _| to |= 1 << place);
        }
        if let Some(slot) = self.steps.get_mut(slot) {
            *slot = to | SEEN;
        }
        to
    }
}

/// What is forgiven comes last.
fn order((place, manner): (Place, Manner)) -> (bool, Place, Manner) {
    (manner == Manner::Forgiven, place, manner)
}

/// The number of a letter without the mark of a word.
fn number(letter: Id) -> usize {
    usize::from(letter & !WORD)
}
