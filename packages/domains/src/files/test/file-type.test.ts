import { crc32 } from 'node:zlib';
import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { detectType } from '../detect-type.ts';
import { upload } from './upload.ts';

const unknown = 'application/octet-stream';
const page = '<!doctype html><script>alert(document.cookie)</script>';
const drawing = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';

const word = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const wordEntries = {
  '[Content_Types].xml': `<?xml version="1.0"?><Types><Override PartName="/word/document.xml" ContentType="${word}.main+xml"/></Types>`,
  'word/document.xml': '<w:document/>',
};

/** The local entries of a ZIP without compression (APPNOTE 4.3.7), which is as far as one looks. */
function storedZip(entries: Record<string, string>): Buffer {
  return Buffer.concat(
    Object.entries(entries).map(([name, text]) => {
      const header = Buffer.alloc(30);
      header.writeUInt32LE(0x04034b50, 0);
      header.writeUInt16LE(20, 4);
      header.writeUInt32LE(crc32(text), 14);
      header.writeUInt32LE(text.length, 18);
      header.writeUInt32LE(text.length, 22);
      header.writeUInt16LE(name.length, 26);
      return Buffer.concat([header, Buffer.from(name), Buffer.from(text)]);
    }),
  );
}

t.test('the type is told from the content, and is never one that a browser runs', async (t) => {
  const contents: Record<string, { content: Buffer | string; name?: string; type: string }> = {
    PNG: { content: Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), type: 'image/png' },
    PDF: { content: '%PDF-1.7\n%\xe2\xe3', type: 'application/pdf' },
    GIF: { content: 'GIF89a', name: 'page.html', type: 'image/gif' },
    DOCX: { content: storedZip(wordEntries), name: 'a.docx', type: word },
    PostScript: { content: '%!PS-Adobe-3.0\n', type: 'application/postscript' },
    ZIP: { content: Buffer.from('504b0506000000000000', 'hex'), type: 'application/zip' },
    HTML: { content: page, name: 'image.png', type: unknown },
    'HTML after spaces': { content: `\n\n \t${page}`, name: 'a.txt', type: unknown },
    'HTML after text': { content: `hello ${page}`, type: unknown },
    'HTML with a byte order mark': { content: `\ufeff${page}`, type: unknown },
    SVG: { content: drawing, name: 'a.svg', type: unknown },
    'SVG as XML': { content: `<?xml version="1.0"?>${drawing}`, name: 'a.svg', type: unknown },
    XHTML: { content: `<?xml version="1.0"?><html xmlns="a"/>`, type: unknown },
    'HTML in UTF-16': { content: Buffer.from(`\ufeff${page}`, 'utf16le'), type: unknown },
    text: { content: 'Grüße, 東京\r\n\tthe end\n', type: 'text/plain' },
    'text without an end': { content: '東'.repeat(2_000), type: 'text/plain' },
    'text with 1 < 2': { content: 'if 1 < 2 and 3<4', type: 'text/plain' },
    'text that is not UTF-8': { content: Buffer.from([0x47, 0xfc, 0x6e]), type: unknown },
    'text with a NUL': { content: 'a\0b', type: unknown },
    nothing: { content: '', name: 'a.txt', type: unknown },
    CSV: { content: 'name;age\nAda;36\n', name: 'PEOPLE.CSV', type: 'text/csv' },
    JSON: { content: '{"html": "<b>"}', name: 'a.json', type: 'application/json' },
    'a program': {
      content: Buffer.from('4d5a900003000000', 'hex'),
      type: 'application/x-msdownload',
    },
  };
  for (const [what, { content, name = 'file', type }] of Object.entries(contents)) {
    t.equal(await detectType(Buffer.from(content).subarray(0, 4_100), name), type, what);
  }
});

t.test(
  'HTML that says it is an image is told, and its download is one that no browser runs',
  async (t) => {
    const api = await startApi(t);
    const account = await signUp(api);
    const { body } = await upload(api, account, page, { name: 'cat.png', type: 'image/png' });
    t.match(body, { name: 'cat.png', contentType: unknown });
    const { headers, body: content } = await api.request('GET', `/files/${body.id}/content`, {
      token: account.token,
    });
    t.equal(content, page, 'it is what was uploaded');
    t.equal(headers.get('content-type'), unknown);
    t.equal(headers.get('content-disposition'), 'attachment; filename=cat.png');
    t.equal(headers.get('x-content-type-options'), 'nosniff');
    t.match(headers.get('content-security-policy'), /^sandbox; default-src 'none'/);
  },
);
