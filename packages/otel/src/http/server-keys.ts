/**
 * Keys of the metrics of a server.
 *
 * @remarks
 * Those of the last request are kept, for each route: most requests are alike, and to make a text and to find what it is the key of costs more than to
 * compare its parts.
 */
export class ServerKeys {
  readonly #ended = new Map<string | undefined, EndedKey>();
  #activeLabel = '';
  #activeScheme = '';
  #active = ' ';

  /** Of requests that are going on. */
  active(label: string, scheme: string): string {
    if (label === this.#activeLabel && scheme === this.#activeScheme) return this.#active;
    this.#activeLabel = label;
    this.#activeScheme = scheme;
    this.#active = `${label} ${scheme}`;
    return this.#active;
  }

  /** Of requests that are over. @param route - Any text. */
  ended(
    route: string | undefined,
    status: number | undefined,
    errorType: string | undefined,
    label: string,
    scheme: string,
    version: string,
  ): string {
    const last = this.#ended.get(route);
    const isSame =
      last !== undefined &&
      last.status === status &&
      last.errorType === errorType &&
      last.label === label &&
      last.scheme === scheme &&
      last.version === version;
    if (isSame) return last.key;
    const shown = route === undefined ? '' : ` ${route}`; // it stands last, so that nothing in it looks like another part
    const key = `${status} ${errorType} ${label} ${scheme} ${version}${shown}`;
    if (this.#ended.size >= MAX_ROUTES) this.#ended.clear();
    this.#ended.set(route, { status, errorType, label, scheme, version, key });
    return key;
  }
}

interface EndedKey {
  readonly status: number | undefined;
  readonly errorType: string | undefined;
  readonly label: string;
  readonly scheme: string;
  readonly version: string;
  readonly key: string;
}

/** More than most servers have. */
const MAX_ROUTES = 1_000;
