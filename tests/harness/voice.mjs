// Something like a voice, as a WAV file for Chromium's fake microphone: syllables and pauses. A steady tone would be taken
// for noise, and suppressed.

import { writeFile } from 'node:fs/promises';

const RATE = 48_000;
const SECONDS = 4;
const HARMONICS = 12;
/** The harmonics together peak at about this. */
const PEAK = 2.2;

/** Writes a voice whose loudest moments are at `dbfs`; what goes over full scale is clipped. */
export async function voice(path, dbfs) {
  const samples = new Int16Array(RATE * SECONDS);
  const gain = 10 ** (dbfs / 20) / PEAK;
  for (let n = 0; n < samples.length; n += 1) {
    const t = n / RATE;
    const syllable = (t * 3.25) % 1;
    const speaks = t % 2 < 1.5 && syllable < 0.6;
    if (!speaks) continue;
    const pitch = 140 + 30 * Math.sin(2 * Math.PI * 0.75 * t);
    let sum = 0;
    for (let k = 1; k <= HARMONICS; k += 1) sum += Math.sin(2 * Math.PI * pitch * k * t + k) / k;
    const value = gain * Math.sin((Math.PI * syllable) / 0.6) * sum;
    samples[n] = Math.round(Math.max(-1, Math.min(1, value)) * 32_767);
  }
  const data = Buffer.from(samples.buffer);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); // PCM
  head.writeUInt16LE(1, 22); // mono
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  await writeFile(path, Buffer.concat([head, data]));
  return `--use-file-for-fake-audio-capture=${path}`;
}
