/** What the page Today says of the server's certificate. */
import type { components } from '@/api/schema'

type CertificateNow = components['schemas']['CertificateNow']

/** The sentence and whether somebody has to do something; `null`: this server has no https of its own. */
export function words({ state, trouble }: Pick<CertificateNow, 'state' | 'trouble'>) {
  if (state === 'off') return null
  return { key: `console.certificate.${state}` as const, warn: state !== 'good' || Boolean(trouble) }
}
