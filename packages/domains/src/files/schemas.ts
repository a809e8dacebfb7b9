import { type Static, Type } from '@sinclair/typebox';
import { Id, Nullable, PageQuery, Timestamp } from '@trellis/http/schemas';

const Name = Type.String({ maxLength: 255, examples: ['report.pdf'] });
const ContentType = Type.String({ maxLength: 255, examples: ['application/pdf'] });

export const FileReply = Type.Object({
  id: Id,
  name: Name,
  contentType: Type.String({
    description: 'What the content is, by its first bytes; not what the upload said.',
    examples: ['application/pdf'],
  }),
  size: Type.Integer({ description: 'Bytes.', examples: [52_481] }),
  checksum: Type.String({
    description: 'SHA-256 of the content, in hex.',
    examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
  }),
  uploadedBy: Nullable(Id),
  createdAt: Timestamp,
});
export type FileReply = Static<typeof FileReply>;

/** For the documentation: the parts are read one by one as they arrive. */
export const UploadBody = Type.Object({
  name: Type.Optional(
    Type.String({
      maxLength: 1_024,
      description: 'Instead of the name that `file` has. It comes before `file`.',
      examples: ['report.pdf'],
    }),
  ),
  file: Type.String({ format: 'binary', description: 'The content. It is the last part.' }),
});

export const FilesQuery = Type.Object(
  {
    ...PageQuery.properties,
    name: Type.Optional(
      Type.String({ maxLength: 255, description: 'How the name begins.', examples: ['report'] }),
    ),
    contentType: Type.Optional(ContentType),
  },
  { additionalProperties: false },
);

/** Bytes of any type. */
export const ContentReply = Type.Unsafe<unknown>({
  description: 'The content, or the part of it that `Range` asks for.',
  content: {
    'application/octet-stream': { schema: Type.String({ format: 'binary' }) },
  },
});

export const NotModifiedReply = Type.Null({
  description: 'The caller has this content already; there is no body.',
});

export const ContentHeaders = Type.Object({
  range: Type.Optional(
    Type.String({ description: 'One range of bytes (RFC 9110, 14.2).', examples: ['bytes=0-99'] }),
  ),
  'if-range': Type.Optional(
    Type.String({ description: 'The `ETag` for which `Range` holds.', examples: ['"9f86d081"'] }),
  ),
  'if-match': Type.Optional(
    Type.String({ description: '412 unless it names the `ETag`.', examples: ['"9f86d081"'] }),
  ),
  'if-none-match': Type.Optional(
    Type.String({ description: '304 when it names the `ETag`.', examples: ['"9f86d081"'] }),
  ),
});

const linkSecondsUsual = 3_600;

/** With the longest life that the settings allow. */
export const createLinkBody = (secondsMax: number) =>
  Type.Object(
    {
      expiresInSeconds: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: secondsMax,
          default: Math.min(linkSecondsUsual, secondsMax),
          description: 'How long the link works.',
          examples: [600],
        }),
      ),
    },
    { additionalProperties: false },
  );

export const LinkReply = Type.Object({
  url: Type.String({
    description: 'Whoever has it gets the content, without a credential.',
    examples: [
      'https://api.example.com/api/v1/files/download?file=0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10&tenant=0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b11&expires=1769860800&signature=k1.bFdk',
    ],
  }),
  expiresAt: Timestamp,
});

const linkPart = (example: string) => Type.String({ maxLength: 200, examples: [example] });

export const LinkQuery = Type.Object(
  {
    file: linkPart('0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10'),
    tenant: linkPart('0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b11'),
    expires: linkPart('1769860800'),
    signature: linkPart('k1.bFdk'),
  },
  { additionalProperties: false },
);
export type LinkQuery = Static<typeof LinkQuery>;
