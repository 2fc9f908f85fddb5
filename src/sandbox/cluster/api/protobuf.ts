/** Reads the protobuf bodies of self reviews: newer kubectl sends them so, whatever the server offers. */
import { z } from 'zod';

/** The four bytes in front of every Kubernetes protobuf body. */
const MAGIC = Buffer.from('k8s\0', 'latin1');
const LENGTH_DELIMITED = 2;

/** Fields of a message by number; only strings and nested messages are kept, as their bytes. */
type Fields = Map<number, Buffer>;

const ENVELOPE = { typeMeta: 1, raw: 2 };
const RESOURCE_ATTRIBUTES = ['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'];
const NON_RESOURCE_ATTRIBUTES = ['path', 'verb'];

const kindSchema = z.enum(['SelfSubjectAccessReview', 'SelfSubjectRulesReview', 'SelfSubjectReview']);

/** The review in a body as the JSON it stands for; undefined for anything else, or for bytes that end too early. */
export function reviewFromProtobuf(body: Buffer): Record<string, unknown> | undefined {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  try {
    const envelope = readFields(body.subarray(MAGIC.length));
    const [apiVersion, kind] = [1, 2].map((field) =>
      readFields(envelope.get(ENVELOPE.typeMeta)).get(field)?.toString(),
    );
    const known = kindSchema.safeParse(kind);
    if (!known.success) return undefined;
    // In all three, field 1 is the metadata and field 2 the spec.
    const spec = readFields(readFields(envelope.get(ENVELOPE.raw)).get(2));
    return { apiVersion, kind: known.data, spec: readSpec(known.data, spec) };
  } catch {
    return undefined;
  }
}

function readSpec(kind: z.infer<typeof kindSchema>, spec: Fields): Record<string, unknown> {
  if (kind === 'SelfSubjectRulesReview') return { namespace: spec.get(1)?.toString() ?? '' };
  if (kind === 'SelfSubjectReview') return {};
  const [resource, path] = [spec.get(1), spec.get(2)];
  return {
    ...(resource === undefined ? {} : { resourceAttributes: named(resource, RESOURCE_ATTRIBUTES) }),
    ...(path === undefined ? {} : { nonResourceAttributes: named(path, NON_RESOURCE_ATTRIBUTES) }),
  };
}

function named(message: Buffer, names: readonly string[]): Record<string, string> {
  const fields = readFields(message);
  return Object.fromEntries(names.map((name, index) => [name, fields.get(index + 1)?.toString('utf8') ?? '']));
}

function readFields(message: Buffer = Buffer.alloc(0)): Fields {
  const fields: Fields = new Map();
  let offset = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = message.readUInt8(offset++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number in the message is too long');
  };
  while (offset < message.length) {
    const tag = varint();
    if ((tag & 7) === LENGTH_DELIMITED) {
      const length = varint();
      if (offset + length > message.length) throw new RangeError('the message ends too early');
      fields.set(tag >>> 3, message.subarray(offset, offset + length));
      offset += length;
    } else if ((tag & 7) === 0) varint();
    else throw new RangeError('the message has a field of a type that reviews do not have');
  }
  return fields;
}
