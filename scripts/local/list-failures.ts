const linesMax = 400;

/**
 * The failed assertions of a TAP document, each with its diagnosis. The reporter shows them too,
 * but not those of a file whose process ended in a way that it did not expect.
 */
export function listFailures(results: string): string[] {
  const found: string[] = [];
  let isDiagnosis = false;
  for (const line of results.split('\n')) {
    if (/^\s*not ok /.test(line)) found.push(line);
    const isFence = /^\s+(---|\.\.\.)$/.test(line);
    if (isFence) isDiagnosis = line.endsWith('---') && /not ok /.test(found.at(-1) ?? '');
    else if (isDiagnosis) found.push(line);
  }
  return found.slice(0, linesMax);
}
