// Files as an office program opens them: LibreOffice Calc, which has nothing of ours and says when it has to repair one.

import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { outFolder } from './phone.mjs';

const run = promisify(execFile);

/** The files as LibreOffice reads and writes them again (`kind`: `xlsx`, `pdf` …), by their names without ending. `files`: paths. */
export async function throughOffice(files, kind, folder) {
  const out = join(folder, `office-${kind}-${process.hrtime.bigint()}`);
  await mkdir(out);
  // A profile of its own: two at a time would wait for each other.
  const profile = `-env:UserInstallation=file://${join(out, 'profile')}`;
  await run('soffice', [profile, '--headless', '--norestore', '--convert-to', kind, '--outdir', out, ...files], {
    timeout: 120_000,
    maxBuffer: 16 << 20,
  });
  const name = (file) => basename(file).replace(/\.[^.]*$/, '');
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [
        name(file),
        { path: join(out, `${name(file)}.${kind}`), bytes: await readFile(join(out, `${name(file)}.${kind}`)) },
      ]),
    ),
  );
}

/** Pages of a PDF, their size in points, and its text. */
export async function readPdf(path) {
  const { stdout: info } = await run('pdfinfo', [path]);
  const [, wide, high] = info.match(/Page size:\s+([\d.]+) x ([\d.]+)/);
  const { stdout: text } = await run('pdftotext', ['-layout', path, '-'], { maxBuffer: 64 << 20 });
  return {
    pages: Number(info.match(/Pages:\s+(\d+)/)[1]),
    wide: Number(wide),
    high: Number(high),
    text: text.split('\f').filter((page) => page.trim() !== ''),
  };
}

/** The first pages of a PDF as pictures for whoever looks: `name`-1.png and so on. */
export const drawPdf = (path, name, pages = 1) => run('pdftoppm', ['-r', '60', '-png', '-l', String(pages), path, join(outFolder, name)]);
