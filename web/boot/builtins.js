/**
 * Built-ins that the oldest browsers of our floor (package.json, browserslist; docs/adr/0029) lack, each put in only where it
 * is missing. Written in ES5: it runs before everything, in every browser. `npm run floor` compares this list with what the
 * build uses. Workers do not load it.
 */
(function () {
  'use strict'

  function put(holder, name, value) {
    if (holder && !holder[name]) Object.defineProperty(holder, name, { value: value, configurable: true, writable: true })
  }

  /** An array index as `at` reads it: from the end if it is negative. */
  function index(length, wanted) {
    var at = Math.trunc(wanted) || 0
    return at < 0 ? length + at : at
  }

  function at(wanted) {
    return this[index(this.length, wanted)]
  }
  function findLastIndex(test, self) {
    for (var i = this.length - 1; i >= 0; i -= 1) if (test.call(self, this[i], i, this)) return i
    return -1
  }
  function findLast(test, self) {
    var found = findLastIndex.call(this, test, self)
    return found < 0 ? undefined : this[found]
  }

  var lists = [Array.prototype]
  if (typeof Int8Array === 'function') lists.push(Object.getPrototypeOf(Int8Array.prototype))
  lists.forEach(function (list) {
    put(list, 'at', at)
    put(list, 'findLast', findLast)
    put(list, 'findLastIndex', findLastIndex)
  })
  put(String.prototype, 'at', function (wanted) {
    var found = this.charAt(index(this.length, wanted))
    return found === '' ? undefined : found
  })
  put(String.prototype, 'replaceAll', function (what, by) {
    if (what instanceof RegExp) return this.replace(what, by)
    return this.replace(new RegExp(String(what).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'g'), by)
  })
  put(Object, 'hasOwn', function (object, name) {
    return Object.prototype.hasOwnProperty.call(object, name)
  })

  if (typeof AbortSignal === 'function') {
    put(AbortSignal, 'timeout', function (ms) {
      var control = new AbortController()
      setTimeout(function () {
        control.abort(new DOMException('The operation timed out.', 'TimeoutError'))
      }, ms)
      return control.signal
    })
    put(AbortSignal, 'any', function (signals) {
      var control = new AbortController()
      Array.from(signals).forEach(function (signal) {
        function abort() {
          control.abort(signal.reason)
        }
        if (signal.aborted) abort()
        else signal.addEventListener('abort', abort, { once: true })
      })
      return control.signal
    })
    put(AbortSignal.prototype, 'throwIfAborted', function () {
      if (this.aborted) throw this.reason || new DOMException('The operation was aborted.', 'AbortError')
    })
  }

  // Also missing on plain http, where the page is no secure context.
  if (typeof Crypto === 'function') {
    put(Crypto.prototype, 'randomUUID', function () {
      var bytes = this.getRandomValues(new Uint8Array(16))
      bytes[6] = (bytes[6] & 0x0f) | 0x40
      bytes[8] = (bytes[8] & 0x3f) | 0x80
      var text = Array.prototype.map.call(bytes, function (byte) {
        return (256 + byte).toString(16).slice(1)
      })
      return text.join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    })
  }
})()
