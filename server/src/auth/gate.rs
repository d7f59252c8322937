//! The one authorization gate. Every route has an entry in the access table it is given; a route without one
//! is closed to everybody. Handlers get the viewer and the lesson the gate has checked.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, RawPathParams, Request, State},
    http::{HeaderMap, Method},
    middleware::Next,
    response::Response,
};
use uuid::Uuid;
use yunke_store::{Role, Store};

use super::{
    Access, AccessTable, EpisodeScope, ExportScope, LessonScope, PersonScope, SeriesScope, UnitScope, Viewer,
    access::Reads, cookie_token, hash_token, session_cookie,
};
use crate::{
    catalogue::LibraryKeeper,
    core::Core,
    problem::{ApiResult, Problem},
};

/// A session is extended when it was seen longer ago than this.
const EXTEND_AFTER_MS: i64 = 3_600_000;

/// What the gate decides by.
#[derive(Clone)]
pub struct Gate {
    core: Core,
    library: LibraryKeeper,
    table: AccessTable,
}

impl Gate {
    /// By this table.
    pub fn new(core: Core, library: LibraryKeeper, table: AccessTable) -> Self {
        Self { core, library, table }
    }
}

/// Middleware: finds the access entry, the session and the lesson, and admits or refuses the request.
pub async fn authorize(
    State(Gate { core, library, table }): State<Gate>,
    matched: MatchedPath,
    params: RawPathParams,
    mut request: Request,
    next: Next,
) -> ApiResult<Response> {
    // HEAD is answered by the GET handler.
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let Some(access) = table.of(method, matched.as_str()) else {
        return Err(Problem::internal(format_args!("no access entry for {method} {}", matched.as_str())));
    };
    let reads = if method == Method::GET { Reads::Only } else { Reads::AndWrites };
    let (viewer, renew) = sign_in(&core, request.headers()).await?;
    match (access, viewer) {
        (Access::Anyone, viewer) => {
            viewer.map(|viewer| request.extensions_mut().insert(viewer));
        }
        (_, None) => return Err(Problem::sign_in_required()),
        (access, Some(viewer)) if viewer.user.first_password && access != Access::Account => {
            return Err(Problem::forbidden(
                "password_first",
                "Replace the password you were given by one of your own first.",
            ));
        }
        (Access::PersonOrganize, Some(viewer)) => {
            let scope = PersonScope::admit(core.store.as_ref(), &viewer, reads, &params).await?;
            request.extensions_mut().insert(scope);
            request.extensions_mut().insert(viewer);
        }
        (Access::UnitOrganize, Some(viewer)) => {
            let scope = UnitScope::admit(core.store.as_ref(), &viewer, reads, &params).await?;
            request.extensions_mut().insert(scope);
            request.extensions_mut().insert(viewer);
        }
        (Access::ExportOwn, Some(viewer)) => {
            let scope = ExportScope::admit(core.store.as_ref(), &viewer, &params).await?;
            request.extensions_mut().insert(scope);
            request.extensions_mut().insert(viewer);
        }
        (access @ (Access::SeriesListen | Access::SeriesOrganize), Some(viewer)) => {
            let scope = SeriesScope::admit(&core, &library, (access, reads), &viewer, &params).await?;
            request.extensions_mut().insert(scope);
            request.extensions_mut().insert(viewer);
        }
        (access @ (Access::EpisodeListen | Access::EpisodeOrganize), Some(viewer)) => {
            let scope = EpisodeScope::admit(&core, &library, (access, reads), &viewer, &params).await?;
            request.extensions_mut().insert(scope);
            request.extensions_mut().insert(viewer);
        }
        (access, Some(viewer)) => {
            if let Some(scope) = admit(core.store.as_ref(), (access, reads), &viewer, &params).await? {
                request.extensions_mut().insert(scope);
            }
            request.extensions_mut().insert(viewer);
        }
    }
    let cookie = renew.map(|token| session_cookie(&token, request.headers(), &core.config));
    let mut response = next.run(request).await;
    if let Some(cookie) = cookie
        && !response.headers().contains_key(axum::http::header::SET_COOKIE)
    {
        response.headers_mut().insert(axum::http::header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The viewer, and the token if its cookie has to be renewed.
async fn sign_in(core: &Core, headers: &HeaderMap) -> ApiResult<(Option<Viewer>, Option<String>)> {
    let Some(token) = cookie_token(headers) else { return Ok((None, None)) };
    let token_hash = hash_token(token);
    let now = core.source.now();
    let Some((session, user)) = core.store.session(&token_hash, now).await? else { return Ok((None, None)) };
    let mut renew = None;
    if now - session.seen_at > EXTEND_AFTER_MS {
        let expires_at = now + (session.expires_at - session.seen_at);
        core.store.extend_session(&token_hash, now, expires_at).await?;
        renew = Some(token.to_owned());
    }
    Ok((Some(Viewer { user: Arc::new(user), token_hash }), renew))
}

async fn admit(
    store: &dyn Store,
    (access, reads): (Access, Reads),
    viewer: &Viewer,
    params: &RawPathParams,
) -> ApiResult<Option<LessonScope>> {
    let staff = || Problem::forbidden("not_allowed", "This needs a role you do not have.");
    match access {
        Access::Anyone | Access::Account | Access::SignedIn => Ok(None),
        Access::Staff if viewer.has(Role::Lecturer) || viewer.is_organizer() => Ok(None),
        Access::Organizer if viewer.is_organizer() || (reads == Reads::Only && viewer.is_overseer()) => {
            Ok(None)
        }
        Access::Owner if viewer.has(Role::Owner) => Ok(None),
        Access::Centre if viewer.of_centre(Role::organizes) => Ok(None),
        Access::Centre if reads == Reads::Only && viewer.of_centre(Role::oversees) => Ok(None),
        Access::Staff
        | Access::Organizer
        | Access::Owner
        | Access::Centre
        | Access::PersonOrganize
        | Access::UnitOrganize
        | Access::SeriesListen
        | Access::SeriesOrganize
        | Access::EpisodeListen
        | Access::EpisodeOrganize
        | Access::ExportOwn => Err(staff()),
        Access::LessonWatch | Access::LessonRun | Access::LessonOrganize => {
            let id = params.iter().find(|(name, _)| *name == "id").map(|(_, value)| value);
            let id = id.and_then(|id| Uuid::try_parse(id).ok()).ok_or_else(Problem::not_found)?;
            let lesson = store.lesson(id).await?.ok_or_else(Problem::not_found)?;
            let may = viewer.may(&lesson);
            let allowed = match access {
                Access::LessonWatch => may.watch,
                Access::LessonRun => may.run,
                _ => may.organize || (reads == Reads::Only && may.oversee),
            };
            if allowed {
                return Ok(Some(LessonScope { lesson: Arc::new(lesson), may }));
            }
            Err(if access == Access::LessonWatch {
                Problem::forbidden("not_invited", "This lesson is for other branches. Ask your organizer.")
            } else {
                staff()
            })
        }
    }
}
