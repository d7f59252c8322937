use std::{fs, os::unix::fs::symlink};

use super::*;

const RSA: (&str, &str) = (include_str!("../fixtures/rsa.crt"), include_str!("../fixtures/rsa.pkcs8.key"));
const EC: (&str, &str) = (include_str!("../fixtures/ec.crt"), include_str!("../fixtures/ec.sec1.key"));
/// Both certificates are valid then.
const NOW: i64 = 1_900_000_000_000;

/// A folder for each issue, and a link that says which is current, as container platforms and certbot have it.
struct Issues(tempfile::TempDir);

impl Issues {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, (cert, key)) in [("rsa", RSA), ("ec", EC), ("mixed", (RSA.0, EC.1))] {
            let issue = folder.path().join(name);
            fs::create_dir(&issue).expect("made");
            fs::write(issue.join("cert.pem"), cert).expect("written");
            fs::write(issue.join("key.pem"), key).expect("written");
        }
        Self(folder)
    }

    fn current(&self, issue: &str) {
        let draft = self.0.path().join("draft");
        symlink(issue, &draft).expect("linked");
        fs::rename(draft, self.0.path().join("current")).expect("swapped");
    }

    fn files(&self) -> Files {
        let current = self.0.path().join("current");
        Files::new(&current.join("cert.pem"), &current.join("key.pem"))
    }
}

/// Two looks: what is still the same at the second is read.
fn look(files: &mut Files, https: &Https) -> bool {
    let news = files.news(true).or_else(|| files.news(true));
    news.map(|read| take(https, read, NOW)).is_some()
}

fn names(https: &Https) -> usize {
    https.facts().expect("a certificate").names.len()
}

#[test]
fn a_swapped_link_brings_both_and_what_is_broken_leaves_the_one_before() {
    let (issues, https) = (Issues::new(), Https::default());
    issues.current("rsa");
    let mut files = issues.files();
    files.load(&https, NOW);
    assert_eq!(names(&https), 2);
    assert!(!look(&mut files, &https), "nothing is new");
    issues.current("mixed");
    assert!(look(&mut files, &https));
    assert!(https.trouble().is_some_and(|sentence| sentence.contains("was not made for the key")));
    assert_eq!(names(&https), 2, "the one before");
    assert!(!look(&mut files, &https), "said once");
    issues.current("ec");
    assert!(look(&mut files, &https));
    assert_eq!((names(&https), https.trouble()), (1, None));
}

#[test]
fn files_that_are_replaced_one_after_the_other_are_read_when_both_are() {
    let (issues, https) = (Issues::new(), Https::default());
    issues.current("rsa");
    let mut files = issues.files();
    files.load(&https, NOW);
    let rsa = issues.0.path().join("rsa");
    fs::write(rsa.join("cert.pem"), EC.0).expect("written");
    assert!(files.news(true).is_none(), "it has just changed");
    fs::write(rsa.join("key.pem"), EC.1).expect("written");
    assert!(files.news(true).is_none(), "so has the other");
    assert!(look(&mut files, &https));
    assert_eq!((names(&https), https.trouble()), (1, None));
}

#[test]
fn a_server_without_files_waits_for_them_and_an_expired_one_takes_no_ones_place() {
    let (issues, https) = (Issues::new(), Https::default());
    let mut files = issues.files();
    files.load(&https, NOW);
    assert!(https.facts().is_none() && https.trouble().is_some_and(|why| why.contains("cannot be read")));
    issues.current("ec");
    assert!(look(&mut files, &https));
    assert_eq!(names(&https), 1);
    let over = https.facts().expect("a certificate").not_after + 1;
    let rsa =
        pem::read(&issues.0.path().join("rsa/cert.pem"), &issues.0.path().join("rsa/key.pem"), &provider())
            .expect("a pair");
    https.take(rsa.clone(), 0);
    assert_eq!(names(&https), 2, "neither is valid then: the newer one");
    https.take(rsa, over);
    assert!(
        https.facts().is_some_and(|facts| !facts.is_valid(over)),
        "shown all the same, so that somebody sees why"
    );
}
