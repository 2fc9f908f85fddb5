/** A strict reader of DER: definite and shortest lengths only, nothing left over. */

/** One value: its tag byte, its content, and all its bytes. */
export interface Der {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

export const SEQUENCE = 0x30;
export const SET = 0x31;

/** Says that bytes are not what they must be; the sentence names what was expected. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** Gives the values that stand one after another. @throws DerError where a length is wrong or bytes are left over. */
export function readAll(bytes: Uint8Array): Der[] {
  const out: Der[] = [];
  for (let at = 0; at < bytes.length; ) {
    const one = readAt(bytes, at);
    out.push(one);
    at += one.whole.length;
  }
  return out;
}

/** Gives the one value that fills the bytes, and has this tag. @throws DerError */
export function readOne(bytes: Uint8Array, tag: number): Der {
  const [one, ...more] = readAll(bytes);
  if (one === undefined || more.length > 0) throw new DerError('expected exactly one value');
  return expectTag(one, tag);
}

/** Gives the value, or throws DerError where it has another tag or is not there. */
export function expectTag(value: Der | undefined, tag: number): Der {
  if (value?.tag !== tag) throw new DerError(`expected the tag 0x${tag.toString(16)}`);
  return value;
}

/** Gives the members of a SEQUENCE or SET. @throws DerError */
export function membersOf(value: Der | undefined, tag: number): Der[] {
  return readAll(expectTag(value, tag).content);
}

function readAt(bytes: Uint8Array, start: number): Der {
  const tag = bytes[start];
  const first = bytes[start + 1];
  // The high tag numbers take several bytes; nothing that is read here has one.
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new DerError('cut off, or a long tag');
  let at = start + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 3) throw new DerError('an indefinite or overlong length');
    length = 0;
    for (let i = 0; i < count; i++, at++) length = length * 256 + (bytes[at] ?? Number.NaN);
    const shortest = length >= 0x80 && length >= 256 ** (count - 1);
    if (!shortest) throw new DerError('a length that is not the shortest');
  }
  if (at + length > bytes.length) throw new DerError('cut off');
  return { tag, content: bytes.subarray(at, at + length), whole: bytes.subarray(start, at + length) };
}

/** Gives an object identifier as `2.5.4.3`. @throws DerError */
export function oidText(value: Der | undefined): string {
  const { content } = expectTag(value, 0x06);
  const arcs: number[] = [];
  let arc = 0;
  for (const [index, byte] of content.entries()) {
    if (arc === 0 && byte === 0x80) throw new DerError('an overlong object identifier');
    arc = arc * 128 + (byte & 0x7f);
    if (arc > 2 ** 40) throw new DerError('an object identifier that is too large');
    if ((byte & 0x80) !== 0) {
      if (index === content.length - 1) throw new DerError('a cut off object identifier');
      continue;
    }
    arcs.push(arc);
    arc = 0;
  }
  const [head, ...rest] = arcs;
  if (head === undefined) throw new DerError('an empty object identifier');
  const top = Math.min(2, Math.floor(head / 40));
  return [top, head - top * 40, ...rest].join('.');
}

/** Gives a UTF8String, PrintableString or IA5String. @throws DerError on other types and on bytes that are no text of the type. */
export function stringText(value: Der | undefined): string {
  if (value === undefined || ![0x0c, 0x13, 0x16].includes(value.tag)) throw new DerError('expected a string');
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    const decoded = text.decode(value.content);
    if (value.tag !== 0x0c && !/^[\x20-\x7e]*$/.test(decoded)) throw new DerError('a string of the wrong letters');
    return decoded;
  } catch (error) {
    throw error instanceof DerError ? error : new DerError('a string that is no UTF-8');
  }
}
