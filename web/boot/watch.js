/**
 * Shows a sentence of index.html where the pages cannot start: a browser below the floor, or files that did not arrive. Written
 * in ES5, as it must run in the oldest. A page that has anything to show ends it.
 */
(function () {
  'use strict'

  /** After an error before anything is shown: what still works may come within this. */
  var AFTER_ERROR_MS = 1500
  /** After everything was loaded: words and the first page are fetched then. */
  var AFTER_LOAD_MS = 12000

  var root = document.documentElement

  function blank() {
    var app = document.getElementById('app')
    return !app || !app.firstElementChild
  }

  /** By the youngest built-in that each browser of the floor has (Chromium 85, Safari 14, Firefox 79). */
  function tooOld() {
    return !('noModule' in document.createElement('script')) || typeof Promise !== 'function' || typeof Promise.any !== 'function'
  }

  function show() {
    if (!blank()) return
    root.setAttribute('data-boot', tooOld() ? 'too-old' : 'not-open')
  }

  function onError() {
    setTimeout(show, AFTER_ERROR_MS)
  }

  // Also of scripts that could not be fetched: those do not bubble.
  window.addEventListener('error', onError, true)
  window.addEventListener('unhandledrejection', onError)
  window.addEventListener('load', function () {
    // Modules have run by now, if they run at all.
    if (!root.hasAttribute('data-started')) show()
    setTimeout(show, AFTER_LOAD_MS)
  })
  if (!('noModule' in document.createElement('script'))) show()
})()
