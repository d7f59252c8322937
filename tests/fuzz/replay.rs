// The corpus of tests/fuzz without a fuzzer: every file, and the same mutations of it in each run. Included by the tests of
// the programs whose entry functions it feeds. MUTATE=100 makes a hundred times as many.

use std::{env, fs, path::Path};

/// Random numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n.max(1) as u64).expect("below n")
    }
}

/// Words that mean something somewhere, and numbers at the edge.
const WORDS: [&[u8]; 12] = [
    &[0],
    &[0xff],
    &[0x7f, 0xff, 0xff, 0xff],
    &[0xff, 0xff, 0xff, 0xff],
    &[0, 0, 0, 0],
    b"\r\n",
    b"a=",
    b"m=video 9 ",
    b":",
    b"-1",
    b"18446744073709551615",
    b"_HLS_msn=",
];

fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(6) {
            0 => bytes.truncate(at),
            1 => {
                let word = WORDS[dice.below(WORDS.len())];
                bytes.splice(at..at, word.iter().copied());
            }
            2 => {
                let end = (at + dice.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            3 => {
                let end = (at + dice.below(200)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = dice.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = u8::try_from(dice.below(256)).expect("a byte");
                }
            }
        }
    }
}

/// Runs every file of the corpus through its target, then `mutations` of each; a panic names the file.
pub(super) fn replay(targets: &[(&str, impl Fn(&[u8]))], mutations: impl Fn(&str) -> usize) {
    let times: usize = env::var("MUTATE").map_or(1, |times| times.parse().expect("MUTATE is a number"));
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus");
    for (name, target) in targets {
        let folder = corpus.join(name);
        let mut files: Vec<_> =
            fs::read_dir(&folder).expect("a corpus").map(|entry| entry.expect("readable").path()).collect();
        files.sort();
        assert!(files.len() >= 3, "{name} has a corpus");
        for file in files {
            let seed = fs::read(&file).expect("readable");
            // Shown when the test fails.
            println!("{}", file.display());
            target(&seed);
            let mut dice = Dice(0x5eed + seed.len() as u64);
            for _ in 0..mutations(name) * times {
                let mut bytes = seed.clone();
                mutate(&mut bytes, &mut dice);
                target(&bytes);
            }
        }
    }
}
