// @vitest-environment node
import { readFileSync } from 'node:fs'
import vm from 'node:vm'
import { parse } from 'acorn'
import { describe, expect, it } from 'vitest'

const read = (name) => readFileSync(new URL(`./${name}.js`, import.meta.url), 'utf8')

/** A JavaScript of its own, without what the floor's browsers lack, with what builtins.js put in. */
function old() {
  const realm = vm.createContext({ AbortController, AbortSignal: class extends AbortSignal {}, DOMException, Crypto, setTimeout })
  vm.runInContext(
    `for (const list of [Array.prototype, Object.getPrototypeOf(Int8Array.prototype)]) { delete list.at; delete list.findLast; delete list.findLastIndex }
     delete String.prototype.at; delete String.prototype.replaceAll; delete Object.hasOwn`,
    realm,
  )
  vm.runInContext(read('builtins'), realm)
  return (code) => vm.runInContext(code, realm)
}

describe('the script before the pages', () => {
  it.each(['builtins', 'watch'])('is ES5: %s', (name) => {
    expect(() => parse(read(name), { ecmaVersion: 5 })).not.toThrow()
  })

  it.each([
    '[1, 2, 3].at(-1)',
    '[1, 2, 3].at(0)',
    '[1].at(5)',
    '[1].at(-2)',
    '[1, 2].at(1.9)',
    '[7].at(NaN)',
    '[7].at()',
    '[].at(-1)',
    'new Uint8Array([4, 5]).at(-2)',
    '"abc".at(-1)',
    '"abc".at(3)',
    '"".at(0)',
    '[1, 2, 3, 4].findLast((n) => n % 2)',
    '[].findLast(() => true)',
    '[1, 2, 3].findLast((n, i, all) => i < all.length - 1)',
    '[1, 2].findLastIndex((n) => n > 5)',
    '[3, 3].findLastIndex((n) => n === 3)',
    'new Float32Array([1, 2]).findLast((n) => n < 2)',
    '"a.b.c".replaceAll(".", "-")',
    '"aXbX".replaceAll(/x/gi, "$&$&")',
    '"a-b-c".replaceAll("-", (m) => m + m)',
    '"$1".replaceAll("$1", "x")',
    '"ab".replaceAll("", "-")',
    'Object.hasOwn({ a: 1 }, "a")',
    'Object.hasOwn(Object.create({ a: 1 }), "a")',
    'Object.hasOwn(Object.create(null), "a")',
    'Object.keys([1]).join() + Object.keys(String.prototype).join()',
  ])('answers as the built-in does: %s', (code) => {
    expect(old()(code)).toEqual(vm.runInNewContext(code))
  })

  it('leaves a browser that has all as it is', () => {
    const realm = vm.createContext({})
    const before = vm.runInContext('[Array.prototype.at, String.prototype.replaceAll, Object.hasOwn]', realm)
    vm.runInContext(read('builtins'), realm)
    const after = vm.runInContext('[Array.prototype.at, String.prototype.replaceAll, Object.hasOwn]', realm)
    expect(after.every((one, i) => one === before[i])).toBe(true)
  })

  it('signals, and names that are random', async () => {
    const realm = vm.createContext({
      AbortController,
      DOMException,
      setTimeout,
      Crypto: class {
        getRandomValues(bytes) {
          return bytes.fill(0xff)
        }
      },
    })
    // A signal class that has nothing of its own: the functions of ours land on it.
    realm.AbortSignal = function AbortSignal() {}
    vm.runInContext(read('builtins'), realm)
    expect(vm.runInContext('new Crypto().randomUUID()', realm)).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff')
    const [one, two] = [new AbortController(), new AbortController()]
    realm.signals = [one.signal, two.signal]
    const any = vm.runInContext('AbortSignal.any(signals)', realm)
    expect(any.aborted).toBe(false)
    two.abort(new Error('enough'))
    expect([any.aborted, any.reason.message]).toEqual([true, 'enough'])
    const timeout = vm.runInContext('AbortSignal.timeout(1)', realm)
    await new Promise((done) => timeout.addEventListener('abort', done))
    expect(timeout.reason.name).toBe('TimeoutError')
    expect(() => vm.runInContext('AbortSignal.prototype.throwIfAborted.call({ aborted: true })', realm)).toThrow('aborted')
  })
})
