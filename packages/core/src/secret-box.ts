import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

interface Key {
  id: string;
  bytes: Buffer;
}

/** Encrypts, authenticates and derives with the keys of `SECRET_KEY`. */
export interface SecretBox {
  /** AES-256-GCM (NIST SP 800-38D); answers `keyId.nonce.ciphertext.tag`, all base64url. */
  seal(plain: string): string;
  /** Opens what any of the configured keys sealed; throws when it was altered. */
  open(sealed: string): string;
  /** `keyId.mac`: HMAC-SHA256 under a key derived for this purpose alone. */
  sign(purpose: string, message: string): string;
  verify(purpose: string, message: string, signature: string): boolean;
  /** 32 bytes for one purpose from each key, by its id, the newest first (HKDF, RFC 5869). */
  deriveAll(purpose: string): ReadonlyMap<string, Buffer>;
}

/** Reads `id:base64` pairs separated by commas, newest first. Throws a line that says what is wrong. */
export function parseKeys(text: string): Key[] {
  const keys = text.split(',').map((entry) => {
    const [id = '', encoded = ''] = entry.trim().split(/:(.*)/s);
    const bytes = Buffer.from(encoded, 'base64');
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(id)) throw new Error('each key needs an id: "k1:<base64>"');
    if (bytes.length !== 32) throw new Error(`key "${id}" must be 32 bytes of base64`);
    return { id, bytes };
  });
  const ids = keys.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new Error(`two keys have the id "${twice}"`);
  return keys;
}

function deriveKey(key: Key, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key.bytes, '', `trellis/${purpose}`, 32));
}

/** `secretKey` is the setting's text; the first key seals, all keys open (that is rotation). */
export function createSecretBox(secretKey: string): SecretBox {
  const keys = parseKeys(secretKey);
  const newest = keys[0] as Key;
  const derived = new Map<string, Buffer>();

  const keyFor = (id: string, purpose: string): Buffer => {
    const name = `${id}/${purpose}`;
    const known = derived.get(name);
    if (known) return known;
    const key = keys.find((candidate) => candidate.id === id);
    if (!key) throw new Error(`no key "${id}" in SECRET_KEY`);
    const made = deriveKey(key, purpose);
    derived.set(name, made);
    return made;
  };
  const mac = (id: string, purpose: string, message: string): Buffer =>
    createHmac('sha256', keyFor(id, purpose)).update(message).digest();

  return {
    seal(plain) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', keyFor(newest.id, 'seal'), nonce);
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      const parts = [nonce, body, cipher.getAuthTag()].map((part) => part.toString('base64url'));
      return [newest.id, ...parts].join('.');
    },
    open(sealed) {
      const [id = '', nonce = '', body = '', tag = ''] = sealed.split('.');
      const key = keyFor(id, 'seal');
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'), {
        authTagLength: 16,
      });
      decipher.setAuthTag(Buffer.from(tag, 'base64url'));
      return decipher.update(body, 'base64url', 'utf8') + decipher.final('utf8');
    },
    sign(purpose, message) {
      return `${newest.id}.${mac(newest.id, purpose, message).toString('base64url')}`;
    },
    verify(purpose, message, signature) {
      const [id = '', given = ''] = signature.split('.');
      if (!keys.some((key) => key.id === id)) return false;
      const expected = mac(id, purpose, message);
      const actual = Buffer.from(given, 'base64url');
      return actual.length === expected.length && timingSafeEqual(actual, expected);
    },
    deriveAll: (purpose) => new Map(keys.map(({ id }) => [id, keyFor(id, purpose)])),
  };
}
