import { UsageError } from '@lamella/service-core';

/** The HTTP target of a WebSocket URL. RFC 6455 section 3. @throws UsageError if the URL is none of a WebSocket. */
export function targetOf(url: string): string {
  if (!URL.canParse(url)) throw new UsageError(`url must be a URL, got ${JSON.stringify(url)}`);
  const parsed = new URL(url);
  const scheme = SCHEMES[parsed.protocol];
  if (scheme === undefined) {
    throw new UsageError(`url must begin with ws: or wss:, or http: or https:, got ${JSON.stringify(parsed.protocol)}`);
  }
  if (url.includes('#')) throw new UsageError('the url of a WebSocket has no fragment');
  if (parsed.username !== '' || parsed.password !== '') {
    throw new UsageError('the url of a WebSocket has no user; give an Authorization header');
  }
  return `${scheme}//${parsed.host}${parsed.pathname}${parsed.search}`;
}

const SCHEMES: Readonly<Record<string, string>> = {
  'ws:': 'http:',
  'wss:': 'https:',
  'http:': 'http:',
  'https:': 'https:',
};
