/** What is copied into an encoder, by protocol: pure, so that the exact strings are tested. */
import type { MessageKey } from '@/i18n'
import type { Doors } from './api'

export const PROTOCOLS = ['rtmp', 'srt', 'whip'] as const
export type Protocol = (typeof PROTOCOLS)[number]

export interface DoorField {
  id: string
  label: MessageKey
  copy: MessageKey
  value: string
}

/** What lost packets get to come again; OBS and ffmpeg count microseconds. */
const SRT_LATENCY_US = 200_000

/** The protocols this server takes. */
export function protocols(doors: Doors): Protocol[] {
  return PROTOCOLS.filter((protocol) => protocol !== 'srt' || doors.srt_url !== null)
}

/** The whole SRT address, as OBS and ffmpeg take it. */
export function srtAddress(doors: Doors, key: string): string {
  const secret = doors.srt_passphrase === null ? '' : `&passphrase=${doors.srt_passphrase}&pbkeylen=16`
  return `${doors.srt_url}?streamid=${key}&latency=${SRT_LATENCY_US}${secret}`
}

const field = (id: string, name: 'server' | 'key' | 'address' | 'stream_id' | 'token' | 'passphrase', value: string): DoorField => ({
  id,
  label: `studio.door.${name}`,
  copy: `studio.door.copy_${name}`,
  value,
})

/** The fields to copy; those with the key only while it is known. */
export function doorFields(doors: Doors, protocol: Protocol, key: string): DoorField[] {
  switch (protocol) {
    case 'rtmp':
      return [field('rtmp-server', 'server', doors.rtmp_server), ...(key ? [field('rtmp-key', 'key', key)] : [])]
    case 'srt': {
      const secret = doors.srt_passphrase === null ? [] : [field('srt-passphrase', 'passphrase', doors.srt_passphrase)]
      if (!key) return [field('srt-server', 'server', doors.srt_url ?? ''), ...secret]
      return [field('srt-address', 'address', srtAddress(doors, key)), field('srt-id', 'stream_id', key), ...secret]
    }
    case 'whip':
      return [field('whip-server', 'server', doors.whip_url), ...(key ? [field('whip-token', 'token', key)] : [])]
  }
}
