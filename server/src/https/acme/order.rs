//! One order from its beginning to its certificate.
//!
//! Authorities refuse nonces now and then, and the library gives up after three: each step is then asked again by itself, since an
//! order that is begun anew counts.

use std::{collections::HashSet, time::Duration};

use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Error, Identifier, NewOrder, Order, OrderStatus,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};

use super::{
    failure::{Failure, Seen, kind},
    hook::Hook,
    http::Http,
};
use crate::https::challenges::Challenges;

/// How often a step is asked again because of nonces.
const NONCES: u32 = 8;

/// How long an authority may look at names, and write a certificate, and how often it is asked whether it has.
const LOOKS: u32 = 90;
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Asks again as long as only the nonce was wrong.
macro_rules! again {
    ($ask:expr) => {{
        let mut left = NONCES;
        loop {
            match $ask.await {
                Err(error) if left > 0 && is_nonce(&error) => left -= 1,
                done => break done,
            }
        }
    }};
}
pub(super) use again;

pub(super) fn is_nonce(error: &Error) -> bool {
    matches!(error, Error::Api(problem) if kind(problem) == "badNonce")
}

/// How a name is shown to be ours.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// The authority comes to port 80.
    Http,
    /// A program puts a value into DNS, which then takes so long to be seen.
    Dns(Hook, Duration),
}

/// What an authorization wants.
#[derive(Debug, Clone)]
struct Wanted {
    name: String,
    challenge: String,
    token: String,
    answer: String,
    value: String,
}

/// A chain and its key, PEM.
pub(super) struct Issued {
    pub(super) chain: String,
    pub(super) key: String,
}

/// Orders a certificate for these names.
pub(super) async fn order(
    account: &Account,
    http: &Http,
    names: &[String],
    way: &Way,
    challenges: &Challenges,
) -> Result<Issued, Failure> {
    let said = |error: &Error| Failure::of(error, http.again_after());
    let identifiers: Vec<_> = names.iter().cloned().map(Identifier::Dns).collect();
    let mut order = again!(account.new_order(&NewOrder::new(&identifiers))).map_err(|error| said(&error))?;
    let wanted = again!(wanted(&mut order, way)).map_err(|error| said(&error))?;
    let shown = show(&wanted, way, challenges).await;
    let ready = match shown {
        Ok(()) => prove(&mut order, http, &wanted, way).await,
        Err(failure) => Err((failure, None)),
    };
    let came = challenges.clear();
    hide(&wanted, way).await;
    if let Err((failure, refused)) = ready {
        return Err(match refused {
            Some((name, problem)) => {
                let seen = match way {
                    Way::Dns(..) => Seen::Dns,
                    Way::Http => Seen::Http { resolves: resolves(&name).await, came },
                };
                Failure::not_ours(&name, problem.as_ref(), seen)
            }
            None => failure,
        });
    }
    issue(&mut order, http, names).await
}

/// What the authority wants to see. Asked again it fetches only what is missing.
async fn wanted(order: &mut Order, way: &Way) -> Result<Vec<Wanted>, Error> {
    let kind = match way {
        Way::Http => ChallengeType::Http01,
        Way::Dns(..) => ChallengeType::Dns01,
    };
    let mut found = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status != AuthorizationStatus::Pending {
            continue;
        }
        let Some(challenge) = authorization.challenge(kind.clone()) else {
            return Err(Error::Str(
                "the authority does not offer this way for this name: wildcards need https.acme.dns_hook",
            ));
        };
        let answer = challenge.key_authorization();
        found.push(Wanted {
            name: challenge.identifier().to_string(),
            challenge: challenge.url.clone(),
            token: challenge.token.clone(),
            answer: answer.as_str().to_owned(),
            value: answer.dns_value(),
        });
    }
    Ok(found)
}

/// The record of a name, and of its wildcard.
fn record(name: &str) -> String {
    format!("_acme-challenge.{}", name.trim_start_matches("*."))
}

