/**
 * The shell without a network: pages open, say that there is no network, and hand in what waits as soon as there is one.
 * Never caches the API or media; a page that is reachable always comes from the server.
 */
const SHELL = 'yunke-shell-1'
/** Hashed files of a few releases; the oldest go first. */
const KEEP = 300

self.addEventListener('install', (event) => {
  // Where it can be said, the API never even passes here: the last beats of a page that closes must not wait for a worker.
  event.addRoutes?.({ condition: { urlPattern: { pathname: '/api/*' } }, source: 'network' })?.catch?.(() => undefined)
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(['/', '/icon.svg', '/manifest.webmanifest'])).then(() => self.skipWaiting()))
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== SHELL).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  )
})

async function keep(request, response) {
  const cache = await caches.open(SHELL)
  await cache.put(request, response)
  const keys = await cache.keys()
  const hashed = keys.filter((key) => new URL(key.url).pathname.startsWith('/assets/'))
  await Promise.all(hashed.slice(0, Math.max(0, hashed.length - KEEP)).map((key) => cache.delete(key)))
}

/** Hashed names never change: what is kept is right. */
async function asset(request) {
  const kept = await caches.match(request)
  if (kept) return kept
  const response = await fetch(request)
  if (response.ok) await keep(request, response.clone())
  return response
}

async function page(request) {
  try {
    const response = await fetch(request)
    // Not everything that can be opened is the shell: /health is not.
    if (response.ok && response.headers.get('content-type')?.startsWith('text/html')) await keep('/', response.clone())
    return response
  } catch {
    return (await caches.match('/')) ?? Response.error()
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin || url.pathname.startsWith('/api/')) return
  if (url.pathname.startsWith('/assets/')) event.respondWith(asset(request))
  else if (request.mode === 'navigate' && !url.pathname.includes('.')) event.respondWith(page(request))
})
