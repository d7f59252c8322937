/**
 * The dictionary at run time: words by key, `{name}` filled in, "one | many" chosen. It reads plain text and makes no code, so
 * a strict CSP holds. Follows the language as it changes.
 */
import { shallowReactive, shallowRef, type ShallowRef } from 'vue'

export type Params = Record<string, string | number>

interface Branch {
  [key: string]: string | Branch
}

export class Dictionary<L extends string> {
  readonly locale: ShallowRef<L>
  /** By language and area or slice (`en/studio.booth`); never changed once they are there. */
  private readonly words = shallowReactive(new Map<string, Branch>())

  constructor(
    first: L,
    private readonly source: L,
  ) {
    this.locale = shallowRef(first) as ShallowRef<L>
  }

  add(language: L, area: string, words: object): void {
    this.words.set(`${language}/${area}`, words as Branch)
  }

  has(key: string): boolean {
    return this.find(this.locale.value, key) !== null || this.find(this.source, key) !== null
  }

  /** What stands at a key in this language, else in the source language, else the key itself. */
  say(key: string, params: Params, plural?: number): string {
    const text = this.find(this.locale.value, key) ?? this.find(this.source, key)
    if (text === null) return key
    return fill(form(text, plural), params)
  }

  private find(language: L, key: string): string | null {
    const path = key.split('.')
    // `studio.booth.title` stands in the words of the booth, or in those of the studio under `booth`.
    for (const depth of [2, 1]) {
      let at: string | Branch | undefined = this.words.get(`${language}/${path.slice(0, depth).join('.')}`)
      for (const step of path.slice(depth)) at = typeof at === 'object' && own(at, step) ? at[step] : undefined
      if (typeof at === 'string') return at
    }
    return null
  }
}

const own = (object: object, key: string): boolean => Object.prototype.hasOwnProperty.call(object, key)

/** "one | many": the first for exactly one, or where nothing is counted. */
function form(text: string, plural?: number): string {
  const forms = text.split(' | ')
  return forms.length < 2 || plural === undefined || Math.abs(plural) === 1 ? forms[0]! : forms[1]!
}

function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (own(params, name) ? String(params[name]) : whole))
}
