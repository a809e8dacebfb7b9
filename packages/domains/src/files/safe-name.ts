const bytesMax = 255;
/** What is cut off a long name is not its extension, unless that is none. */
const extensionLengthMax = 16;

/** Device names of Windows, with any extension. */
const reserved = /^(con|conin\$|conout\$|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\s*(\.|$))/iu;
/** What cannot be seen and yet is needed: it joins emoji, and letters of Arabic and Indic scripts. */
const joining =
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f\p{Script=Arabic}[\p{M}--\p{Default_Ignorable_Code_Point}]])[\u200c\u200d](?=[\p{L}\p{Extended_Pictographic}])|(?<=\p{Extended_Pictographic})\ufe0f/v;
/** Control characters, line ends, and what changes the direction or cannot be seen. */
const unseen = new RegExp(
  `(?!${joining.source})[\\p{Cc}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}]`,
  'gv',
);
const notInNames = /[<>:"|?*]/g;

/**
 * A name that is safe to show and to save under, on any system: the last part of what was given,
 * without what is unseen, and at most 255 bytes of UTF-8. What nothing is left of is `file`.
 */
export function safeName(given: string): string {
  const base = given.toWellFormed().normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const name = trim(base.replaceAll(unseen, '').replaceAll(notInNames, '_'));
  const free = reserved.test(name) ? `_${name}` : name;
  return shorten(free) || 'file';
}

/** A dot in front hides a file; dots and spaces at the end are dropped by Windows. */
function trim(name: string): string {
  return name.replace(/^[.\s]+/u, '').replace(/[.\s]+$/u, '');
}

function shorten(name: string): string {
  if (Buffer.byteLength(name) <= bytesMax) return name;
  const extension = /\.[A-Za-z0-9]+$/.exec(name)?.[0] ?? '';
  const end = extension.length <= extensionLengthMax ? extension : '';
  let stem = '';
  let left = bytesMax - end.length;
  // By what a reader takes for one character, which may be many code points.
  for (const { segment } of new Intl.Segmenter().segment(name.slice(0, name.length - end.length))) {
    left -= Buffer.byteLength(segment);
    if (left < 0) break;
    stem += segment;
  }
  return trim(stem) === '' ? '' : `${trim(stem)}${end}`;
}
