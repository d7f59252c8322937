// The names of the fields in the log lines of a Rust source, read without a compiler: what stands before `=` in the
// arguments of tracing's macros, or alone.

const MACRO = /tracing::(?:error|warn|info|debug|trace|error_span|info_span|debug_span)!\(/g;
const FIELD = /^[%?]?([a-z_][a-z_0-9.]*)\s*(?:=|$)/;

/** The arguments that begin at `from`, up to the closing bracket. */
function argumentsAt(text, from) {
  const found = [''];
  let depth = 1;
  let quoted = false;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (quoted && char === '\\') {
      at += 1;
      continue;
    }
    if (char === '"') quoted = !quoted;
    else if (!quoted && '([{'.includes(char)) depth += 1;
    else if (!quoted && ')]}'.includes(char)) depth -= 1;
    if (depth === 0) break;
    if (!quoted && depth === 1 && char === ',') found.push('');
    else found[found.length - 1] += char;
  }
  return found.map((argument) => argument.trim());
}

export function logFields(text) {
  return [...text.matchAll(MACRO)].flatMap((match) =>
    argumentsAt(text, match.index + match[0].length).flatMap((argument) => argument.match(FIELD)?.[1] ?? []),
  );
}
