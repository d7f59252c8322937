/** A value that others follow: told at once, and whenever something in it changes. */
export class Published<S extends object> {
  private readonly listeners = new Set<(now: S) => void>()

  constructor(public value: S) {}

  subscribe(listener: (now: S) => void): () => void {
    this.listeners.add(listener)
    listener(this.value)
    return () => this.listeners.delete(listener)
  }

  set(change: Partial<S>): void {
    const changed = (Object.keys(change) as (keyof S)[]).some((key) => change[key] !== this.value[key])
    if (!changed) return
    this.value = { ...this.value, ...change }
    for (const notify of this.listeners) notify(this.value)
  }

  clear(): void {
    this.listeners.clear()
  }
}
