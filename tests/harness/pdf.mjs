// A PDF written by hand: a slide a line, in Chinese, in a font that is named but not embedded, as office programs of old
// write it. Reading it takes a character map (UniGB-UCS2-H) that a reader has to fetch.

const PAGE = '[0 0 720 405]';

/** UTF-16 in big-endian hex, as the character map expects it. */
const hex = (text) => [...Buffer.from(text, 'utf16le').swap16()].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** `lines`: the text of each page; `encrypted` asks for a password. A Buffer. */
export function pdf(lines, { encrypted = false } = {}) {
  const objects = [];
  const add = (body) => objects.push(body);
  const first = 5;
  const kids = lines.map((_, n) => `${first + 2 * n} 0 R`).join(' ');
  add('<< /Type /Catalog /Pages 2 0 R >>');
  add(`<< /Type /Pages /Kids [${kids}] /Count ${lines.length} >>`);
  add('<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>');
  add(
    '<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /DW 1000 ' +
      '/FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >> >>',
  );
  lines.forEach((line, n) => {
    add(`<< /Type /Page /Parent 2 0 R /MediaBox ${PAGE} /Resources << /Font << /F 3 0 R >> >> /Contents ${first + 2 * n + 1} 0 R >>`);
    const content = `1 0.9 0.8 rg 0 0 720 405 re f 0.2 g BT /F 48 Tf 60 300 Td <${hex(line)}> Tj ET BT /F 24 Tf 60 200 Td <${hex('学员看到的就是这一页')}> Tj ET`;
    add(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
  });
  const lock = '<< /Filter /Standard /V 1 /R 2 /P -4 /O <' + '1f'.repeat(32) + '> /U <' + '2e'.repeat(32) + '> >>';
  let file = '%PDF-1.4\n';
  const offsets = objects.map((body, n) => {
    const at = file.length;
    file += `${n + 1} 0 obj\n${body}\nendobj\n`;
    return at;
  });
  const table = file.length;
  const entries = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  const locked = encrypted ? ` /Encrypt ${lock} /ID [<00> <00>]` : '';
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R${locked} >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(file, 'latin1');
}
