/**
 * What the browsers of the floor have, by MDN's compatibility data: JavaScript's built-ins, the browser's interfaces, and CSS.
 * With a prefix, behind a flag or under another name is not there.
 */
import bcd from '@mdn/browser-compat-data' with { type: 'json' }

/** MDN's names of browserslist's browsers. */
const BROWSERS = { chrome: ['chrome', 'chrome_android'], edge: ['edge'], safari: ['safari'], ios_saf: ['safari_ios'], firefox: ['firefox'] }

/** Interfaces whose methods are looked for by name. Others are named when they are made, and found by that. */
const INTERFACES = [
  'AbortSignal',
  'Animation',
  'Blob',
  'CSSStyleSheet',
  'Cache',
  'Clipboard',
  'Crypto',
  'CustomElementRegistry',
  'DataTransfer',
  'Document',
  'DocumentFragment',
  'Element',
  'Event',
  'EventTarget',
  'File',
  'FormData',
  'HTMLButtonElement',
  'HTMLCanvasElement',
  'HTMLDialogElement',
  'HTMLElement',
  'HTMLFormElement',
  'HTMLInputElement',
  'HTMLMediaElement',
  'HTMLVideoElement',
  'Headers',
  'History',
  'MediaDevices',
  'MediaStream',
  'MediaStreamTrack',
  'MutationObserver',
  'Navigator',
  'Node',
  'NodeList',
  'Performance',
  'Range',
  'ReadableStream',
  'Request',
  'Response',
  'Selection',
  'StorageManager',
  'TextTrackList',
  'URLSearchParams',
  'WakeLock',
  'WebSocket',
  'Window',
]

/** JavaScript's own whose methods are looked for. */
const BUILT_IN = [
  'Array',
  'ArrayBuffer',
  'Intl.DateTimeFormat',
  'Intl.NumberFormat',
  'Map',
  'Object',
  'Promise',
  'RegExp',
  'Set',
  'String',
  'TypedArray',
]

const version = (text) => Number.parseFloat(String(text).replace('≤', ''))

function there(statements, floor) {
  const all = Array.isArray(statements) ? statements : [statements]
  return all.some(
    (one) =>
      version(one.version_added) <= floor && !one.flags && !one.prefix && !one.alternative_name && !(version(one.version_removed) <= floor),
  )
}

export function support(floor) {
  const pairs = Object.entries(floor).flatMap(([name, version]) => BROWSERS[name].map((browser) => [browser, version]))
  /** Whether all have it; what MDN says nothing about, they have. */
  const has = (compat) => pairs.every(([browser, version]) => !compat.support[browser] || there(compat.support[browser], version))

  const globals = new Map()
  const statics = new Map()
  const methods = new Map()
  const note = (map, name, is) => map.set(name, [...(map.get(name) ?? []), is])
  function read(name, node, byName) {
    if (node.__compat) globals.set(name, has(node.__compat))
    for (const [key, child] of Object.entries(node)) {
      if (!child.__compat || key.endsWith('_event')) continue
      if (child.__compat.status?.standard_track === false || child.__compat.status?.experimental) continue
      const member = key.replace(/_static$/, '')
      // In MDN's data of JavaScript's built-ins, functions of a namespace or class and methods stand side by side.
      if (key.endsWith('_static') || /^(?:Atomics|JSON|Math|Reflect|Intl)$/.test(name))
        statics.set(`${name}.${member}`, has(child.__compat))
      else if (byName) note(methods, member, { builtIn: BUILT_IN.includes(name), has: has(child.__compat) })
    }
  }
  for (const [name, node] of Object.entries(bcd.javascript.builtins)) {
    read(name, node, BUILT_IN.includes(name))
    if (name === 'Intl')
      for (const [inner, child] of Object.entries(node))
        if (inner !== '__compat') read(`Intl.${inner}`, child, BUILT_IN.includes(`Intl.${inner}`))
  }
  for (const [name, node] of Object.entries(bcd.api)) read(name, node, INTERFACES.includes(name))

  return { has, globals, statics, methods, css: bcd.css }
}
