/** Parses JSON from outside: a few megabytes of nothing but brackets would keep a process busy for a minute, and eat its memory. */

/** Texts up to this length are parsed as they are. */
const SMALL = 256 * 1024;
/** 50,000 objects of Kubernetes' size have fewer lists and objects in them. */
const MOST_CONTAINERS = 3_000_000;
const MOST_DEPTH = 200;

/** @throws SyntaxError where it is no JSON, RangeError with half a sentence where it has too many parts or is too deep. */
export function parseBoundedJson(text: string): unknown {
  if (text.length > SMALL) checkShape(text);
  return JSON.parse(text);
}

function checkShape(text: string): void {
  let depth = 0;
  let containers = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      i = endOfString(text, i + 1);
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      containers += 1;
      if (depth > MOST_DEPTH) throw new RangeError(`it is nested more than ${MOST_DEPTH} levels deep`);
      if (containers > MOST_CONTAINERS) throw new RangeError(`it has more than ${MOST_CONTAINERS} parts`);
    } else if (code === 0x5d || code === 0x7d) {
      depth -= 1;
    }
  }
}

/** Gives where the string's closing quote is; the text's end where it has none. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 0x5c && at - 1 - slashes >= from) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}
