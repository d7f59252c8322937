//! The service behind the media port: live lessons are answered here without a detour, all else by the router.
//!
//! A router costs each request some boxes and copies of its path. Ten thousand requests a second come for parts and
//! playlists, and nothing of it is needed for them.

use std::{convert::Infallible, future::Ready};

use axum::{Router, response::Response};
use futures_util::future::{BoxFuture, Either};
use hyper::{Request, body::Incoming, service::Service};
use hyper_util::service::TowerToHyperService;

use yunke_host::AskedBody;

use super::{answer::Answer, request};
use crate::live::Origin;

/// The service. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Front {
    origin: Origin,
    rest: TowerToHyperService<Router>,
}

impl Front {
    /// Live lessons from the origin, all other paths from the router.
    pub(crate) fn new(origin: Origin, rest: Router) -> Self {
        Self { origin, rest: TowerToHyperService::new(rest) }
    }
}

type Answered = Result<Response, Infallible>;

impl Service<Request<AskedBody<Incoming>>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Answered>, BoxFuture<'static, Answered>>;

    fn call(&self, request: Request<AskedBody<Incoming>>) -> Self::Future {
        if !request.uri().path().starts_with("/live/") {
            return Either::Right(Box::pin(self.rest.call(request)));
        }
        match request::answer(&self.origin, &request) {
            Answer::Now(response) => Either::Left(std::future::ready(Ok(response))),
            Answer::Later(response) => Either::Right(Box::pin(async move { Ok(response.await) })),
        }
    }
}
