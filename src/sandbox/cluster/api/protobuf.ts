/** Reads the protobuf bodies of the few kinds that newer clients send so, whatever the server offers. */
import { fieldOfMessage, MESSAGES, type MessageField } from './protobuf-messages.ts';

/** The four bytes in front of every Kubernetes protobuf body. */
const MAGIC = Buffer.from('k8s\0', 'latin1');
const WIRE = { varint: 0, bytes: 2 };
const ENVELOPE = { typeMeta: 1, raw: 2 };
const REVIEWS = new Set(['SelfSubjectAccessReview', 'SelfSubjectRulesReview', 'SelfSubjectReview']);

/** One field as it stands on the wire. */
interface WireField {
  number: number;
  value: number | Buffer;
}

/** The review in a body as the JSON it stands for; undefined for anything else, or for bytes that end too early. */
export function reviewFromProtobuf(body: Buffer): Record<string, unknown> | undefined {
  const object = objectFromProtobuf(body);
  return object !== undefined && REVIEWS.has(String(object['kind'])) ? object : undefined;
}

/** The object in a body as JSON; undefined for a kind that is not known here, or for bytes that cannot be read. */
export function objectFromProtobuf(body: Buffer): Record<string, unknown> | undefined {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  try {
    const envelope = readFields(body.subarray(MAGIC.length));
    const { apiVersion, kind } = readMessage('TypeMeta', bytesOf(envelope, ENVELOPE.typeMeta));
    if (typeof kind !== 'string' || !Object.hasOwn(MESSAGES, kind)) return undefined;
    return { apiVersion, kind, ...readMessage(kind, bytesOf(envelope, ENVELOPE.raw)) };
  } catch {
    return undefined;
  }
}

function bytesOf(fields: readonly WireField[], number: number): Buffer {
  const found = fields.find((field) => field.number === number)?.value;
  return Buffer.isBuffer(found) ? found : Buffer.alloc(0);
}

function readMessage(type: string, message: Buffer): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { number, value } of readFields(message)) {
    const field = fieldOfMessage(type, number);
    if (field === undefined) continue;
    const read = readValue(field, value);
    const { name } = field;
    if (field.map === true) Object.assign((result[name] ??= {}) as object, read);
    else if (field.list === true) result[name] = [...((result[name] as unknown[] | undefined) ?? []), read];
    else result[name] = read;
  }
  return result;
}

function readValue({ type, map }: MessageField, value: number | Buffer): unknown {
  if (!Buffer.isBuffer(value)) return type === 'bool' ? value !== 0 : value;
  if (map === true) {
    const entry = readFields(value);
    return { [bytesOf(entry, 1).toString('utf8')]: readValue({ name: '', type }, bytesOf(entry, 2)) };
  }
  if (type === 'string') return value.toString('utf8');
  if (type === 'bytes') return value.toString('base64');
  if (type === 'time') return timeOf(value);
  // A wrapped list of strings: CertificateSigningRequest's `extra`.
  if (type === 'strings') return readFields(value).map((one) => String(one.value));
  return readMessage(type, value);
}

/** Seconds since 1970; an empty message is Go's zero time, which JSON has as null. */
function timeOf(message: Buffer): string | null {
  const seconds = readFields(message).find(({ number }) => number === 1)?.value;
  if (typeof seconds !== 'number') return null;
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

function readFields(message: Buffer): WireField[] {
  const fields: WireField[] = [];
  let offset = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message.readUInt8(offset++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
    throw new RangeError('a number in the message is too long');
  };
  while (offset < message.length) {
    const tag = varint();
    const number = tag >>> 3;
    if ((tag & 7) === WIRE.bytes) {
      const length = varint();
      if (length < 0 || offset + length > message.length) throw new RangeError('the message ends too early');
      fields.push({ number, value: message.subarray(offset, offset + length) });
      offset += length;
    } else if ((tag & 7) === WIRE.varint) fields.push({ number, value: varint() });
    else throw new RangeError('the message has a field of a type that these kinds do not have');
  }
  return fields;
}
