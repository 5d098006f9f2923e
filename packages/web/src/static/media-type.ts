import { lookup } from 'mrmime';

/** The media type for a file name; `application/octet-stream` where the extension says nothing. Text is UTF-8. */
export function mediaType(name: string): string {
  const type = lookup(name) ?? 'application/octet-stream';
  const isText = type.startsWith('text/') || TEXTUAL.has(type);
  return isText ? `${type}; charset=utf-8` : type;
}

const TEXTUAL: ReadonlySet<string> = new Set([
  'application/javascript',
  'application/json',
  'application/manifest+json',
  'image/svg+xml',
]);
