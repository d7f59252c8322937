/** The page around a player: it is hidden, left, comes back, and its network returns. */
export interface PageEvents {
  shown(visible: boolean): void
  left(): void
  /** Back from the browser's cache. */
  back(): void
  online(): void
}

export function watchPage(events: PageEvents, signal: AbortSignal): void {
  document.addEventListener('visibilitychange', () => events.shown(document.visibilityState === 'visible'), { signal })
  addEventListener('pagehide', () => events.left(), { signal })
  addEventListener('pageshow', (event) => event.persisted && events.back(), { signal })
  addEventListener('online', () => events.online(), { signal })
}
