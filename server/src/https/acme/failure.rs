//! Why there is no certificate, in sentences that say what to do: they stand on the page Today and in the log.

use instant_acme::{Error, Problem};

use super::hook::HookError;

/// A sentence, and when to try again if the authority said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) sentence: String,
    pub(super) wait_ms: Option<i64>,
    /// The authority does not know our account any more: the next order begins with another.
    pub(super) account_gone: bool,
}

/// Without a word of the authority: it wants to be left alone for so long.
const LIMITED_MS: i64 = 3_600_000;

impl Failure {
    pub(super) fn say(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), wait_ms: None, account_gone: false }
    }

    /// Of what the authority, or the way there, said.
    pub(super) fn of(error: &Error, again_after_s: Option<u64>) -> Self {
        match error {
            Error::Api(problem) => Self::refused(problem, again_after_s),
            Error::Other(cause) => Self::say(format!(
                "the certificate authority cannot be reached: look whether this machine has a way to the internet, and its clock is right ({})",
                root(cause.as_ref())
            )),
            Error::Str(said) => Self::say(*said),
            other => Self::say(format!(
                "the certificate authority answers what nobody understands ({other}); look at https.acme.directory"
            )),
        }
    }

    fn refused(problem: &Problem, again_after_s: Option<u64>) -> Self {
        let detail = problem.detail.as_deref().unwrap_or("without a reason");
        match kind(problem) {
            "rateLimited" => {
                let wait = again_after_s
                    .and_then(|seconds| i64::try_from(seconds).ok())
                    .map_or(LIMITED_MS, |seconds| seconds * 1000);
                Self {
                    sentence: format!(
                        "the certificate authority has been asked too often for these names and is left alone for a while: {detail}"
                    ),
                    wait_ms: Some(wait),
                    account_gone: false,
                }
            }
            "accountDoesNotExist" => Self {
                account_gone: true,
                ..Self::say(format!(
                    "the certificate authority does not know this account any more, and gets another: {detail}"
                ))
            },
            "serverInternal" => Self::say(format!("the certificate authority is out of order: {detail}")),
            "badNonce" => Self::say(
                "the certificate authority refused every request as too old; it is asked again later",
            ),
            "caa" => Self::say(format!(
                "a CAA record in DNS forbids this certificate authority to issue for this name: {detail}"
            )),
            _ => Self::say(format!("the certificate authority refuses: {detail}")),
        }
    }

    /// A name that was looked at and not found to be ours. `came`: from how many addresses somebody asked us over http.
    pub(super) fn not_ours(name: &str, problem: Option<&Problem>, seen: Seen) -> Self {
        let detail = problem.and_then(|problem| problem.detail.as_deref()).unwrap_or("without a reason");
        let kind = problem.map(kind).unwrap_or_default();
        let advice = match seen {
            Seen::Dns => format!(
                "DNS did not show the value that the hook set for {name}; raise https.acme.dns_wait_s, or look what the hook printed"
            ),
            Seen::Http { resolves: false, .. } => {
                format!("{name} has no address by this network's DNS; enter one, or use https.acme.dns_hook")
            }
            Seen::Http { came: 0, .. } => format!(
                "{name} was asked for at port 80 and nobody came here: let port 80 of {name}, of its IPv6 address too if it has one, lead to http.listen"
            ),
            Seen::Http { came, .. } => format!(
                "of those who look at {name} for the authority {came} came here and others did not: let port 80 be open for the whole world, over IPv6 too if {name} has an AAAA record"
            ),
        };
        Self::say(format!("{advice} (the authority: {kind} {detail})"))
    }
}

/// What we saw of the looking.
#[derive(Debug, Clone, Copy)]
pub(super) enum Seen {
    Dns,
    Http { resolves: bool, came: usize },
}

impl From<HookError> for Failure {
    fn from(error: HookError) -> Self {
        Self::say(error.to_string())
    }
}

/// The end of `urn:ietf:params:acme:error:…`.
pub(super) fn kind(problem: &Problem) -> &str {
    problem.r#type.as_deref().and_then(|kind| kind.rsplit(':').next()).unwrap_or_default()
}

/// The cause at the bottom, which is what happened.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
