import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { ContentCoding, HttpRequest } from '@lamella/http';
import { formatHttpDate, HttpHeaders, HttpResponse, negotiateCoding } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { MountedAt } from '../router/path-params.ts';
import { directoryListing } from './directory-listing.ts';
import type { FoundFile } from './file-finder.ts';
import { FileFinder, isAbsence } from './file-finder.ts';
import { fileVersion } from './file-parts-source.ts';
import { mediaType } from './media-type.ts';
import { respondWithFile } from './respond-with-file.ts';
import type { ServedFile } from './served-file.ts';
import { SmallFiles } from './small-files.ts';
import type { FullStaticOptions, PrecompressedCoding, StaticFilesOptions } from './static-options.ts';
import { fullStaticOptions } from './static-options.ts';

/** What a path stands for, for as long as nobody looks again. */
interface Resolved {
  readonly atMs: number;
  readonly identity: ServedFile;
  readonly coded: ReadonlyMap<PrecompressedCoding, ServedFile>;
}

/**
 * Serves the files of a folder.
 *
 * @remarks
 * Source: RFC 9110, with conditional requests (section 13), ranges (section 14) and content codings that lie beside the files. Only regular files
 * below the root are ever opened; a path in any encoding, a link or a special file leads nowhere else. A file that changes while it is sent
 * breaks the response off. What was found is not looked at again within `freshMs`, and small files are kept in memory: a change shows after
 * that time.
 *
 * Answers GET and HEAD; other methods get 405. A folder without the slash at its end is redirected to with it.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const site = staticFilesService({ root: 'public', precompressed: ['br', 'gzip'] });
 * const assets = staticFilesService({
 *   root: 'dist/assets',
 *   prefix: '/assets',
 *   cacheControl: 'public, max-age=31536000, immutable',
 * });
 */
export function staticFilesService(options: StaticFilesOptions): Service<HttpRequest, HttpResponse> {
  const files = new StaticFiles(fullStaticOptions(options));
  return { serve: (request) => files.serve(request) };
}

class StaticFiles {
  readonly #options: FullStaticOptions;
  readonly #finder: FileFinder;
  readonly #small: SmallFiles;
  readonly #resolved = new Map<string, Resolved>();

  constructor(options: FullStaticOptions) {
    this.#options = options;
    this.#finder = new FileFinder(options);
    this.#small = new SmallFiles(options.maxCacheBytes);
  }

  async serve(request: HttpRequest): Promise<HttpResponse> {
    const { method, path } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      return HttpResponse.text('only GET and HEAD\n', { status: 405, headers: { Allow: 'GET, HEAD' } });
    }
    // Links of the page would lead beside the mount.
    if (path === '/' && request.extensions.get(MountedAt)?.isBare === true) return redirect(request);
    const known = this.#resolved.get(path);
    if (known !== undefined && this.#options.clock.coarseNowMs() - known.atMs < this.#options.freshMs) {
      return this.#respond(request, known);
    }
    const found = await this.#finder.find(path);
    switch (found.type) {
      case 'file':
        return this.#respond(request, await this.#resolve(path, found));
      case 'redirect':
        return redirect(request);
      case 'folder':
        return directoryListing(request, found, this.#options);
      case 'none':
        this.#resolved.delete(path);
        return this.#options.notFound.serve(request);
    }
  }

