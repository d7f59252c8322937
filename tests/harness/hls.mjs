// Reading playlists as a player does: only what the tests look at.

/** Attributes of a tag's list, quotes removed. */
export function attributes(line) {
  const list = line.slice(line.indexOf(':') + 1);
  return Object.fromEntries([...list.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g)].map(([, key, value]) => [key, value.replaceAll('"', '')]));
}

/** A media playlist: tags by name, segments with their parts, in order. */
export function parse(text) {
  const list = { text, tags: {}, segments: [], parts: [], gaps: 0, discontinuities: 0, ended: false };
  let parts = [];
  let about = {};
  for (const line of text.split('\n').filter(Boolean)) {
    const [name] = line.split(':', 1);
    if (!line.startsWith('#')) {
      list.segments.push({ uri: line, parts, ...about });
      parts = [];
      about = {};
    } else if (name === '#EXT-X-PART') {
      const part = { uri: attributes(line).URI, duration: Number(attributes(line).DURATION), gap: attributes(line).GAP === 'YES' };
      parts.push(part);
      list.parts.push(part);
    } else if (name === '#EXTINF') about.duration = Number.parseFloat(line.slice(8));
    else if (name === '#EXT-X-PROGRAM-DATE-TIME') about.at = Date.parse(line.slice(25));
    else if (name === '#EXT-X-GAP') {
      about.gap = true;
      list.gaps += 1;
    } else if (name === '#EXT-X-DISCONTINUITY') {
      about.discontinuity = true;
      list.discontinuities += 1;
    } else if (name === '#EXT-X-ENDLIST') list.ended = true;
    else list.tags[name.slice(1)] = line.slice(name.length + 1);
  }
  list.next = { msn: Number(list.tags['EXT-X-MEDIA-SEQUENCE'] ?? 0) + list.segments.length, part: parts.length };
  return list;
}

/** GET that must be a 200; the text. */
export async function text(url, init) {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${new URL(url).pathname.split('/').pop()}: ${response.status} ${await response.text()}`);
  return response.text();
}

export async function playlist(url, init) {
  return parse(await text(url, init));
}

/** The media playlist beside a multivariant one. */
export const beside = (url, name) => new URL(name, url).href;
