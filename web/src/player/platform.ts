/** What this device is and can do. The class of the device is sent with the lease; nothing else about it is. */
import type { DeviceClass } from '@/api/types'
import type { EngineFactory } from './engine'

export type Device = DeviceClass

export interface Platform {
  userAgent: string
  touchPoints: number
  /** Shorter side of the screen, CSS pixels. */
  shortSide: number
  mediaSource: boolean
  nativeHls: boolean
}

/** iPads say that they are Macs, with fingers. */
export function isApplePhone(p: Platform): boolean {
  return /iPhone|iPad|iPod/.test(p.userAgent) || (/Macintosh/.test(p.userAgent) && p.touchPoints > 1)
}

export function deviceOf(p: Platform): Device {
  const mobile = isApplePhone(p) || /Android|Mobile|HarmonyOS|MicroMessenger/.test(p.userAgent)
  if (!mobile && !(p.touchPoints > 1 && p.shortSide < 600)) return 'desktop'
  return p.shortSide < 600 ? 'phone' : 'tablet'
}

/** The browser's own HLS only where it is better (iOS) or all there is; new desktop Chromium has it too, with more delay. */
export function engineOf(p: Platform): 'hls' | 'native' | 'none' {
  if (p.nativeHls && (isApplePhone(p) || !p.mediaSource)) return 'native'
  return p.mediaSource ? 'hls' : 'none'
}

export function thisPlatform(video: HTMLVideoElement): Platform {
  return {
    userAgent: navigator.userAgent,
    touchPoints: navigator.maxTouchPoints,
    shortSide: Math.min(screen.width, screen.height),
    mediaSource: 'MediaSource' in globalThis || 'ManagedMediaSource' in globalThis,
    nativeHls: video.canPlayType('application/vnd.apple.mpegurl') !== '',
  }
}

/** Fetches the engine this device needs; null when it can play nothing we have. */
export async function loadEngine(video: HTMLVideoElement): Promise<EngineFactory | null> {
  const choice = engineOf(thisPlatform(video))
  if (choice === 'native') {
    const { NativeEngine } = await import('./nativeEngine')
    return (element, events) => new NativeEngine(element, events)
  }
  if (choice === 'hls') {
    const { HlsEngine } = await import('./hlsEngine')
    if (HlsEngine.supported()) return (element, events) => new HlsEngine(element, events)
  }
  return null
}

/**
 * Fetches the engine of WHEP; null where LL-HLS is better or all there is. Where the browser's own HLS is chosen it stays:
 * it goes on playing on the lock screen, which no connection does.
 */
export async function loadWhep(video: HTMLVideoElement): Promise<EngineFactory | null> {
  if (engineOf(thisPlatform(video)) !== 'hls' || typeof RTCPeerConnection !== 'function') return null
  const { WhepEngine } = await import('./whepEngine')
  return WhepEngine.supported() ? (element, events) => new WhepEngine(element, events) : null
}
