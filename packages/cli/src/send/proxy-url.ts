import { CliError } from '../cli-error.ts';
import type { TargetUrl } from './target-url.ts';
import { targetUrl } from './target-url.ts';

/**
 * The URL of a proxy that `-x` names as `[http[s]://][name:password@]host[:port]`; like curl, without a port it means 1080, or 443 by TLS.
 *
 * @param user - `name:password` of `-U`, in the place of what the URL says.
 */
export function proxyUrl(text: string, user: string | undefined): string {
  const { target, credentials = '' } = understood(text);
  const [scheme = '', , authority = ''] = target.split('/', 3);
  // A URL forgets a port that is the usual one of its scheme.
  const plainPort = /:0*80(?:$|[/?#])/.test(text) ? ':80' : ':1080';
  const port = /:[0-9]+$/.test(authority) ? '' : scheme === 'https:' ? ':443' : plainPort;
  const known = user ?? credentials;
  if (known === '') return `${scheme}//${authority}${port}`;
  const colon = known.includes(':') ? known.indexOf(':') : known.length;
  const [name, password] = [known.slice(0, colon), known.slice(colon + 1)].map(encodeURIComponent);
  return `${scheme}//${name}:${password}@${authority}${port}`;
}

function understood(text: string): TargetUrl {
  try {
    return targetUrl(text);
  } catch (error) {
    throw error instanceof CliError
      ? new CliError(`--proxy: ${error.message}`, error.exitCode, { cause: error })
      : error;
  }
}
