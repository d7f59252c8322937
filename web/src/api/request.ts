/** One request to our own server: same-origin cookie, JSON both ways, every failure a `Problem`. */
import { serverNow, setServerTime } from './now'
import { noAnswer, problemFrom } from './problem'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** After this a silent server counts as unreachable, and the page says so instead of turning a wheel for ever. */
export const REQUEST_TIMEOUT_MS = 15_000

/** `Date` has whole seconds: a device's clock that is closer than this is left as it is. */
const CLOCK_SLACK_MS = 2_000

/** Countdowns run by the server's clock: every answer sets a clock right that goes wrong. */
function clockFrom(response: Response): void {
  const at = Date.parse(response.headers.get('Date') ?? '')
  if (Math.abs(at - serverNow()) > CLOCK_SLACK_MS) setServerTime(at + 500)
}

type Listener = () => void
const signedOut = new Set<Listener>()

/** Called when an answer says that the session is over. */
export function onSignedOut(listener: Listener): void {
  signedOut.add(listener)
}

/** `fetch` with our time limit and our errors; also what the typed client uses. */
export async function send(request: Request): Promise<Response> {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), REQUEST_TIMEOUT_MS)
  const cancel = () => limit.abort()
  request.signal.addEventListener('abort', cancel)
  let response: Response
  try {
    response = await fetch(new Request(request, { signal: limit.signal }))
  } catch (cause) {
    throw noAnswer(cause)
  } finally {
    clearTimeout(timer)
    request.signal.removeEventListener('abort', cancel)
  }
  clockFrom(response)
  if (response.ok) return response
  const problem = await problemFrom(response)
  if (problem.status === 401 && problem.code === 'sign_in_required') signedOut.forEach((notify) => notify())
  throw problem
}

/** `request<Home>('GET', '/api/home')`. An empty answer is `undefined`. */
export async function request<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(
    new Request(new URL(path, location.origin), {
      method,
      credentials: 'same-origin',
      headers: body === undefined ? { Accept: 'application/json' } : { Accept: 'application/json', 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
    }),
  )
  if (response.status === 204) return undefined as T
  const text = await response.text()
  return (text === '' ? undefined : JSON.parse(text)) as T
}
