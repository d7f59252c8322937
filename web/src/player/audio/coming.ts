/**
 * Another episode that was asked for and is not ready: by a tap on 下一集, or because this one is over. Until it can be heard, what
 * is there stays. Asking again for the same one does not open it twice, and hurries what waits.
 */
import { asProblem, type Problem } from '@/api/problem'
import { Waiting } from './recovery'
import type { Ready } from './upNext'

export interface Comes {
  coming: string | null
  nextProblem: Problem | null
}

export class Coming {
  private wish: { id: string } | null = null
  private readonly waiting: Waiting

  constructor(
    private readonly get: (id: string) => Promise<Ready>,
    random: () => number,
    private readonly say: (now: Comes) => void,
  ) {
    this.waiting = new Waiting(random)
  }

  get id(): string | null {
    return this.wish?.id ?? null
  }

  /** `refused`: it will not come, whatever one waits for. */
  async open(id: string, begin: (ready: Ready) => void, refused: () => void): Promise<void> {
    if (this.wish?.id === id) {
      this.waiting.hurry()
      return
    }
    this.forget()
    const wish = { id }
    this.wish = wish
    this.say({ coming: id, nextProblem: null })
    for (;;) {
      await this.waiting.wait()
      if (this.wish !== wish) return
      try {
        const ready = await this.get(id)
        if (this.wish !== wish) return
        this.forget()
        begin(ready)
        return
      } catch (thrown) {
        if (this.wish !== wish) return
        const problem = asProblem(thrown)
        const passing = problem.offline || problem.status >= 500 || problem.status === 429
        this.say({ coming: passing ? id : null, nextProblem: problem })
        if (passing) continue
        this.wish = null
        refused()
        return
      }
    }
  }

  hurry(): void {
    this.waiting.hurry()
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    const was = this.wish !== null
    this.forget()
    if (was) this.say({ coming: null, nextProblem: null })
  }

  private forget(): void {
    this.wish = null
    this.waiting.reset()
    this.waiting.hurry()
  }
}
