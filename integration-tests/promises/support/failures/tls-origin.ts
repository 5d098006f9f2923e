import type { HttpRequestInit } from '@lamella/http';
import type { ByteStream, Connection } from '@lamella/net-core';
import { connectRequest, parseAddress, serveListener } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { serviceFn } from '@lamella/service-core';
import type { CertificateAuthority, IssuedCertificate, TlsAcceptOptions, TlsConnectOptions } from '@lamella/tls';
import { certificateAuthority, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import type { FailureWorld } from './failure-world.ts';

/** How an origin behind TLS, and who asks it, are set up. */
export interface TlsSetup {
  /** Default: a good certificate, and nothing else. */
  readonly accept?: Partial<TlsAcceptOptions>;
  /** Default: trusts the authority of {@link tlsMaterial}. */
  readonly connect?: Partial<TlsConnectOptions>;
  /** What stands at the address instead of TLS. */
  readonly server?: Service<Connection, void>;
  /** Changes the connection below TLS, on the side of the origin. Default: not at all. */
  readonly below?: (connection: Connection) => Connection;
}

/** An authority, and what it has signed. */
export interface TlsMaterial {
  readonly authority: CertificateAuthority;
  readonly good: IssuedCertificate;
}

/** Sends a request to `https://origin.test`, and reads the whole response. */
export async function askByTls(
  world: FailureWorld,
  setup: TlsSetup,
  init: Partial<HttpRequestInit> = {},
): Promise<string> {
  const { authority } = await tlsMaterial();
  listen(world, setup, await acceptorOf(world, setup)).catch(() => {}); // the client tells
  const connecting = tlsConnectLayer({ roots: authority.cert, clock: world.clock, ...setup.connect });
  const client = world.client({ connector: connecting(world.network.connector()) });
  return world.ask({ target: 'https://origin.test/', ...init }, client);
}

/** Has somebody come to an origin behind TLS. @param client - Who it is. Default: one that speaks TLS. @returns Rejects with what the origin has to say. */
export async function acceptByTls(
  world: FailureWorld,
  setup: TlsSetup,
  client?: (stream: ByteStream) => unknown,
): Promise<unknown> {
  const refused = listen(world, setup, await acceptorOf(world, setup));
  if (client === undefined)
    connectByTls(world, setup).catch(() => {}); // the other side tells
  else {
    const { stream } = await world.connect('origin.test:443');
    world.atEnd(() => stream.destroy());
    client(stream);
  }
  return refused;
}

/** Made once: keys take a while. */
export function tlsMaterial(): Promise<TlsMaterial> {
  made ??= makeMaterial();
  return made;
}

let made: Promise<TlsMaterial> | undefined;

async function makeMaterial(): Promise<TlsMaterial> {
  const authority = await certificateAuthority({ backdateMs: 30 * DAY_MS });
  return { authority, good: await authority.issue({ names: ['origin.test'] }) };
}

async function acceptorOf(world: FailureWorld, { accept, server }: TlsSetup): Promise<Service<Connection, void>> {
  if (server !== undefined) return server;
  const { good } = await tlsMaterial();
  const layer = tlsAcceptLayer({ certificates: good, clock: world.clock, ...accept });
  const origin = serviceFn(async ({ stream }: Connection) => {
    world.play(stream);
    await stream.closed;
  });
  return layer(origin);
}

/** @returns Rejects with what the first connection failed with. */
function listen(world: FailureWorld, { below }: TlsSetup, service: Service<Connection, void>): Promise<never> {
  // On no way at all an answer comes before Node knows that what it answers was written, and an alert gets lost.
  world.network.setConditions({ latencyMs: 1 });
  const { promise, reject } = Promise.withResolvers<never>();
  const listener = world.network.listen('origin.test:443');
  const changed = serviceFn((connection: Connection) => {
    world.atEnd(() => connection.stream.destroy());
    return service.serve(below?.(connection) ?? connection);
  });
  void serveListener(listener, changed, { onError: reject });
  world.atEnd(() => void listener.close());
  return promise;
}

async function connectByTls(world: FailureWorld, { connect }: TlsSetup): Promise<void> {
  const { authority } = await tlsMaterial();
  const layer = tlsConnectLayer({ roots: authority.cert, clock: world.clock, ...connect });
  const request = connectRequest({ target: parseAddress('origin.test:443'), secure: true });
  const { stream } = await layer(world.network.connector()).serve(request);
  world.atEnd(() => stream.destroy());
}

/** In milliseconds. */
export const DAY_MS = 86_400_000;
