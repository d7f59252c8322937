//! Turns kept at a number that all lines together try too often. Whoever has not tried it in the last hour gets one, in the order
//! of asking, and nobody can take it: so who comes with a new phone gets in while dozens of lines guess. They are given to
//! networks, since one host has many lines, and each gets a few an hour.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::Mutex,
};

/// Turns at a number lie so far apart: guessing from everywhere gains seven hundred passwords an hour by them.
const APART_MS: i64 = 5_000;

/// A network has so many an hour at a number: one may mistype a password twice.
const OF_A_NETWORK: u32 = 3;

/// Turns are forgotten so long after the last.
const FORGOTTEN_MS: i64 = 3_600_000;

/// Nobody is given a turn later than this: then more networks guess than any order helps against, and all compete.
const LONGEST_MS: i64 = 600_000;

/// A turn may be taken so long after it began: people come when they come.
const VALID_MS: i64 = 600_000;

/// Numbers, and networks at them, remembered at once. When all are in use those that turns were given to longest ago are
/// forgotten, an eighth of them.
const KEYS: usize = 20_000;

type Key = (String, IpAddr);

#[derive(Debug, Clone, Copy, Default)]
struct Given {
    /// Turns that were taken.
    taken: u32,
    asked_at: i64,
    /// The turn that waits to be taken, and the line that asked for it.
    turn: Option<(i64, IpAddr)>,
}

#[derive(Debug, Default)]
struct All {
    /// Of each number, when the next turn begins that nobody has.
    next: HashMap<String, i64>,
    given: HashMap<Key, Given>,
}

/// Turns of all numbers.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<All>);

/// The network of a line: a /24, or a /48.
fn network(line: IpAddr) -> IpAddr {
    match line {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            IpAddr::V6([a, b, c, 0, 0, 0, 0, 0].into())
        }
    }
}

impl Turns {
    /// Takes the turn of this line, or says after how many milliseconds it begins; `None`: it has none, and gets none.
    pub(super) fn take(&self, number: &str, line: IpAddr, now: i64) -> Option<Result<(), i64>> {
        let mut all = self.0.lock().expect("no panic while the turns are held");
        let All { next, given } = &mut *all;
        make_room(given, now, |given| given.asked_at);
        make_room(next, now, |next| *next);
        let own = given.entry((number.to_owned(), network(line))).or_default();
        if now - own.asked_at > FORGOTTEN_MS {
            *own = Given::default();
        }
        own.asked_at = now;
        let from = match own.turn.filter(|(from, _)| now - from < VALID_MS) {
            Some((from, holder)) if holder == line => from,
            Some(_) => return None,
            None if own.taken >= OF_A_NETWORK => return None,
            None => {
                let from = next.get(number).map_or(0, |next| *next).max(now + APART_MS);
                if from - now > LONGEST_MS {
                    return None;
                }
                next.insert(number.to_owned(), from + APART_MS);
                own.turn = Some((from, line));
                from
            }
        };
        if from > now {
            return Some(Err(from - now));
        }
        own.turn = None;
        own.taken += 1;
        Some(Ok(()))
    }

    /// The turn that was just taken was no try after all.
    pub(super) fn give_back(&self, number: &str, line: IpAddr) {
        let mut all = self.0.lock().expect("no panic while the turns are held");
        if let Some(own) = all.given.get_mut(&(number.to_owned(), network(line))) {
            own.taken = own.taken.saturating_sub(1);
        }
    }
}

fn make_room<K: Eq + std::hash::Hash, V>(all: &mut HashMap<K, V>, now: i64, at: impl Fn(&V) -> i64) {
    if all.len() < KEYS {
        return;
    }
    all.retain(|_, value| now - at(value) <= FORGOTTEN_MS);
    if all.len() < KEYS {
        return;
    }
    let mut times: Vec<i64> = all.values().map(&at).collect();
    let (_, eighth, _) = times.select_nth_unstable(KEYS / 8);
    let eighth = *eighth;
    all.retain(|_, value| at(value) > eighth);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(network: u8, host: u8) -> IpAddr {
        Ipv4Addr::new(10, 0, network, host).into()
    }

    #[test]
    fn turns_are_given_in_the_order_of_asking_and_kept() {
        let turns = Turns::default();
        assert_eq!(turns.take("a", from(1, 1), 0), Some(Err(5_000)));
        assert_eq!(turns.take("a", from(2, 1), 0), Some(Err(10_000)));
        assert_eq!(turns.take("a", from(3, 1), 1_000), Some(Err(14_000)));
        assert_eq!(turns.take("a", from(2, 9), 2_000), None, "its network has one");
        assert_eq!(turns.take("a", from(2, 1), 2_000), Some(Err(8_000)), "asking again changes nothing");
        assert_eq!(turns.take("b", from(3, 1), 2_000), Some(Err(5_000)), "another number is not concerned");
        // Who comes later than told still has it, and takes it once.
        assert_eq!(turns.take("a", from(2, 1), 60_000), Some(Ok(())));
        assert_eq!(turns.take("a", from(3, 1), 60_000), Some(Ok(())));
        assert_eq!(turns.take("a", from(3, 1), 60_000), Some(Err(5_000)), "once");
    }

    #[test]
    fn a_network_has_three_an_hour_however_many_lines() {
        let turns = Turns::default();
        let taken = |from_s: i64| {
            let asks = (from_s..from_s + 1_800).flat_map(|s| (0..60).map(move |line| (s, line)));
            asks.filter(|&(s, line)| turns.take("a", from(1, line), s * 1_000) == Some(Ok(()))).count()
        };
        assert_eq!(taken(0), 3);
        assert_eq!(taken(5_500), 3, "an hour without asking, and they are forgotten");
        turns.give_back("a", from(1, 7));
        assert_eq!(taken(7_300), 1, "one was no try");
    }

    #[test]
    fn where_hundreds_of_networks_ask_later_ones_get_none() {
        let turns = Turns::default();
        let asked = |n: u8| {
            (0..250).filter(|host| turns.take("a", Ipv4Addr::new(n, 1, *host, 1).into(), 0).is_some()).count()
        };
        assert_eq!(asked(11), 120);
        assert_eq!(asked(12), 0);
    }

    #[test]
    fn memory_is_bounded() {
        let turns = Turns::default();
        for n in 0..u32::try_from(3 * KEYS).expect("fits") {
            turns
                .take(&n.to_string(), Ipv4Addr::from_bits(n << 8).into(), i64::from(n))
                .expect("nobody is kept out")
                .expect_err("soon");
        }
        let all = turns.0.lock().expect("free");
        assert!(all.given.len() <= KEYS && all.next.len() <= KEYS);
    }
}
