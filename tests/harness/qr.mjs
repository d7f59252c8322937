// QR codes as a phone reads them, off the picture that is shown or printed. The reader is zbar, which has nothing of ours.

import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Dots per inch of an office printer's draft. */
const PRINT_DPI = 150;

/** What the QR codes of a picture say, sorted. `picture`: a path. */
export async function readCodes(picture) {
  const { stdout } = await run('zbarimg', ['--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', picture]).catch((error) => {
    // 4: there is none in the picture.
    if (error.code === 4) return { stdout: '' };
    throw error;
  });
  return stdout.split('\n').filter((line) => line !== '').sort();
}

/** The codes that stand on the screen, the whole page of it or one element. */
export async function shownCodes(of, folder) {
  const path = join(folder, `shown-${process.hrtime.bigint()}.png`);
  await writeFile(path, await of.screenshot('viewportSize' in of ? { fullPage: true } : {}));
  return readCodes(path);
}

/** The codes of a page as it is printed on A4, and how many sheets that is. */
export async function printedCodes(page, folder) {
  const name = `printed-${process.hrtime.bigint()}`;
  const pdf = join(folder, `${name}.pdf`);
  await writeFile(pdf, await page.pdf({ preferCSSPageSize: true, printBackground: false }));
  await run('pdftoppm', ['-r', String(PRINT_DPI), '-png', pdf, join(folder, name)]);
  const sheets = (await readdir(folder)).filter((file) => file.startsWith(`${name}-`) && file.endsWith('.png'));
  const codes = await Promise.all(sheets.map((file) => readCodes(join(folder, file))));
  return { sheets: sheets.length, codes: codes.flat().sort() };
}
