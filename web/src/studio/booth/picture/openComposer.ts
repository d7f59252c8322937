/**
 * One picture out of camera and slides, as one track that stays the same for the whole visit, whatever is shown on it.
 * Where the browser lets a worker have the frames, they never pass through the page: a busy page, or a tab that is
 * hidden, changes nothing. Elsewhere a canvas in the page does it.
 */
import { CanvasComposer } from './canvasComposer'
import type { Composer } from './composer'
import { WorkerComposer, type Insertable } from './workerComposer'

export function openComposer(): Composer {
  const { MediaStreamTrackProcessor, MediaStreamTrackGenerator } = window as Insertable
  if (MediaStreamTrackProcessor && MediaStreamTrackGenerator) {
    return new WorkerComposer(new MediaStreamTrackGenerator({ kind: 'video' }), MediaStreamTrackProcessor)
  }
  return new CanvasComposer()
}
