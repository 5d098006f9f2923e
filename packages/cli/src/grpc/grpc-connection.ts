import type { GrpcMetadata } from '@lamella/grpc';
import type { HttpClient, ProxySelector } from '@lamella/http';
import { createHttpClient } from '@lamella/http';
import type { Connector, Host } from '@lamella/net-core';
import { connectRequest, ipScope } from '@lamella/net-core';
import { tcpConnector } from '@lamella/net-tcp';
import { CliError, EXIT } from '../cli-error.ts';
import { acquireTimeout } from '../send/acquire-timeout.ts';
import { protocolsOf } from '../send/http-versions.ts';
import { proxyChoice } from '../send/proxy-choice.ts';
import { proxyWay } from '../send/proxy-way.ts';
import { sendTls } from '../send/tls/tls-send-options.ts';
import { tracedTls } from '../send/tls/traced-tls.ts';
import { traced } from '../send/traced-connector.ts';
import type { GrpcOptions } from './grpc-options.ts';
import type { GrpcTarget } from './grpc-target.ts';
import { grpcTarget } from './grpc-target.ts';
import { typedMetadata } from './typed-metadata.ts';

/** A way to a server. */
export interface GrpcConnection {
  /** As `grpcClient` wants it. */
  readonly url: string;
  /** HTTP/2 alone, in clear too: what gRPC needs. */
  readonly http2: HttpClient;
  /** HTTP/2 or HTTP/1.1, as the server likes, and HTTP/1.1 in clear: enough for gRPC-Web and Connect. */
  readonly anyVersion: HttpClient;
  /** What every call has in common. */
  readonly call: { readonly metadata: GrpcMetadata; readonly deadlineAtMs?: number };
  /** Says something, if that is wanted. */
  readonly note: (text: string) => void;
  readonly close: () => void;
}

/** Understands where calls go and how. Nothing is connected yet. @throws CliError if that makes no sense. */
export function grpcConnection(text: string, options: GrpcOptions): GrpcConnection {
  const { header = [], timeout, connectTimeout: connectTimeoutMs, verbose } = options;
  const note = (line: string): void => {
    if (verbose === true) process.stderr.write(`* ${line}\n`);
  };
  const target = grpcTarget(text);
  const common = {
    connector: traced(connectorFor(target, connectTimeoutMs), note),
    tls: tracedTls(
      typed(() => sendTls(options, connectTimeoutMs, process.env['SSLKEYLOGFILE'])),
      note,
    ),
    ...(target.dial === undefined && { proxy: typed(() => proxyOf(options, note)) }),
    acquireTimeoutMs: acquireTimeout(connectTimeoutMs), // how long a call may take is for --timeout to say
  };
  const http2 = createHttpClient({ ...common, protocols: protocolsOf({ http2PriorKnowledge: true }) });
  const anyVersion = createHttpClient({ ...common, protocols: protocolsOf({}) });
  return {
    url: target.url,
    http2,
    anyVersion,
    call: {
      metadata: typedMetadata(header),
      ...(timeout === undefined ? {} : { deadlineAtMs: Date.now() + timeout }),
    },
    note,
    close() {
      http2.destroy();
      anyVersion.destroy();
    },
  };
}

function connectorFor({ dial }: GrpcTarget, connectTimeoutMs: number): Connector {
  const connector = tcpConnector({ connectTimeoutMs });
  if (dial === undefined) return connector;
  return { serve: ({ scope }) => connector.serve(connectRequest({ target: dial, scope })) };
}

/** As for `send`; but a proxy has to give a tunnel in any case, since it knows nothing of calls. */
function proxyOf(options: GrpcOptions, note: (text: string) => void): ProxySelector {
  const { select } = proxyChoice(options, process.env, proxyWay({ ...options, proxytunnel: true }, note));
  // A proxy of the environment is meant for the world, as in other tools of gRPC; one that is named is meant.
  return (to, request) => (options.proxy === undefined && isThisMachine(to.host) ? undefined : select(to, request));
}

function isThisMachine(host: Host): boolean {
  return host.type === 'domain' ? host.name === 'localhost' : ipScope(host) === 'loopback';
}

/** The exit codes that `send` has for what was typed wrong are statuses here. */
function typed<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw error instanceof CliError ? new CliError(error.message, EXIT.usage, { cause: error }) : error;
  }
}
