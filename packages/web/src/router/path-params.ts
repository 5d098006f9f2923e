import type { HttpRequest } from '@lamella/http';
import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';

/**
 * The captures of a path pattern, by name: `{ id: string }` for `'/items/:id'`.
 *
 * @example
 * const params: PathParams<'/users/:user/files/*path'> = { user: 'ann', path: 'a/b.txt' };
 */
export type PathParams<Path extends string> = string extends Path
  ? Readonly<Record<string, string>>
  : { readonly [Name in NamesOf<Path>]: string };

/** Names of the captures of a path pattern: `'id'` for `'/items/:id'`. */
export type NamesOf<Path extends string> = Path extends `${infer Head}/${infer Rest}`
  ? NameOf<Head> | NamesOf<Rest>
  : NameOf<Path>;

/** Name of the capture of one segment of a path pattern; `never` for a segment that is text. */
export type NameOf<Segment extends string> = Segment extends `:${infer Name}`
  ? Name
  : Segment extends `*${infer Name}`
    ? Name extends ''
      ? 'rest'
      : Name
    : never;

/** Captures of the routes that a request was matched by, those of mounts included; an inner name hides an outer one. */
export const RouteParams: ExtensionKey<Readonly<Record<string, string>>, 'request'> = extensionKey('web/route-params', {
  scope: 'request',
});

/** Pattern that a request was matched by, with those of mounts in front, such as `'/api/items/:id'`: for logs and metrics. */
export const MatchedRoute: ExtensionKey<string, 'request'> = extensionKey('web/matched-route', { scope: 'request' });

/** Where a mounted service stands. */
export interface MountPoint {
  /** What was taken off the path, as it came, such as `'/api'`. */
  readonly prefix: string;
  /** Whether the path ended with the prefix, without a slash behind it: links relative to it lead elsewhere. */
  readonly isBare: boolean;
}

/** Where the service that is serving a request was mounted; none outside of a mount. */
export const MountedAt: ExtensionKey<MountPoint, 'request'> = extensionKey('web/mounted-at', { scope: 'request' });

/** The captures of a request, or none. */
export function routeParams(request: HttpRequest): Readonly<Record<string, string>> {
  return request.extensions.get(RouteParams) ?? NONE;
}

const NONE: Readonly<Record<string, string>> = Object.freeze(Object.create(null));
