/** Everything that can go wrong with a request, in one shape: RFC 9457 from the server, or no answer at all. */
import { has, t, type MessageKey } from '@/i18n'

interface ProblemBody {
  title?: string
  detail?: string
  code?: string
  field?: string
  line?: number
  people?: { id: string; name: string }[]
  fields?: Record<string, string>
}

/** `status` 0 means that no answer came; its codes are `offline`, `unreachable` and `timeout`. */
export class Problem extends Error {
  readonly status: number
  /** Stable, from the server; what the pages translate and decide on. */
  readonly code: string
  readonly detail: string
  readonly fields: Readonly<Record<string, string>>
  /** The one field the server did not take, where it is about one. */
  readonly field: string | null
  /** The line of the file it is about. */
  readonly line: number | null
  /** Whom it is about, where the server asks which of them. */
  readonly people: readonly { id: string; name: string }[]
  /** Seconds to wait before trying again, where the server said so. */
  readonly retryAfter: number | null

  constructor(status: number, code: string, body: ProblemBody = {}, retryAfter: number | null = null) {
    super(`${status} ${code}`)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.detail = body.detail ?? body.title ?? ''
    this.fields = body.fields ?? {}
    this.field = body.field ?? null
    this.line = body.line ?? null
    this.people = body.people ?? []
    this.retryAfter = retryAfter
  }

  get offline(): boolean {
    return this.status === 0
  }
  get forbidden(): boolean {
    return this.status === 403
  }
  get missing(): boolean {
    return this.status === 404 || this.status === 410
  }
}

/** No answer: is it this phone, or the server? */
export function noAnswer(cause: unknown): Problem {
  if (cause instanceof Problem) return cause
  if (cause instanceof DOMException && (cause.name === 'AbortError' || cause.name === 'TimeoutError')) return new Problem(0, 'timeout')
  return new Problem(0, navigator.onLine === false ? 'offline' : 'unreachable')
}

export async function problemFrom(response: Response, parsed?: unknown): Promise<Problem> {
  const body = parsed ?? (await response.json().catch(() => ({})))
  const fields: ProblemBody = typeof body === 'object' && body !== null ? body : {}
  const wait = Number(response.headers.get('Retry-After') ?? Number.NaN)
  return new Problem(response.status, fields.code ?? `http_${response.status}`, fields, Number.isFinite(wait) ? wait : null)
}

/** What happened and what to do, in the reader's language. */
export function problemText(problem: Problem): string {
  const key = `common.problem.${problem.code}`
  const params = { wait: problem.retryAfter ?? 60, status: problem.status }
  if (has(key)) return t(key as MessageKey, params)
  if (problem.status >= 500) return t('common.problem.server', params)
  return problem.detail || t('common.problem.unknown', params)
}

/** The same, by the first of these areas that has a sentence of its own for it. */
export function problemTextIn(problem: Problem, areas: readonly string[]): string {
  const key = areas.map((area) => `${area}.problem.${problem.code}`).find(has)
  return key ? t(key as MessageKey, { wait: problem.retryAfter ?? 60, line: problem.line ?? 0 }) : problemText(problem)
}

/** Turns whatever was thrown into a Problem. */
export function asProblem(thrown: unknown): Problem {
  return thrown instanceof Problem ? thrown : noAnswer(thrown)
}
