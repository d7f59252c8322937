//! What stands in a certificate, and whether every browser would trust it: what pages show and redirects depend on.

use std::sync::{Arc, OnceLock};

use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use x509_parser::{
    extensions::GeneralName,
    prelude::{FromDer as _, X509Certificate},
};
use yunke_store::UtcMillis;

use super::provider::provider;

/// Per mille of a certificate's life after which the next is asked for, and over how many more this spreads: authorities ask for
/// that, and houses that began on one day do not all come on another.
const RENEW_FROM: i64 = 500;
const RENEW_SPREAD: i64 = 100;

/// Per mille of its life after which people are warned that it has no successor.
const WARN_FROM: i64 = 750;

/// Of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The names and addresses it is for, as they are written in it, `*.` included.
    pub names: Vec<String>,
    /// From when.
    pub not_before: UtcMillis,
    /// Until when.
    pub not_after: UtcMillis,
    /// By whom, as people say it.
    pub issuer: String,
    /// It vouches for itself.
    pub self_made: bool,
    /// There is nothing between it and a root that issues no certificates for servers: phones will refuse it.
    pub leaf_only: bool,
    /// It leads to a root that every browser has.
    pub trusted: bool,
}

impl Facts {
    /// Of a certificate and what came with it.
    pub(super) fn of(leaf: &CertificateDer<'_>, between: &[CertificateDer<'_>]) -> Result<Self, String> {
        let (_, parsed) = X509Certificate::from_der(leaf).map_err(|error| error.to_string())?;
        let validity = parsed.validity();
        let (not_before, not_after) =
            (validity.not_before.timestamp() * 1000, validity.not_after.timestamp() * 1000);
        let names = names(&parsed);
        let self_made = parsed.issuer() == parsed.subject();
        let trusted = names.first().is_some_and(|name| leads_to_a_root(leaf, between, name, not_before));
        let issuer = [parsed.issuer().iter_organization().next(), parsed.issuer().iter_common_name().next()]
            .into_iter()
            .flatten()
            .find_map(|part| part.as_str().ok())
            .unwrap_or_default()
            .to_owned();
        let leaf_only = between.is_empty() && !self_made;
        Ok(Self { names, not_before, not_after, issuer, self_made, leaf_only, trusted })
    }

    /// When its successor is asked for: the same moment whenever it is computed.
    pub fn renew_at(&self) -> UtcMillis {
        self.part_of_life(RENEW_FROM + self.not_before.div_euclid(1000).rem_euclid(RENEW_SPREAD))
    }

    fn part_of_life(&self, per_mille: i64) -> UtcMillis {
        self.not_before + (self.not_after - self.not_before) / 1000 * per_mille
    }

    /// Since when its successor is late: somebody should look.
    pub fn warn_at(&self) -> UtcMillis {
        self.part_of_life(WARN_FROM)
    }

    /// It is valid at this time.
    pub fn is_valid(&self, now: UtcMillis) -> bool {
        (self.not_before..self.not_after).contains(&now)
    }

    /// Every browser takes it at this time.
    pub fn is_public(&self, now: UtcMillis) -> bool {
        self.trusted && self.is_valid(now)
    }

    /// It is for this host; of an IPv6 address without brackets.
    pub fn covers(&self, host: &str) -> bool {
        let below = host.split_once('.').map(|(_, rest)| rest);
        self.names.iter().any(|name| match name.strip_prefix("*.") {
            Some(rest) => below.is_some_and(|below| below.eq_ignore_ascii_case(rest)),
            None => name.eq_ignore_ascii_case(host),
        })
    }
}

fn names(parsed: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(alternatives)) = parsed.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|ip| std::net::Ipv4Addr::from(ip).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|ip| std::net::Ipv6Addr::from(ip).to_string()),
            _ => None,
        },
        _ => None,
    };
    alternatives.value.general_names.iter().filter_map(name).collect()
}

/// Looked at as of the certificate's first second: whether it is over is another question.
fn leads_to_a_root(
    leaf: &CertificateDer<'_>,
    between: &[CertificateDer<'_>],
    name: &str,
    not_before: UtcMillis,
) -> bool {
    static VERIFIER: OnceLock<Option<Arc<WebPkiServerVerifier>>> = OnceLock::new();
    let verifier = VERIFIER.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build().ok()
    });
    let asked = name.replacen("*.", "any.", 1);
    let (Some(verifier), Ok(name)) = (verifier, ServerName::try_from(asked.as_str())) else { return false };
    let Ok(seconds) = u64::try_from(not_before / 1000) else { return false };
    let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    verifier.verify_server_cert(leaf, between, &name, &[], at).is_ok()
}

#[cfg(test)]
impl Facts {
    /// Of no certificate there is.
    pub(crate) fn example() -> Self {
        Self {
            names: vec!["yunke.cn".to_owned(), "*.yunke.cn".to_owned()],
            not_before: 0,
            not_after: 1000,
            issuer: String::new(),
            self_made: false,
            leaf_only: false,
            trusted: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    #[test]
    fn a_wildcard_is_for_one_label_and_nothing_else() {
        let facts = Facts::example();
        for (host, covered) in [
            ("yunke.cn", true),
            ("YUNKE.cn", true),
            ("a.yunke.cn", true),
            ("a.b.yunke.cn", false),
            ("xyunke.cn", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(facts.covers(host), covered, "{host}");
        }
    }

    #[test]
    fn it_is_public_only_while_it_is_valid_and_leads_to_a_root() {
        let facts = Facts::example();
        for (now, public) in [(-1, false), (0, true), (999, true), (1000, false)] {
            assert_eq!(facts.is_public(now), public, "{now}");
        }
        assert!(!Facts { trusted: false, ..facts }.is_public(1));
    }

    #[test]
    fn renewal_lies_between_two_and_seven_tenths_of_any_life_and_the_warning_behind_it() {
        for days in [6, 45, 90, 365] {
            for begins in 0..500 {
                let not_before = 1_800_000_000_000 + begins * 777;
                let facts = Facts { not_before, not_after: not_before + days * DAY_MS, ..Facts::example() };
                let life = |at: i64| (at - not_before) * 100 / (days * DAY_MS);
                assert!((40..70).contains(&life(facts.renew_at())), "{days} {begins}");
                assert!(life(facts.warn_at()) >= 74 && facts.warn_at() > facts.renew_at());
            }
        }
    }
}
