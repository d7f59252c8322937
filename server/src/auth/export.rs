//! The export job in a path. It is its maker's alone, and only while they still organize all it is of: to everybody else there is none.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use uuid::Uuid;
use yunke_store::{ExportJob, Store};

use super::Viewer;
use crate::problem::{ApiResult, Problem};

/// An export job of the viewer's.
#[derive(Debug, Clone)]
pub struct ExportScope(pub Arc<ExportJob>);

impl ExportScope {
    /// The job `{export_id}`, for its maker.
    pub(super) async fn admit(store: &dyn Store, viewer: &Viewer, params: &RawPathParams) -> ApiResult<Self> {
        let id = params.iter().find(|(name, _)| *name == "export_id").map(|(_, value)| value);
        let id = id.and_then(|id| Uuid::try_parse(id).ok()).ok_or_else(Problem::not_found)?;
        let job = store.export_job(id).await?.ok_or_else(Problem::not_found)?;
        if viewer.may_have(&job) { Ok(Self(Arc::new(job))) } else { Err(Problem::not_found()) }
    }
}

impl Viewer {
    /// Whether the job is theirs, and they may still see all it is of.
    pub fn may_have(&self, job: &ExportJob) -> bool {
        job.user_id == self.user.id && job.paths.iter().all(|path| self.oversees(path))
    }
}

impl<S: Sync> FromRequestParts<S> for ExportScope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let scope = parts.extensions.get::<Self>().cloned();
        scope.ok_or_else(|| Problem::internal("a handler wants an export, but its access entry names none"))
    }
}
