/** The protobuf field numbers of the kinds that clients send in that form, from Kubernetes' generated.proto files. */

/** One field of a message. */
export interface MessageField {
  name: string;
  /** `string`, `int`, `bool`, `bytes`, `time`, `strings`, or the name of a message. */
  type: string;
  list?: true;
  map?: true;
}

/** `1 name type`, with `[]` for lists and `{}` for maps from strings. */
function message(...lines: string[]): Map<number, MessageField> {
  return new Map(
    lines.map((line) => {
      const [number = '', name = '', type = ''] = line.split(' ');
      const bare = type.replace(/^(\[\]|\{\})/, '');
      const shape = type.startsWith('[]')
        ? { list: true as const }
        : type.startsWith('{}')
          ? { map: true as const }
          : {};
      return [Number(number), { name, type: bare, ...shape }];
    }),
  );
}

const object = (...lines: string[]) => message('1 metadata ObjectMeta', ...lines);

/** The messages by name; kinds of objects are among them. */
export const MESSAGES: Readonly<Record<string, ReadonlyMap<number, MessageField>>> = {
  TypeMeta: message('1 apiVersion string', '2 kind string'),
  ObjectMeta: message(
    '1 name string',
    '2 generateName string',
    '3 namespace string',
    '5 uid string',
    '6 resourceVersion string',
    '7 generation int',
    '8 creationTimestamp time',
    '9 deletionTimestamp time',
    '10 deletionGracePeriodSeconds int',
    '11 labels {}string',
    '12 annotations {}string',
    '13 ownerReferences []OwnerReference',
    '14 finalizers []string',
  ),
  OwnerReference: message(
    '1 kind string',
    '3 name string',
    '4 uid string',
    '5 apiVersion string',
    '6 controller bool',
    '7 blockOwnerDeletion bool',
  ),
  Namespace: object('2 spec NamespaceSpec'),
  NamespaceSpec: message('1 finalizers []string'),
  ConfigMap: object('2 data {}string', '3 binaryData {}bytes', '4 immutable bool'),
  ServiceAccount: object('4 automountServiceAccountToken bool'),
  Eviction: object('2 deleteOptions DeleteOptions'),
  DeleteOptions: message(
    '1 gracePeriodSeconds int',
    '2 preconditions Preconditions',
    '3 orphanDependents bool',
    '4 propagationPolicy string',
    '5 dryRun []string',
  ),
  Preconditions: message('1 uid string', '2 resourceVersion string'),
  CertificateSigningRequest: object('2 spec CsrSpec', '3 status CsrStatus'),
  CsrSpec: message(
    '1 request bytes',
    '2 username string',
    '3 uid string',
    '4 groups []string',
    '5 usages []string',
    '6 extra {}strings',
    '7 signerName string',
    '8 expirationSeconds int',
  ),
  CsrStatus: message('1 conditions []CsrCondition', '2 certificate bytes'),
  CsrCondition: message(
    '1 type string',
    '2 reason string',
    '3 message string',
    '4 lastUpdateTime time',
    '5 lastTransitionTime time',
    '6 status string',
  ),
  SelfSubjectAccessReview: message('2 spec AccessSpec'),
  AccessSpec: message('1 resourceAttributes ResourceAttributes', '2 nonResourceAttributes NonResourceAttributes'),
  ResourceAttributes: message(
    ...['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'].map(
      (name, index) => `${index + 1} ${name} string`,
    ),
  ),
  NonResourceAttributes: message('1 path string', '2 verb string'),
  SelfSubjectRulesReview: message('2 spec RulesSpec'),
  RulesSpec: message('1 namespace string'),
  SelfSubjectReview: message(),
};

/** A field of a message by number; undefined for one that is not known here, which is passed over. */
export function fieldOfMessage(type: string, number: number): MessageField | undefined {
  return Object.hasOwn(MESSAGES, type) ? MESSAGES[type]?.get(number) : undefined;
}