  async #resolve(path: string, found: FoundFile): Promise<Resolved> {
    const { precompressed, clock } = this.#options;
    const varies = precompressed.length > 0;
    const type = mediaType(found.name);
    const coded = new Map<PrecompressedCoding, ServedFile>();
    for (const coding of precompressed) {
      const beside = await this.#finder.beside(found, SUFFIXES[coding]);
      // One that is older than its file is of another state of it.
      if (beside === undefined || beside.stats.mtimeNs < found.stats.mtimeNs) continue;
      coded.set(coding, this.#served(beside, found.name, type, coding, varies));
    }
    const identity = this.#served(found, found.name, type, undefined, varies);
    const resolved: Resolved = { atMs: clock.coarseNowMs(), identity, coded };
    this.#resolved.delete(path);
    this.#resolved.set(path, resolved);
    const [oldest] = this.#resolved.keys();
    if (this.#resolved.size > MAX_RESOLVED && oldest !== undefined) this.#resolved.delete(oldest);
    return resolved;
  }

  #served(
    { path, stats }: FoundFile,
    name: string,
    type: string,
    coding: PrecompressedCoding | undefined,
    varies: boolean,
  ): ServedFile {
    const { cacheControl } = this.#options;
    const version = fileVersion(stats);
    const etag = `"${version}"`;
    const lastModifiedMs = Number(stats.mtimeMs);
    const control = typeof cacheControl === 'string' ? cacheControl : cacheControl(name);
    const headers = HttpHeaders.from([
      ['Content-Type', type],
      ...(coding === undefined ? [] : [['Content-Encoding', coding] as const]),
      ['ETag', etag],
      ['Last-Modified', formatHttpDate(lastModifiedMs)],
      ...(control === undefined ? [] : [['Cache-Control', control] as const]),
      ...(varies ? [['Vary', 'Accept-Encoding'] as const] : []),
      ['Accept-Ranges', 'bytes'],
      ['X-Content-Type-Options', 'nosniff'],
    ]);
    return { path, version, size: Number(stats.size), etag, lastModifiedMs, headers };
  }

  async #respond(request: HttpRequest, { identity, coded }: Resolved): Promise<HttpResponse> {
    const file = coded.size === 0 ? identity : (chosen(request, coded) ?? identity);
    const { maxRanges, maxCachedFileBytes, clock, notFound } = this.#options;
    const content = file.size > maxCachedFileBytes ? undefined : this.#small.get(file.path, file.version);
    const options = { maxRanges, nowMs: clock.epochMs() };
    if (content !== undefined) return respondWithFile(request, file, { content }, options);
    if (request.method === 'HEAD') return respondWithFile(request, file, undefined, options);
    let handle: FileHandle;
    try {
      handle = await open(file.path, OPEN_FLAGS);
    } catch (error) {
      this.#resolved.delete(request.path);
      if (isAbsence(error)) return notFound.serve(request);
      throw error;
    }
    try {
      if (fileVersion(await handle.stat({ bigint: true })) !== file.version) {
        // Replaced since it was found: found anew, which it is at most once in a blue moon.
        this.#resolved.delete(request.path);
        await handle.close();
        return await this.serve(request);
      }
      if (file.size > maxCachedFileBytes) return respondWithFile(request, file, { handle }, options);
      const read = await readWhole(handle, file.size);
      await handle.close();
      if (read === undefined) return await this.serve(request);
      this.#small.set(file.path, file.version, read);
      return respondWithFile(request, file, { content: read }, options);
    } catch (error) {
      await handle.close().catch(() => undefined); // it may be closed already
      throw error;
    }
  }
}

/** @returns `undefined` if the file is not as long as it was. */
async function readWhole(handle: FileHandle, size: number): Promise<Buffer | undefined> {
  const content = Buffer.allocUnsafeSlow(size);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await handle.read(content, at, size - at, at);
    if (bytesRead === 0) return undefined;
    at += bytesRead;
  }
  return content;
}

function chosen(request: HttpRequest, coded: ReadonlyMap<PrecompressedCoding, ServedFile>): ServedFile | undefined {
  const codings: readonly ContentCoding[] = [...coded.keys()];
  const { coding } = negotiateCoding(request.headers.get('accept-encoding'), codings);
  return coding === undefined || coding === 'identity' || coding === 'deflate' ? undefined : coded.get(coding);
}

/** The path itself with a slash, so it can't lead to another host: a path of two slashes names nothing. */
function redirect({ path, query, extensions }: HttpRequest): HttpResponse {
  const mount = extensions.get(MountedAt);
  const folder = `${mount?.prefix ?? ''}${mount?.isBare === true ? '' : path}/`;
  const location = `${folder}${query === undefined ? '' : `?${query}`}`;
  return HttpResponse.from({ status: 308, headers: { Location: location, 'Cache-Control': 'no-cache' } });
}

/** No link in the last step, which was none when the file was found; nothing that waits. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const SUFFIXES: Readonly<Record<PrecompressedCoding, string>> = { br: '.br', gzip: '.gz', zstd: '.zst' };
const MAX_RESOLVED = 1_000;
