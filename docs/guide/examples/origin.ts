import type { HttpRequest } from '@lamella/http';
import { HttpResponse, httpServerLayer } from '@lamella/http';
import type { Address } from '@lamella/net-core';
import { serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import type { Lifecycle } from '@lamella/service-core';
import { serviceFn, stack } from '@lamella/service-core';

/** Starts a server that tells what it was asked, on a free port. */
export async function startOrigin(name: string, lifecycle: Lifecycle): Promise<Address> {
  const listener = await listenTcp();
  const server = stack(
    httpServerLayer({ lifecycle }),
    serviceFn(({ method, target, headers }: HttpRequest) =>
      HttpResponse.text(`${name} was asked ${method} ${target} for ${headers.get('x-forwarded-for') ?? 'nobody'}`),
    ),
  );
  void serveListener(listener, server, { lifecycle });
  return listener.address;
}
