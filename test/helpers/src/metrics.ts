/** The samples of a process by name and labels as they stand in the text, `name{label="value"}`. */
export type Samples = Map<string, number>;

/** What `GET /metrics` at `url` answers. Throws when it is no 200. */
export async function readMetrics(url: string, token?: string): Promise<Samples> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(new URL('/metrics', url), { headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}: ${text}`);
  return parseMetrics(text);
}

export function parseMetrics(text: string): Samples {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}
