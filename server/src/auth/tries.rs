//! Who may try to sign in, and when. Nobody must be locked out by what others do: the owner of a number in a
//! browser where they signed in before is counted alone, everybody else by number and line, and a line with
//! many wrong attempts is slowed, never refused (docs/adr/0034).

use std::{net::IpAddr, time::Duration};

use uuid::Uuid;

use super::{
    delays::{Delays, Growth},
    limit::{Limiter, Quota},
    turns::Turns,
};
use crate::config::AuthConfig;

/// After the free attempts a stranger waits: 5 s, 10 s, … 10 min.
const STRANGER: (i64, i64) = (5_000, 600_000);

/// All lines together may try a number five times as often; then the waits are short, because first-time
/// visitors on another line wait with them.
const NUMBER: (u32, i64, i64) = (5, 1_000, 60_000);

/// A line with wrong attempts lets others go first at a number that was tried too often by all together: by
/// this many milliseconds for each, up to the second value. So nobody takes every turn by asking at the right
/// moment, again and again.
const BEHIND: (i64, i64) = (5_000, 600_000);

/// Attempts are forgotten after this many milliseconds without one.
const FORGOTTEN_MS: i64 = 3_600_000;

/// Wrong attempts of a known device that are answered at once; from then on each is delayed longer, up to
/// [`LONGEST_HOLD`].
const DEVICE_FREE: u32 = 10;
const LONGEST_HOLD: u32 = 5;

/// This many wrong ones in a row are not the owner's: the device counts as a stranger until somebody signs in
/// there.
const DEVICE_WRONG: u32 = 100;

/// A line gets one more attempt at full speed after this many milliseconds.
const LINE_REFILL_MS: i64 = 1_000;

/// Where an attempt comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// A browser the number's owner signed in with before.
    Device(Uuid),
    /// A line that anybody may share.
    Line(IpAddr),
}

/// All attempts.
#[derive(Debug)]
pub struct Tries {
    devices: Delays<(Uuid, Uuid)>,
    strangers: Delays<(String, IpAddr)>,
    numbers: Delays<String>,
    turns: Turns,
    lines: Limiter<IpAddr>,
}

/// Somebody who wants to sign in.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The number, as the store has it.
    pub phone: &'a str,
    /// The line.
    pub line: IpAddr,
    /// The browser and the number's owner, if it knows them.
    pub known: Option<(Uuid, Uuid)>,
}

/// An attempt that may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted {
    /// Only after this delay.
    pub hold: Duration,
    /// In this lane of password checks.
    pub lane: Lane,
    /// The line has had many wrong attempts: one at a time, with pauses.
    pub slow: bool,
    /// It is a turn that was kept for the line's network: the number does not count it.
    pub kept: bool,
}

impl Tries {
    /// With the configured limits.
    pub fn new(config: &AuthConfig) -> Self {
        let growth =
            |free, (first_ms, longest_ms)| Growth { free, first_ms, longest_ms, forgotten_ms: FORGOTTEN_MS };
        let free = config.attempts_per_phone;
        Self {
            // These are delayed and not refused: see `of_device`.
            devices: Delays::new(growth(u32::MAX, (0, 0))),
            strangers: Delays::new(growth(free, STRANGER)),
            numbers: Delays::new(growth(free.saturating_mul(NUMBER.0), (NUMBER.1, NUMBER.2))),
            turns: Turns::default(),
            lines: Limiter::new(Quota { burst: config.attempts_per_address, refill_ms: LINE_REFILL_MS }),
        }
    }

    /// Counts an attempt, or returns in how many milliseconds the next one is allowed.
    pub fn begin(&self, attempt: Attempt<'_>, now: i64) -> Result<Admitted, i64> {
        if let Some(admitted) = attempt.known.and_then(|known| self.of_device(known, now)) {
            return Ok(admitted);
        }
        let (number, line) = (attempt.phone.to_owned(), attempt.line);
        let own = (number.clone(), line);
        let before = self.strangers.begin(&own, now)?.saturating_sub(1);
        let behind_ms = i64::from(before).saturating_mul(BEHIND.0).min(BEHIND.1);
        let mut kept = false;
        if let Err(wait) = self.numbers.begin_behind(&number, now, behind_ms) {
            let wait = match self.turns.take(&number, line, now) {
                Some(Ok(())) => 0,
                Some(Err(own)) => wait.min(own),
                None => wait,
            };
            if wait > 0 {
                self.strangers.put_off(&own, now + wait);
                return Err(wait);
            }
            kept = true;
        }
        let slow = self.lines.take(line, now).is_err();
        Ok(Admitted { hold: Duration::ZERO, lane: Lane::Line(line), slow, kept })
    }

