import { describe, expect, it } from 'vitest'
import { constraints, keepChoice, readChoice, troubleOf, type Choice } from './devices'

const storage = (text: string | null) => ({ getItem: () => text })

describe('the devices of this browser', () => {
  it('come back as they were chosen', () => {
    let kept = ''
    const choice: Choice = { camera: 'c1', microphone: '', sound: { echo: false, noise: true } }
    keepChoice({ setItem: (_key, value) => (kept = value) }, choice)
    expect(readChoice(storage(kept))).toEqual(choice)
  })

  it.each([null, 'nonsense', '{"camera":7,"sound":null}', '[]'])('are the usual ones where %s is stored', (text) => {
    expect(readChoice(storage(text))).toEqual({ camera: '', microphone: '', sound: { echo: true, noise: true } })
  })

  it('ask for the chosen one, and take another if it is not there', () => {
    const choice = { ...readChoice(storage(null)), camera: 'c1' }
    expect(constraints('camera', choice).video).toMatchObject({ deviceId: { ideal: 'c1' } })
    expect(constraints('microphone', choice).audio).not.toHaveProperty('deviceId')
  })
})

describe('what is wrong with a device', () => {
  it.each([
    ['NotAllowedError', 'denied'],
    ['NotFoundError', 'none'],
    ['OverconstrainedError', 'none'],
    ['NotReadableError', 'taken'],
    ['SecurityError', 'insecure'],
    ['SomethingNew', 'failed'],
  ])('%s is %s', (name, trouble) => {
    expect(troubleOf(new DOMException('', name))).toBe(trouble)
  })

  it('survives what is no error at all', () => {
    expect(troubleOf('no')).toBe('failed')
  })
})
