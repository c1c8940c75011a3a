// Files of the bureau's site, by addresses relative to this page.

const LIMIT = 64 * 2 ** 20; // bytes (E4)

// `what`: "offline" (no answer) or "missing" (an answer without the file).
export class FetchError extends Error {
  constructor(what, path) {
    super(`${what}: ${path}`);
    this.what = what;
  }
}

// A function that gives the bytes of a file. Every file is asked for again: a site in change must not be mixed up.
export function fetcher() {
  return async (path) => {
    let answer;
    try {
      answer = await fetch(path, { cache: "no-cache", credentials: "omit", referrerPolicy: "no-referrer" });
      if (answer.ok) {
        const bytes = new Uint8Array(await answer.arrayBuffer());
        if (bytes.length <= LIMIT) return bytes;
      }
    } catch {
      throw new FetchError("offline", path);
    }
    throw new FetchError("missing", path);
  };
}
