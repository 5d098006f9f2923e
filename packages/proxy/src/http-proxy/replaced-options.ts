import { UsageError } from '@lamella/service-core';

/** Options of http-proxy that have no counterpart here, and what does their work instead. */
const REPLACED: Readonly<Record<string, string>> = {
  agent: 'the pool is that of the client: createHttpClient({ maxConnectionsPerOrigin, idleTimeoutMs })',
  buffer: 'a layer in front can give the request another body: request.with({ body })',
  lookup: 'names are resolved by the connector of the client: tcpConnector({ resolver })',
  localAddress: 'the connector of the client has it: tcpConnector({ localAddress }) of @lamella/net-tcp',
  selfHandleResponse: 'a layer around the service gets the response, and gives the one it likes',
  ssl: 'a layer in front of the server has it: httpProxySsl(ssl)',
  timeout: 'the server around has it: httpServerLayer({ timeouts })',
  toProxy: 'a proxy on the way is an option of the client: createHttpClient({ proxy })',
};

/**
 * Looks for options that would have no effect here.
 *
 * @throws UsageError naming what does the work of an option, or saying that there is none of that name.
 */
export function refuseReplaced(options: object, known: ReadonlySet<string>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const instead = Object.hasOwn(REPLACED, name) ? REPLACED[name] : undefined;
    // `false` is what they all are by default.
    if (instead !== undefined && value !== false) throw new UsageError(`${name}: ${instead}`);
    if (instead === undefined && !known.has(name)) throw new UsageError(`${name} is no option of http-proxy`);
  }
}