    fn of_device(&self, known: (Uuid, Uuid), now: i64) -> Option<Admitted> {
        let wrong = self.devices.begin(&known, now).ok().filter(|wrong| *wrong <= DEVICE_WRONG)?;
        let seconds = wrong.saturating_sub(DEVICE_FREE).min(LONGEST_HOLD);
        let hold = Duration::from_secs(u64::from(seconds));
        Some(Admitted { hold, lane: Lane::Device(known.0), slow: false, kept: false })
    }

    /// The password was right.
    pub fn right(&self, attempt: Attempt<'_>, admitted: Admitted) {
        if let Some(known) = attempt.known {
            self.devices.right(&known);
        }
        self.strangers.right(&(attempt.phone.to_owned(), attempt.line));
        if let Lane::Line(line) = admitted.lane {
            if !admitted.kept {
                self.numbers.undo(&attempt.phone.to_owned());
            }
            if !admitted.slow {
                self.lines.give_back(&line);
            }
        }
    }

    /// Nobody could say whether the password was right.
    pub fn undo(&self, attempt: Attempt<'_>, admitted: Admitted) {
        match (admitted.lane, attempt.known) {
            (Lane::Device(_), Some(known)) => self.devices.undo(&known),
            (Lane::Line(line), _) => {
                self.strangers.undo(&(attempt.phone.to_owned(), line));
                if admitted.kept {
                    self.turns.give_back(attempt.phone, line);
                } else {
                    self.numbers.undo(&attempt.phone.to_owned());
                }
                if !admitted.slow {
                    self.lines.give_back(&line);
                }
            }
            (Lane::Device(_), None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const OWNER: (Uuid, Uuid) = (Uuid::from_u128(1), Uuid::from_u128(2));

    fn tries() -> Tries {
        Tries::new(&AuthConfig::default())
    }

    fn from(number: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(10, 0, 0, number))
    }

    fn stranger(phone: &str, line: u8) -> Attempt<'_> {
        Attempt { phone, line: from(line), known: None }
    }

    #[test]
    fn strangers_never_stop_the_owner_at_home() {
        let tries = tries();
        let mut refused = 0;
        for now in 0..5_000 {
            refused += usize::from(tries.begin(stranger("a", 1), now * 100).is_err());
        }
        assert!(refused > 4_900, "{refused}");
        let home = Attempt { known: Some(OWNER), ..stranger("a", 1) };
        let admitted = tries.begin(home, 500_000).expect("the owner");
        assert_eq!((admitted.hold, admitted.lane), (Duration::ZERO, Lane::Device(OWNER.0)));
    }

    #[test]
    fn by_another_line_a_stranger_waits_a_minute_at_most_whoever_else_tries() {
        let tries = tries();
        let mut now = 0;
        for line in 0..200 {
            now += tries.begin(stranger("a", line), now).err().unwrap_or(0);
        }
        let wait = tries.begin(stranger("a", 201), now).expect_err("all together tried too often");
        assert!((1..=60_000).contains(&wait), "{wait}");
        tries.begin(stranger("b", 201), now).expect("another number");
    }

    #[test]
    fn whoever_asks_seldom_goes_before_lines_that_ask_all_the_time() {
        let tries = tries();
        let mut got = 0;
        let mut due = 3_600;
        // Two hours of twelve lines that ask every second, ahead of anybody else, and a person with a new
        // phone now and then.
        for now in 0..7_200_i64 {
            for line in 0..12 {
                got += i32::from(tries.begin(stranger("a", line), now * 1_000).is_ok());
            }
            if now != due {
                continue;
            }
            let person = 100 + u8::try_from(now / 600).expect("a few");
            match tries.begin(stranger("a", person), now * 1_000) {
                Ok(_) => due = (now / 600 + 1) * 600,
                Err(wait) => {
                    assert!((1..=60_000).contains(&wait) && now % 600 == 0, "{wait} ms at {now} s");
                    due = now + (wait + 999) / 1_000;
                }
            }
        }
        assert!(due >= 7_200, "everybody had their turn");
        assert!((60..200).contains(&got), "{got} tries of the others");
    }

    /// After how many milliseconds somebody who never tried gets a turn at a number that all together tried too often, while
    /// others ask for it every 100 ms, before them each time. Each of these tries once, so that no line tried in the last hour.
    fn gets_in_after(mut fresh: Vec<IpAddr>) -> i64 {
        let tries = tries();
        let at = |line| Attempt { phone: "a", line, known: None };
        for host in 0..60 {
            let _ = tries.begin(at(Ipv4Addr::new(10, 200, 0, host).into()), 0);
        }
        let (began, owner) = (120_000, Ipv4Addr::new(10, 250, 9, 9).into());
        let mut due = began;
        for now in (0..3_600_000).step_by(100) {
            fresh.retain(|line| tries.begin(at(*line), now).is_err());
            if now < due {
                continue;
            }
            match tries.begin(at(owner), now) {
                Ok(_) => return now - began,
                Err(wait) => due = now + (wait + 999) / 1_000 * 1_000,
            }
        }
        panic!("an hour was not enough")
    }

    #[test]
    fn the_owner_with_a_new_phone_gets_in_while_sixty_fresh_lines_guess() {
        let waited = gets_in_after((0..250).map(from).collect());
        assert!(waited <= 10_000, "{waited} ms beside one network");
        let waited = gets_in_after((0..60).map(|n| Ipv4Addr::new(10, n, 1, 1).into()).collect());
        assert!(waited <= 310_000, "{waited} ms beside sixty networks");
    }

    #[test]
    fn a_line_that_was_refused_waits_as_long_as_it_was_told() {
        let tries = tries();
        let admitted = (0..50).map(|line| tries.begin(stranger("a", line), 0).expect("all are free")).last();
        let told = tries.begin(stranger("a", 100), 0).expect_err("all together tried too often");
        // One of them was right, so there is a turn earlier: not for a line that has to wait and asks all the
        // time.
        tries.right(stranger("a", 49), admitted.expect("fifty"));
        assert_eq!(tries.begin(stranger("a", 100), 1), Err(told - 1));
        tries.begin(stranger("a", 101), 1).expect("has not been told so");
    }

    #[test]
    fn a_line_that_tried_hundreds_of_numbers_is_slow_and_open() {
        let tries = tries();
        let phones: Vec<String> = (0..400).map(|number| number.to_string()).collect();
        let slow = |phone: &String| tries.begin(stranger(phone, 1), 0).expect("each once").slow;
        assert_eq!(phones.iter().filter(|phone| slow(phone)).count(), 200);
        assert!(!tries.begin(stranger("0", 2), 0).expect("another line").slow);
    }

    #[test]
    fn a_known_device_is_held_and_after_a_hundred_wrong_ones_a_stranger() {
        let tries = tries();
        let home = Attempt { known: Some(OWNER), ..stranger("a", 1) };
        let holds: Vec<u64> =
            (0..100).map(|_| tries.begin(home, 0).expect("held, not refused").hold.as_secs()).collect();
        assert_eq!(holds[..16], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 5]);
        let next = tries.begin(home, 0).expect("its first as a stranger");
        assert_eq!(next.lane, Lane::Line(from(1)));
        tries.right(home, next);
        assert_eq!(tries.begin(home, 0).expect("known again").lane, Lane::Device(OWNER.0));
    }

    #[test]
    fn what_could_not_be_checked_leaves_no_trace() {
        let tries = tries();
        for _ in 0..100 {
            for attempt in [stranger("a", 1), Attempt { known: Some(OWNER), ..stranger("a", 1) }] {
                let admitted = tries.begin(attempt, 0).expect("as if it were the first");
                assert!(!admitted.slow && admitted.hold.is_zero());
                tries.undo(attempt, admitted);
            }
        }
    }
}
