// What a recording holds, frame by frame: read by ffmpeg, as a player would.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { BARCODE_COLUMNS } from './publish.mjs';

const run = promisify(execFile);
const WIDTH = 640;

/** Presentation times of the pictures at `url`, or of its sound (`a`), milliseconds, ascending. */
export async function frameTimes(url, stream = 'v') {
  const args = ['-v', 'error', '-select_streams', stream, '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', url];
  const { stdout } = await run('ffprobe', args, { maxBuffer: 16 << 20 });
  const times = stdout
    .split('\n')
    .map((line) => Number.parseFloat(line) * 1000)
    .filter(Number.isFinite);
  return times.sort((a, b) => a - b);
}

/** The barcodes of the pictures at `url` (640 wide): milliseconds since the publisher's origin, null where there is none. */
export async function barcodes(url) {
  const args = [
    '-v',
    'error',
    '-i',
    url,
    '-an',
    '-vf',
    `format=gray,crop=${WIDTH}:1:0:8`,
    '-fps_mode',
    'passthrough',
    '-f',
    'rawvideo',
    '-',
  ];
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 64 << 20 });
  const rows = Array.from({ length: stdout.length / WIDTH }, (_, n) => stdout.subarray(n * WIDTH, (n + 1) * WIDTH));
  return rows.map((row) => {
    const column = WIDTH / BARCODE_COLUMNS;
    const bits = Array.from({ length: BARCODE_COLUMNS }, (_, n) => (row[n * column + column / 2] > 127 ? 1 : 0));
    const framed = bits[0] === 1 && bits[1] === 0 && bits.at(-2) === 0 && bits.at(-1) === 1;
    return framed ? bits.slice(2, -2).reduce((sum, bit, n) => sum + bit * 2 ** n, 0) : null;
  });
}
