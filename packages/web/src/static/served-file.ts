import type { HttpHeaders } from '@lamella/http';

/** A file with the head of its response, as it was found. */
export interface ServedFile {
  readonly path: string;
  readonly version: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModifiedMs: number;
  /** Fields of a whole response but those about the size; to be cloned before a change. */
  readonly headers: HttpHeaders;
}
