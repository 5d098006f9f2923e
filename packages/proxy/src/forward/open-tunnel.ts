import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { Connection, Connector } from '@lamella/net-core';
import { connectRequest, parseAuthority } from '@lamella/net-core';
import { answerFailure } from '../forwarding/forward-request.ts';
import type { Forwarding } from '../forwarding/forwarding-options.ts';
import { refused } from '../forwarding/refused.ts';
import { tunnelService } from '../forwarding/tunnel-service.ts';

/** Answers CONNECT: with a tunnel once its far end stands, else with why there is none. RFC 9110 section 9.3.6. */
export async function openTunnel(
  request: HttpRequest,
  connector: Connector,
  connectPorts: readonly number[] | 'any',
  forwarding: Forwarding,
): Promise<HttpResponse> {
  const { host, port } = parseAuthority(request.target);
  if (port === undefined || (connectPorts !== 'any' && !connectPorts.includes(port))) {
    const allowed = connectPorts.length === 0 ? 'none' : connectPorts;
    return refused(403, `CONNECT to port ${port} is not allowed; allowed: ${allowed}`);
  }
  const { scope, extensions } = request;
  let egress: Connection;
  try {
    egress = await connector.serve(connectRequest({ target: { type: 'tcp', host, port }, scope, extensions }));
  } catch (error) {
    return answerFailure(error, request, forwarding);
  }
  const handler = tunnelService(egress, request, forwarding);
  return HttpResponse.upgrade({ status: 200, reason: 'Connection established' }, handler, { guard: egress });
}
