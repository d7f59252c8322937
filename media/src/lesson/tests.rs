//! A lesson's life, through the real packager and origin.
