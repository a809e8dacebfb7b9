/** Whether people would take one name for the other: case and what nobody sees do not count. */
export function isSameName(one: string, other: string): boolean {
  return appearanceOf(one) === appearanceOf(other);
}

/** NFKC, without format characters such as the zero-width space (Unicode, category Cf). */
function appearanceOf(name: string): string {
  return name
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}
