//! `database_url`: where the database is, if it is not the embedded one.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::ConfigError;

/// `postgres://user:password@host:port/database`; shown without the password.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// As it was given.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// All of it, to connect with.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it names a database.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", ""));
        let names_a_database = rest.split(['?', '#']).next().is_some_and(|path| {
            path.split_once('/').is_some_and(|(host, database)| !host.is_empty() && !database.is_empty())
        });
        if matches!(scheme, "postgres" | "postgresql") && names_a_database {
            return Ok(());
        }
        let reason = "must be postgres://USER:PASSWORD@HOST/DATABASE; leave it out for the embedded database";
        Err(ConfigError::value("database_url", reason))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match self.0.split_once("://") {
            Some((scheme, rest)) => match rest.rsplit_once('@') {
                Some((user, host)) => {
                    format!("{scheme}://{}@{host}", user.split(':').next().unwrap_or_default())
                }
                None => self.0.clone(),
            },
            None => "[unreadable]".to_owned(),
        };
        // Parameters may hold a password, too.
        f.write_str(shown.split('?').next().unwrap_or_default())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for url in ["postgres://yunke:p@ss:word@db/yunke", "postgres://yunke@db/yunke?password=p@ss:word"] {
            let shown = format!("{0} {0:?}", DatabaseUrl::new(url));
            assert!(!shown.contains("ss:word") && shown.contains("db/yunke"), "{shown}");
        }
    }

    #[test]
    fn it_names_a_host_and_a_database() {
        assert!(DatabaseUrl::new("postgres://yunke@127.0.0.1:5432/yunke").validate().is_ok());
        for wrong in [
            "",
            "yunke.db",
            "mysql://a/b",
            "postgres://",
            "postgres://host",
            "postgres:///yunke",
            "postgres://h/",
        ] {
            let error = DatabaseUrl::new(wrong).validate().expect_err(wrong).to_string();
            assert!(error.contains("postgres://USER"), "{error}");
        }
    }
}
