/** What both composers can do: one picture out of camera and slides, as one track that stays the same for the whole visit. */
import type { Layout } from './layout'

export interface Composer {
  readonly track: MediaStreamTrack
  arrange(layout: Layout): void
  /** The camera, or none. The track stays the caller's. */
  camera(track: MediaStreamTrack | null): void
  /** A shared screen in the place of the slides; null: the page of `slide` again. */
  screen(track: MediaStreamTrack | null): void
  /** A page of a document, now the composer's; null: dark. */
  slide(page: ImageBitmap | null): void
  close(): void
}
