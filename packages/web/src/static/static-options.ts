import type { HttpRequest, HttpResponse } from '@lamella/http';
import { isFieldValue, HttpResponse as Response } from '@lamella/http';
import type { Clock, Service } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { requireInteger, requireNotNegative, requireOneOf } from '../shared/option-checks.ts';

/** A coding in which a file may lie beside itself, compressed beforehand. */
export type PrecompressedCoding = 'br' | 'gzip' | 'zstd';

/** Options of {@link staticFilesService}. */
export interface StaticFilesOptions {
  /** Folder whose files are served. */
  readonly root: string;
  /** Begin of the paths that are served, taken off before files are looked for, such as `/assets`. Default `''`. */
  readonly prefix?: string;
  /** Names of files that stand for their folder, the first one there is. Default `['index.html']`. */
  readonly index?: readonly string[];
  /** Codings whose files (`app.js.br`, `.gz`, `.zst`) are sent to clients that take them, best first. Default: none are looked for. */
  readonly precompressed?: readonly PrecompressedCoding[];
  /** Value of Cache-Control, or what gives it for a path below the root. Default `'public, max-age=0'`: kept, and asked about each time. */
  readonly cacheControl?: string | ((path: string) => string | undefined);
  /** Whether files and folders whose names begin with a dot are there. Default `'hidden'`. */
  readonly dotfiles?: 'hidden' | 'served';
  /**
   * What symbolic links may do. `'inside'`: lead to what lies below the root and is not hidden (see `dotfiles`). `'refused'`: nothing.
   * `'followed'`: lead anywhere.
   * Default `'inside'`.
   */
  readonly symlinks?: 'inside' | 'refused' | 'followed';
  /** Whether a folder without an index is listed, as HTML or JSON by Accept. Default `false`. */
  readonly listing?: boolean;
  /** Answers for what is not there. Default: 404. */
  readonly notFound?: Service<HttpRequest, HttpResponse>;
  /** For how long a file that was found is not looked at again, in milliseconds, at least 0. Default 1_000. */
  readonly freshMs?: number;
  /** Longest file that is kept in memory, in bytes, an integer of at least 0. Default 65_536. */
  readonly maxCachedFileBytes?: number;
  /** Memory for files, in bytes, an integer of at least 0. Default 33_554_432 (32 MiB). */
  readonly maxCacheBytes?: number;
  /** Most ranges of one request, an integer of at least 1. Default 16. */
  readonly maxRanges?: number;
  /** Most entries of a listing, an integer of at least 1. Default 1_000. */
  readonly maxListed?: number;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/** {@link StaticFilesOptions}, complete and checked. */
export type FullStaticOptions = Required<StaticFilesOptions>;

/** Fills in defaults. @throws UsageError if an option is out of its range. */
export function fullStaticOptions(options: StaticFilesOptions): FullStaticOptions {
  const full: FullStaticOptions = {
    root: options.root,
    prefix: options.prefix ?? '',
    index: options.index ?? ['index.html'],
    precompressed: options.precompressed ?? [],
    cacheControl: options.cacheControl ?? 'public, max-age=0',
    dotfiles: options.dotfiles ?? 'hidden',
    symlinks: options.symlinks ?? 'inside',
    listing: options.listing ?? false,
    notFound: options.notFound ?? { serve: async () => Response.text('not found\n', { status: 404 }) },
    freshMs: options.freshMs ?? 1_000,
    maxCachedFileBytes: options.maxCachedFileBytes ?? 64 * 1024,
    maxCacheBytes: options.maxCacheBytes ?? 32 * 1024 * 1024,
    maxRanges: options.maxRanges ?? 16,
    maxListed: options.maxListed ?? 1_000,
    clock: options.clock ?? systemClock,
  };
  if (typeof full.root !== 'string' || full.root === '') throw new UsageError('root must be the path of a folder');
  if (full.prefix !== '' && !/^(?:\/[^/?#]+)+$/.test(full.prefix)) {
    throw new UsageError(`prefix must begin with a slash and not end with one, got ${JSON.stringify(full.prefix)}`);
  }
  for (const name of full.index) {
    if (name === '' || /[/\\\0]/.test(name)) throw new UsageError(`index must name files, got ${JSON.stringify(name)}`);
  }
  if (typeof full.cacheControl === 'string' && !isFieldValue(full.cacheControl)) {
    throw new UsageError(`cacheControl must be a value of a header field, got ${JSON.stringify(full.cacheControl)}`);
  }
  for (const coding of full.precompressed) requireOneOf('precompressed', coding, ['br', 'gzip', 'zstd']);
  requireOneOf('dotfiles', full.dotfiles, ['hidden', 'served']);
  requireOneOf('symlinks', full.symlinks, ['inside', 'refused', 'followed']);
  requireNotNegative('freshMs', full.freshMs);
  requireInteger('maxCachedFileBytes', full.maxCachedFileBytes, 0, Number.MAX_SAFE_INTEGER);
  requireInteger('maxCacheBytes', full.maxCacheBytes, 0, Number.MAX_SAFE_INTEGER);
  requireInteger('maxRanges', full.maxRanges, 1, Number.POSITIVE_INFINITY);
  requireInteger('maxListed', full.maxListed, 1, Number.POSITIVE_INFINITY);
  return full;
}
