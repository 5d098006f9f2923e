/** Where the two proxies listen. */
export interface Ports {
  readonly forward: number;
  readonly reverse: number;
}

/** The usual ports, unless `FORWARD_PORT` and `REVERSE_PORT` say otherwise; 0 takes a free one. */
export function portsFrom(env: Readonly<Record<string, string | undefined>>): Ports {
  return { forward: portOf(env['FORWARD_PORT'], 8080), reverse: portOf(env['REVERSE_PORT'], 8081) };
}

function portOf(text: string | undefined, usual: number): number {
  return text !== undefined && /^[0-9]{1,5}$/.test(text) ? Number(text) : usual;
}
