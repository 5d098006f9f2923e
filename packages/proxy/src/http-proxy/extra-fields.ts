import { HttpHeaders } from '@lamella/http';
import { UsageError } from '@lamella/service-core';

/** Fields that are set on every request; see `headers` of http-proxy. */
export type ExtraFields = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * Makes the function that sets `headers` and `auth` on a request.
 *
 * @param keepsHost - Whether a `host` among the fields counts; with `changeOrigin` the target's own does.
 * @throws UsageError if a field may not be sent, or belongs to the connection and not to the message.
 */
export function fieldSetter(
  fields: ExtraFields,
  auth: string | undefined,
  keepsHost: boolean,
): ((headers: HttpHeaders) => void) | undefined {
  const entries = Object.entries(fields).map(([name, value]) => {
    if (OF_THE_HOP.test(name)) throw new UsageError(`headers: ${name} is computed for each connection`);
    const values = (Array.isArray(value) ? value : [value]).map(String);
    HttpHeaders.from(values.map((each) => [name, each] as const)); // throws now rather than at the first request
    return { name, values };
  });
  const set = entries.filter(({ name }) => keepsHost || name.toLowerCase() !== 'host');
  if (auth !== undefined && typeof auth !== 'string')
    throw new UsageError(`auth must be user:password, got ${typeof auth}`);
  const authorization = auth === undefined ? undefined : `Basic ${Buffer.from(auth).toString('base64')}`;
  if (set.length === 0 && authorization === undefined) return undefined;
  return (headers) => {
    for (const { name, values } of set) {
      const [first, ...others] = values;
      if (first === undefined) headers.delete(name);
      else headers.set(name, first);
      for (const other of others) headers.append(name, other);
    }
    // As `auth` of node:http does it: what the client says comes first.
    if (authorization !== undefined && !headers.has('authorization')) headers.set('Authorization', authorization);
  };
}

const OF_THE_HOP = /^(?:connection|content-length|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i;
