/** Where objects are kept, as `STORAGE_URL` says it. */
export type StorageLocation = DiskLocation | S3Location;

export interface DiskLocation {
  kind: 'disk';
  /** As it was given: relative to where the process was started unless it is absolute. */
  folder: string;
}

export interface S3Location {
  kind: 's3';
  bucket: string;
  /** Before every key; empty, or with a slash at its end. */
  prefix: string;
  region?: string;
  /** Of a service other than AWS. */
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

const parameters = ['region', 'endpoint'];

/**
 * Reads `file:folder` or `s3://KEY:SECRET@bucket/prefix?region=…&endpoint=…`. The parts of the
 * second are percent-decoded. Throws an Error that says what is wrong and holds no secret.
 */
export function parseStorageUrl(text: string): StorageLocation {
  if (text.startsWith('file:')) return { kind: 'disk', folder: folderOf(text) };
  if (text.startsWith('s3://')) return parseS3(text);
  throw new Error('it begins with neither file: nor s3://');
}

/** `file:./files` is relative, which no URL can be; `file:///srv/files` is a URL. */
function folderOf(text: string): string {
  const path = text.slice('file:'.length);
  const folder = path.startsWith('//') ? decode(path.replace(/^\/\/(localhost)?(?=\/)/, '')) : path;
  if (folder === '' || folder.startsWith('//')) throw new Error('file: needs a folder');
  return folder;
}

function parseS3(text: string): S3Location {
  const url = URL.parse(text);
  if (!url?.hostname) throw new Error('s3:// needs a bucket');
  if (url.hash !== '' || url.port !== '') throw new Error('s3:// takes no port and no fragment');
  const unknown = [...url.searchParams.keys()].find((name) => !parameters.includes(name));
  if (unknown !== undefined) throw new Error('s3:// takes no parameters but region and endpoint');
  const region = url.searchParams.get('region');
  const endpoint = url.searchParams.get('endpoint');
  if (endpoint && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    throw new Error('the endpoint is no URL of http or https');
  }
  const path = decode(url.pathname).replaceAll(/^\/+|\/+$/g, '');
  return {
    kind: 's3',
    bucket: url.hostname,
    prefix: path === '' ? '' : `${path}/`,
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    ...credentialsOf(url),
  };
}

function credentialsOf({ username, password }: URL): Pick<S3Location, 'credentials'> {
  if (username === '' && password === '') return {};
  if (username === '' || password === '') throw new Error('a key needs its secret');
  return {
    credentials: { accessKeyId: decode(username), secretAccessKey: decode(password) },
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new Error('a part of it cannot be decoded', { cause });
  }
}