/// All of it, before the authority is told: a name and its wildcard have two values at one place.
async fn show(wanted: &[Wanted], way: &Way, challenges: &Challenges) -> Result<(), Failure> {
    match way {
        Way::Http => {
            for one in wanted {
                challenges.offer(one.token.clone(), one.answer.clone());
            }
        }
        Way::Dns(hook, wait) => {
            for one in wanted {
                hook.add(&record(&one.name), &one.value).await?;
            }
            if !wanted.is_empty() {
                tokio::time::sleep(*wait).await;
            }
        }
    }
    Ok(())
}

/// Takes it back, whatever came of it.
async fn hide(wanted: &[Wanted], way: &Way) {
    let Way::Dns(hook, _) = way else { return };
    for one in wanted {
        if let Err(error) = hook.remove(&record(&one.name), &one.value).await {
            tracing::warn!(problem = %error, "a value stays in DNS");
        }
    }
}

type Refused = (String, Option<instant_acme::Problem>);

/// Tells the authority to look, and waits for what it finds; a failure comes with the name that was not found to be ours.
async fn prove(
    order: &mut Order,
    http: &Http,
    wanted: &[Wanted],
    way: &Way,
) -> Result<(), (Failure, Option<Refused>)> {
    let said = |error: &Error| (Failure::of(error, http.again_after()), None);
    let mut told = HashSet::new();
    again!(tell(order, wanted, way, &mut told)).map_err(|error| said(&error))?;
    for _ in 0..LOOKS {
        let status = again!(status(order)).map_err(|error| said(&error))?;
        match status {
            OrderStatus::Ready | OrderStatus::Valid => return Ok(()),
            OrderStatus::Invalid => {
                let refused = again!(refused(order)).map_err(|error| said(&error))?;
                return Err((Failure::say("the certificate authority gave the order up"), refused));
            }
            OrderStatus::Pending | OrderStatus::Processing => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
    Err((Failure::say("the certificate authority did not come to an end; it is asked again later"), None))
}

async fn tell(
    order: &mut Order,
    wanted: &[Wanted],
    way: &Way,
    told: &mut HashSet<String>,
) -> Result<(), Error> {
    let kind = match way {
        Way::Http => ChallengeType::Http01,
        Way::Dns(..) => ChallengeType::Dns01,
    };
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        let Some(mut challenge) = authorization.challenge(kind.clone()) else { continue };
        let url = challenge.url.clone();
        if wanted.iter().any(|one| one.challenge == url) && !told.contains(&url) {
            challenge.set_ready().await?;
            told.insert(url);
        }
    }
    Ok(())
}

async fn status(order: &mut Order) -> Result<OrderStatus, Error> {
    Ok(order.refresh().await?.status)
}

/// The name that was refused, and why.
async fn refused(order: &mut Order) -> Result<Option<Refused>, Error> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        authorization.refresh().await?;
        if authorization.status == AuthorizationStatus::Invalid {
            let problem = authorization.challenges.iter().find_map(|challenge| challenge.error.clone());
            return Ok(Some((authorization.identifier().to_string(), problem)));
        }
    }
    Ok(None)
}

async fn issue(order: &mut Order, http: &Http, names: &[String]) -> Result<Issued, Failure> {
    let said = |error: &Error| Failure::of(error, http.again_after());
    let ours =
        |error: rcgen::Error| Failure::say(format!("no request could be made for these names ({error})"));
    let mut params = CertificateParams::new(names.to_vec()).map_err(ours)?;
    params.distinguished_name = DistinguishedName::new();
    let key = KeyPair::generate().map_err(ours)?;
    let request = params.serialize_request(&key).map_err(ours)?;
    again!(order.finalize_csr(request.der())).map_err(|error| said(&error))?;
    for _ in 0..LOOKS {
        if let Some(chain) = again!(order.certificate()).map_err(|error| said(&error))? {
            return Ok(Issued { chain, key: key.serialize_pem() });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(Failure::say(
        "the certificate authority did not write the certificate in time; it is asked again later",
    ))
}

/// Whether a name has an address by this network's DNS.
async fn resolves(name: &str) -> bool {
    let plain = name.trim_start_matches("*.");
    tokio::net::lookup_host((plain, 80)).await.is_ok_and(|mut found| found.next().is_some())
}
