const segment = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;
const longest = 512;

/**
 * Throws for what cannot be a key: letters, digits, `-`, `_` and `.` in parts that are separated
 * by `/` and do not begin with a dot. So a key cannot leave the folder that it is kept in.
 */
export function assertKey(key: string): void {
  if (key.length <= longest && key.split('/').every((part) => segment.test(part))) return;
  throw new Error(`"${key.slice(0, 100)}" cannot be the key of an object`);
}
