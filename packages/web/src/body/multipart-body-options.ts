/** Options of `multipartBody`. */
export interface MultipartBodyOptions {
  /** Longest content, in bytes, at least 1. Default 33_554_432 (32 MiB). */
  readonly maxBytes?: number;
  /** Most parts, an integer of at least 1. Default 100. */
  readonly maxParts?: number;
  /** Longest head of a part, in bytes, at least 1. Default 8_192. */
  readonly maxPartHeaderBytes?: number;
  /** Longest content of a part that is no file, in bytes, at least 0. Default 65_536 (64 KiB). */
  readonly maxFieldBytes?: number;
  /** Longest content of a file, in bytes, at least 0. Default 16_777_216 (16 MiB). */
  readonly maxFileBytes?: number;
}
