/**
 * Where an episode begins. What was listened to last wins: not the furthest place, not the server's, not a page that was only
 * opened. Pure.
 */

import type { Device } from '../platform'

/** Where somebody was in an episode; `heard_at` is UTC milliseconds. */
export interface Place {
  position_ms: number
  heard_at: number
  device: Device
  finished: boolean
}

export interface OwnPlace {
  positionMs: number
  /** The server's wall clock as this device knew it, when sound came from there. */
  heardAt: number
  finished: boolean
}

export interface Begin {
  atMs: number
  /** The place that was not taken, if it is elsewhere: one tap away. */
  other: Place | null
}

/** Places nearer than this are the same: beats reach the server every 15 s. */
export const SAME_MS = 30_000
/** This close to the end, nothing is left to hear. */
export const END_MS = 3_000

/** `server`: from the lease's answer. `own`: what this device heard last, which the server may not know yet. */
export function begin(server: Place | null, own: OwnPlace | null, lengthMs: number, device: Device): Begin {
  const mine: Place | null = own && { position_ms: own.positionMs, heard_at: own.heardAt, device, finished: own.finished }
  const newest = !server || (mine && mine.heard_at > server.heard_at) ? mine : server
  const older = newest === server ? mine : server
  const atMs = startOf(newest, lengthMs)
  const elsewhere = older !== null && !older.finished && Math.abs(older.position_ms - atMs) > SAME_MS
  return { atMs, other: elsewhere ? older : null }
}

/** A finished episode begins anew. */
export function startOf(place: Place | null, lengthMs: number): number {
  if (!place || place.finished) return 0
  const over = lengthMs > 0 && place.position_ms >= lengthMs - END_MS
  return over ? 0 : Math.max(0, place.position_ms)
}
