import { describe, expect, it } from 'vitest'
import { WhepChoice } from './whepChoice'

describe('the choice', () => {
  it('joins once more after a loss, and again after a steady while', () => {
    const choice = new WhepChoice()
    choice.failed('lost', 100_000)
    expect(choice.open).toBe(true)
    choice.failed('lost', 200_000)
    expect(choice.open).toBe(true)
    choice.failed('lost', 205_000)
    expect(choice.open).toBe(false)
    choice.restarted()
    expect(choice.open, 'for this visit').toBe(false)
  })

  it('asks a full node again only when playing begins anew', () => {
    const choice = new WhepChoice()
    choice.failed('later', 0)
    expect(choice.open).toBe(false)
    choice.restarted()
    expect(choice.open).toBe(true)
  })

  it('never asks again where it does not play', () => {
    const choice = new WhepChoice()
    choice.failed('never', 0)
    choice.restarted()
    expect(choice.open).toBe(false)
  })
})
