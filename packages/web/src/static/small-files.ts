/** Contents of small files by path, bounded by bytes; what was not used for the longest time goes first. */
export class SmallFiles {
  readonly #maxBytes: number;
  readonly #files = new Map<string, { readonly version: string; readonly content: Buffer }>();
  #byteCount = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The content of a file as it is now, by its version. */
  get(path: string, version: string): Buffer | undefined {
    const file = this.#files.get(path);
    if (file === undefined) return undefined;
    this.#files.delete(path);
    if (file.version !== version) {
      this.#byteCount -= file.content.length;
      return undefined;
    }
    this.#files.set(path, file);
    return file.content;
  }

  set(path: string, version: string, content: Buffer): void {
    this.#byteCount += content.length - (this.#files.get(path)?.content.length ?? 0);
    this.#files.delete(path);
    this.#files.set(path, { version, content });
    for (const [oldest, file] of this.#files) {
      if (this.#byteCount <= this.#maxBytes) return;
      this.#files.delete(oldest);
      this.#byteCount -= file.content.length;
    }
  }
}
