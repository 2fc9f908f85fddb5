import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeyFiles, type KeyFiles, loadKeys, loadTrust } from '../../../src/adapters/keys/keys.ts';
import { type Purpose, ROLES, type Role } from '../../../src/core/signing.ts';

let folder: string;
let files: KeyFiles;
const keysOf = (role: Role) => loadKeys({ role, keyFile: files[role], trustFile: files.trust });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-keys-'));
  files = await createKeyFiles(join(folder, 'made', 'here'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('new keys', () => {
  test('four files that only their owner can read', async () => {
    for (const file of Object.values(files)) expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'made', 'here'))).mode & 0o777).toBe(0o700);
    expect(await readFile(files.trust, 'utf8')).not.toContain('PRIVATE');
  });

  test('nothing is ever overwritten, and nothing new is left behind', async () => {
    const place = join(folder, 'half');
    await mkdir(place);
    await writeFile(join(place, 'trust.json'), 'mine');
    await expect(createKeyFiles(place)).rejects.toMatchObject({ code: 'keys-exist' });
    await expect(stat(join(place, 'bot.key'))).rejects.toThrow('ENOENT');
    expect(await readFile(join(place, 'trust.json'), 'utf8')).toBe('mine');
  });

  test('a folder that cannot be written is one sentence', async () => {
    await expect(createKeyFiles(join(files.bot, 'x'))).rejects.toThrow(
      /^Keys cannot be written to .*bot\.key\/x: ENOTDIR/,
    );
  });
});

describe('signatures', () => {
  test.each(ROLES)('of the %s are believed by all, as the %s’s and for their purpose only', (role) => {
    const signature = keysOf(role).sign('record', 'text');
    for (const reader of [...ROLES.map(keysOf), loadTrust(files.trust)]) {
      expect(reader.verify(role, 'record', 'text', signature)).toBe(true);
      for (const other of ROLES.filter((one) => one !== role))
        expect(reader.verify(other, 'record', 'text', signature)).toBe(false);
      for (const purpose of ['plan', 'approval', 'grant', 'audit', 'offer', 'job'] satisfies Purpose[])
        expect(reader.verify(role, purpose, 'text', signature)).toBe(false);
      expect(reader.verify(role, 'record', 'text ', signature)).toBe(false);
    }
  });

  test('no purpose can be pushed into a text', () => {
    const signature = keysOf('bot').sign('record', 'approval\nx');
    expect(keysOf('bot').verify('bot', 'approval', 'x', signature)).toBe(false);
  });

  test('every single bit counts, also those that base64url leaves over', () => {
    const trust = loadTrust(files.trust);
    const signature = keysOf('bot').sign('approval', 'text');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const good = alphabet
      .split('')
      .filter((last) => trust.verify('bot', 'approval', 'text', signature.slice(0, -1) + last));
    expect(good).toEqual([signature.at(-1)]);
    for (let i = 0; i < signature.length; i += 1) {
      const other = signature[i] === 'A' ? 'B' : 'A';
      expect(trust.verify('bot', 'approval', 'text', signature.slice(0, i) + other + signature.slice(i + 1))).toBe(
        false,
      );
    }
  });

  test.each([
    ['nothing', ''],
    ['too long', 'A'.repeat(87)],
    ['other letters', '='.repeat(86)],
    ['noise', randomBytes(64).toString('base64url')],
    ['all zeros', 'A'.repeat(86)],
  ])('%s is no signature, and never throws', (_, signature) => {
    expect(loadTrust(files.trust).verify('bot', 'record', 'text', signature)).toBe(false);
  });

  test.each(['agent', '__proto__', 'version', ''])('nobody is trusted as "%s"', (role) => {
    const signature = keysOf('bot').sign('record', 'text');
    expect(loadTrust(files.trust).verify(role as Role, 'record', 'text', signature)).toBe(false);
  });
});

describe('files that are not what they should be get one sentence', () => {
  const write = async (text: string): Promise<string> => {
    const file = join(folder, `${randomBytes(6).toString('hex')}.json`);
    await writeFile(file, text);
    return file;
  };
  const message = (read: () => unknown): string => {
    try {
      read();
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };

  test('the key of another process', () => {
    const said = message(() => loadKeys({ role: 'worker', keyFile: files.remediator, trustFile: files.trust }));
    expect(said).toMatch(/remediator\.key is not the worker's: .* it is the remediator's\./);
  });

  test('the key of another installation', async () => {
    const other = await createKeyFiles(join(folder, 'other'));
    const said = message(() => loadKeys({ role: 'bot', keyFile: other.bot, trustFile: files.trust }));
    expect(said).toMatch(/it is of none of the three processes/);
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  test.each([
    ['missing', undefined, /cannot be read: ENOENT/],
    ['not PEM', 'hello', /is not an Ed25519 private key/],
    [
      'of another kind',
      rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      /is not an Ed25519 private key/,
    ],
    ['large', 'x'.repeat(100_000), /cannot be read: it is too large/],
  ])('a private key that is %s', async (_, text, said) => {
    const keyFile = text === undefined ? join(folder, 'nothing') : await write(text);
    expect(message(() => loadKeys({ role: 'bot', keyFile, trustFile: files.trust }))).toMatch(said);
  });

  test.each<[string, (trust: Record<string, unknown>) => unknown, RegExp]>([
    ['without the worker', ({ worker: _worker, ...rest }) => rest, /must hold version 1 and the public keys/],
    ['of another version', (trust) => ({ ...trust, version: 2 }), /must hold version 1/],
    ['with more in it', (trust) => ({ ...trust, agent: '' }), /must hold version 1/],
    ['with no key', (trust) => ({ ...trust, bot: 'hello' }), /no Ed25519 public key \(PEM\) for bot/],
    [
      'with one key for two',
      (trust) => ({ ...trust, bot: trust['worker'] }),
      /gives worker the key of another process/,
    ],
  ])('a trust file %s', async (_, edit, said) => {
    const trust = JSON.parse(await readFile(files.trust, 'utf8')) as Record<string, unknown>;
    const file = await write(JSON.stringify(edit(trust)));
    expect(message(() => loadTrust(file))).toMatch(said);
  });

  test('a trust file that holds a private key, or is no JSON', async () => {
    const trust = JSON.parse(await readFile(files.trust, 'utf8')) as Record<string, unknown>;
    const leaked = await write(JSON.stringify({ ...trust, bot: await readFile(files.bot, 'utf8') }));
    expect(message(() => loadTrust(leaked))).toMatch(/no Ed25519 public key/);
    const broken = await write('{');
    expect(message(() => loadTrust(broken))).toMatch(/is not JSON\. `kubewhy keys DIR` makes one\./);
  });
});
