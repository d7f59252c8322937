/**
 * What is newer than the floor and does no harm, each with the reason. `what` is as check.mjs names it; `where` limits it to
 * files of the build (without their hash). An entry that nothing uses any more is named and can go.
 */

/** What boot/builtins.js puts in where it is missing. Not in workers. */
export const PUT_IN = [
  '.at',
  '.findLast',
  '.findLastIndex',
  '.hasOwn',
  '.replaceAll',
  '.randomUUID',
  '.throwIfAborted',
  'AbortSignal.any',
  'AbortSignal.timeout',
]

/** Files that are not read. */
export const CARRIED = [
  {
    where: ['pdf.js', 'pdf.worker.min.mjs'],
    why: 'pdf.js for older browsers: brings its own built-ins; fetched by the booth when somebody opens slides, which says so when it fails',
  },
  { where: ['boot.js'], why: 'puts the built-ins in' },
]

export const SCRIPTS = [
  {
    what: ['.requestFullscreen', '.exitFullscreen'],
    where: ['LessonPage.js'],
    why: 'asked for first; without it the stage fills the page (fullScreen.ts)',
  },
  {
    what: ['.exitPictureInPicture', '.requestPictureInPicture'],
    where: ['LessonPage.js'],
    why: 'the button is there only where it works (comfort.ts)',
  },
  { what: ['.request'], where: ['LessonPage.js'], why: 'navigator.wakeLock, asked for first (comfort.ts)' },
  { what: ['.try'], where: ['LessonPage.js'], why: 'a method of ours (watchdog.ts)' },
  { what: ['.showModal'], where: ['modal.js'], why: 'asked for first (lib/modal.ts)' },
  {
    what: [
      '.getDirectory',
      '.getDisplayMedia',
      'AudioContext',
      'MediaRecorder',
      'MediaRecorder.isTypeSupported',
      'createImageBitmap',
      'OffscreenCanvas',
      'VideoFrame',
    ],
    where: ['BoothPage.js', 'composer.worker.js', 'copy.worker.js'],
    why: 'the booth is for computers; each is asked for first, or its failure has a sentence',
  },
  { what: ['.share', '.show'], where: ['BoothPage.js'], why: 'methods of ours (usePicture.ts)' },
  {
    what: ['.read'],
    where: ['composer.worker.js', 'hlsEngine.js', 'LessonPage.js', 'SeriesPage.js'],
    why: 'ReadableStreamDefaultReader, which all have; only Clipboard.read is newer',
  },
  { what: ['.getName', '.resize', '.show', '.union'], where: ['echarts.js'], why: 'methods of its own' },
  { what: ['.resize'], where: ['YearPage.js'], why: 'that of a chart (ChartCard.vue)' },
  { what: ['ClipboardItem'], where: ['YearPage.js'], why: 'asked for first; without it the picture is downloaded (picture.ts)' },
  { what: ['.stream'], where: ['whepEngine.js'], why: 'a method of ours (whepSession.ts)' },
  { what: ['ManagedMediaSource', 'SharedArrayBuffer'], where: ['hlsEngine.js'], why: 'hls.js asks first' },
  { what: ['.canShare', '.share'], where: ['SharePanel.js'], why: 'the button is there only where they are' },
  { what: ['.translate'], where: ['SharePanel.js'], why: 'that of a canvas, which all have; only the built-in translator is newer' },
  { what: ['MathMLElement', 'trustedTypes'], where: ['start.js'], why: 'Vue asks first' },
  {
    what: ['.toReversed', '.toSorted', '.toSpliced'],
    where: ['start.js'],
    why: 'Vue passes them on to lists of ours that nobody calls them on',
  },
  { what: ['.startViewTransition'], where: ['start.js'], why: 'vue-router asks first' },
  { what: ['.initialize', 'Intl.Segmenter'], where: ['PlanPage.js'], why: 'Element Plus: a method of its own; asked for first' },
]

export const STYLES = [
  {
    what: [
      'accent-color',
      '-webkit-tap-highlight-color',
      'color-scheme',
      'scroll-behavior',
      'scrollbar-width',
      'text-size-adjust',
      'cursor: pointer',
      'cursor: default',
      'cursor: move',
      'cursor: not-allowed',
      'resize',
      'user-select',
      'appearance',
      'overscroll-behavior',
    ],
    why: 'only looks or comfort',
  },
  {
    what: [
      ':-webkit-scrollbar',
      ':-webkit-scrollbar-corner',
      ':-webkit-scrollbar-thumb',
      ':-webkit-scrollbar-track',
      ':-webkit-scrollbar-track-piece',
    ],
    why: 'Element Plus, only looks',
  },
  { what: [':focus-visible'], why: 'without it the browser draws its own ring' },
  { what: [':backdrop'], why: 'without it the dialog has a shade of ours (lib/modal.ts)' },
  { what: ['aspect-ratio'], why: 'the place has a height, too, or the picture has its own' },
  { what: ['overflow-wrap: anywhere'], why: 'the page breaks words as it is (base.css)' },
  { what: ['@page', 'size'], where: ['SlipsPage.css'], why: 'for the printer; without it, its own paper' },
  {
    what: ['@page', 'size', 'page', 'break-after: avoid'],
    where: ['SheetPage.css'],
    why: 'for the printer; without it, its own paper, without numbers on the pages',
  },
  { what: [':is'], where: ['labels.css'], why: 'the build also writes the same rule with :-webkit-any' },
  {
    what: [':has', 'scroll-margin-top', 'scroll-margin-bottom'],
    where: ['BoothPage.css'],
    why: 'the booth is for computers; only distances',
  },
]
