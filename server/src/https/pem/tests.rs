use super::*;
use crate::https::provider::provider;

const RSA: &str = include_str!("../fixtures/rsa.crt");
const RSA_PKCS8: &str = include_str!("../fixtures/rsa.pkcs8.key");
const RSA_PKCS1: &str = include_str!("../fixtures/rsa.pkcs1.key");
const EC: &str = include_str!("../fixtures/ec.crt");
/// With the section of the curve before it, as `openssl ecparam` writes it.
const EC_SEC1: &str = include_str!("../fixtures/ec.sec1.key");

fn read_both(cert: &str, key: &str) -> Result<Pair, PairError> {
    let folder = tempfile::tempdir().expect("a folder");
    let [cert_file, key_file] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    std::fs::write(&cert_file, cert).expect("written");
    std::fs::write(&key_file, key).expect("written");
    read(&cert_file, &key_file, &provider())
}

#[test]
fn every_form_of_key_is_read_with_any_ends_of_lines_and_marks() {
    for (cert, key) in [(RSA, RSA_PKCS8), (RSA, RSA_PKCS1), (EC, EC_SEC1)] {
        let lines = |text: &str| text.replace('\n', "\r\n");
        let marked = |text: &str| format!("\u{feff}{text}");
        let noted = |text: &str| format!("Bag Attributes\n    friendlyName: yunke\n{text}\n\n");
        for (cert, key) in [
            (cert.to_owned(), key.to_owned()),
            (lines(cert), lines(key)),
            (marked(cert), marked(key)),
            (marked(&lines(cert)), marked(&lines(key))),
            (noted(cert), noted(key)),
            // Both in one file, twice.
            (format!("{key}{cert}"), format!("{cert}\u{feff}{key}")),
            (cert.trim_end().to_owned(), key.trim_end().to_owned()),
        ] {
            let pair = read_both(&cert, &key).unwrap_or_else(|error| panic!("{error}\n{cert:?}"));
            assert!(pair.facts.covers("yunke.test") && pair.facts.self_made);
        }
    }
}

#[test]
fn every_mistake_has_its_sentence() {
    let encrypted =
        [include_str!("../fixtures/rsa.encrypted.key"), include_str!("../fixtures/rsa.old-encrypted.key")];
    let cut = &RSA[..RSA.len() / 2];
    let cases = [
        (RSA, EC_SEC1, "was not made for the key"),
        (EC, RSA_PKCS1, "was not made for the key"),
        (RSA, encrypted[0], "protected by a password"),
        (RSA, encrypted[1], "protected by a password"),
        (RSA_PKCS8, RSA_PKCS8, "has no certificate in it"),
        ("", RSA_PKCS8, "has no certificate in it"),
        ("\0\0\0\0", RSA_PKCS8, "has no certificate in it"),
        (RSA, RSA, "has no private key in it"),
        (RSA, "", "has no private key in it"),
        (cut, RSA_PKCS8, "damaged or incomplete"),
        (RSA, &RSA_PKCS8[..RSA_PKCS8.len() / 2], "damaged or incomplete"),
    ];
    for (cert, key, words) in cases {
        let error = read_both(cert, key).expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
        assert!(!error.contains("BEGIN RSA") && !error.contains("MII"), "nothing of a key: {error}");
    }
    let missing =
        read(Path::new("/no/such/file"), Path::new("/no/such/file"), &provider()).expect_err("missing");
    assert!(missing.to_string().contains("/no/such/file cannot be read"), "{missing}");
}
