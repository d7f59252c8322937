/**
 * The first password somebody signed in with a moment ago: replacing it must not ask for it again. In memory only, and
 * forgotten once it is used.
 */
let given = ''

export function keepGiven(password: string): void {
  given = password
}

export function takeGiven(): string {
  const password = given
  given = ''
  return password
}
