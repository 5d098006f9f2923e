/** Where the two proxies listen. */
export interface Ports {
  readonly forward: number;
  readonly reverse: number;
}

/**
 * The usual ports, unless `FORWARD_PORT` and `REVERSE_PORT` say otherwise; 0 takes a free one.
 *
 * @throws Error if one of them is no port.
 */
export function portsFrom(env: Readonly<Record<string, string | undefined>>): Ports {
  return { forward: portOf(env, 'FORWARD_PORT', 8080), reverse: portOf(env, 'REVERSE_PORT', 8081) };
}

function portOf(env: Readonly<Record<string, string | undefined>>, name: string, usual: number): number {
  const text = env[name];
  if (text === undefined || text === '') return usual;
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new Error(`${name} must be a port from 0 to 65535, got ${JSON.stringify(text)}`);
}
