import type { HttpClient, HttpClientOptions, HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient, heldUntilRead } from '@lamella/http';
import type {
  BalancedEndpoint,
  BalancePolicy,
  CallOutcome,
  EjectionOptions,
  Endpoint,
  HealthCheckOptions,
} from '@lamella/layers';
import { balancer, isCallerAbort, pickFirst } from '@lamella/layers';
import type { FollowNameOptions, IpAddress } from '@lamella/net-core';
import { followName } from '@lamella/net-core';
import type { ExtensionKey, Service } from '@lamella/service-core';
import { ClosedError, cell, extensionKey, LimitError, systemClock, UsageError } from '@lamella/service-core';
import { isGrpcStatusError } from '../../calls/end-of-call.ts';
import { GrpcStatus } from '../../codec/grpc-status.ts';
import { isBeforeConnection } from '../retries/attempt-failures.ts';
import type { ChannelServer } from './channel-server.ts';
import { channelServer } from './channel-server.ts';

/** Options of {@link grpcChannel}: those of `createHttpClient` for the connections, those of `followName` for the addresses, and a few more. */
export interface GrpcChannelOptions extends Omit<HttpClientOptions, 'proxy' | 'protocols'>, FollowNameOptions {
  /** Protocols to speak, the preferred one first, such as `[http2()]`. */
  readonly protocols: NonNullable<HttpClientOptions['protocols']>;
  /** Port of all servers, 1 to 65535. */
  readonly port: number;
  /** How a server is chosen for a call: `pickFirst()`, `roundRobin()`, or any other of `@lamella/layers`. Default: `pickFirst()`. */
  readonly policy?: BalancePolicy<HttpRequest>;
  /** Asks servers whether they are well, such as by `grpcHealthCheck`, and leaves out those that are not. Default: nobody is asked. */
  readonly healthCheck?: HealthCheckOptions<HttpRequest, HttpResponse>;
  /** Leaves servers out whose calls fail, or `false`. Default: with the defaults of `EjectionOptions`. */
  readonly ejection?: EjectionOptions | false;
  /** For how long a server that is new or back takes a growing share, in milliseconds, at least 0. Default 0. */
  readonly slowStartMs?: number;
  /** Share of servers, from 0 to 1; if fewer are available, all are used. Default 0.25. */
  readonly panicRatio?: number;
}

/** All servers behind a name, as one service for clients. Made by {@link grpcChannel}. */
export interface GrpcChannel extends Service<HttpRequest, HttpResponse>, AsyncDisposable {
  /** How the servers stand now; `id` is the address. */
  readonly gauges: () => readonly BalancedEndpoint[];
  /** Looks the name up soon; at most once in `minIntervalMs`. */
  readonly refresh: () => void;
  /** Takes no more calls, waits for those under way, and closes all connections. */
  readonly close: () => Promise<void>;
  /** Ends now; calls under way fail with `reason`. */
  readonly destroy: (reason?: unknown) => void;
}

/**
 * Makes a channel: it follows the addresses of a name, keeps connections to them, and chooses one for each call.
 *
 * @remarks
 * A server that can't be connected to is passed over: the call goes to another one, as long as there is one. Calls fail as UNAVAILABLE where
 * there is none; `waitForReady` of a client waits. The name is looked up every `intervalMs`, and soon after a connection has ended or could
 * not be made, but never more often than `minIntervalMs`, however many calls there are. Servers that are gone finish what they have.
 *
 * A call counts as a failure of its server if the connection fails, the deadline passes, or the answer is HTTP 502 to 504 or UNAVAILABLE
 * before any message.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const resolver = overrideResolver(memoryNetwork().resolver, { 'chat.test': ['192.0.2.7', '192.0.2.8'] });
 * const channel = grpcChannel({
 *   resolver,
 *   host: 'chat.test',
 *   port: 50_051,
 *   connector: memoryNetwork().connector(),
 *   protocols: [http2()],
 *   policy: roundRobin(),
 * });
 * const text = jsonCodec(String);
 * const Chat = defineService('chat.v1.Chat', { say: { type: 'unary', request: text, response: text } });
 * const chat = grpcClient(channel, Chat, { url: 'http://chat.test:50051', waitForReady: true });
 * await channel.close();
 */
export function grpcChannel(options: GrpcChannelOptions): GrpcChannel {
  const { port, policy = pickFirst(), clock = systemClock, random = Math.random } = options;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new UsageError(`port must be 1 to 65535, got ${port}`);
  }
  const clientOptions: HttpClientOptions = { ...options, clock };
  const { lifecycle, ...unattached } = clientOptions;
  createHttpClient(unattached); // checks the options now rather than at the first address; it holds nothing
  const servers = new Map<string, ChannelServer>();
  /** Clients of servers that have left the name, while calls are under way. */
  const leaving = new Set<HttpClient>();
  const endpoints = cell<readonly Endpoint<HttpRequest, HttpResponse>[]>([]);
  const balanced = balancer<HttpRequest, HttpResponse>({
    endpoints,
    policy,
    name: `the channel to ${options.host}`,
    clock,
    random,
    isFailure,
    holdUntil: heldUntilRead,
    avoid: (request) => request.extensions.get(TriedServers),
    onPick: ({ id }, request) => request.extensions.get(TriedServers)?.add(id),
    ...(options.healthCheck === undefined ? {} : { healthCheck: options.healthCheck }),
    ...(options.ejection === undefined ? {} : { ejection: options.ejection }),
    ...(options.slowStartMs === undefined ? {} : { slowStartMs: options.slowStartMs }),
    ...(options.panicRatio === undefined ? {} : { panicRatio: options.panicRatio }),
    ...(lifecycle === undefined ? {} : { lifecycle }),
  });
  const addresses = followName({ ...options, clock, random });
  const update = (found: readonly IpAddress[]): void => {
    const gone = new Map(servers);
    const next = found.map((host) => {
      const id = String(host);
      const server = servers.get(id) ?? channelServer(host, port, clientOptions, addresses.refresh);
      servers.set(id, server);
      gone.delete(id);
      return server.endpoint;
    });
    endpoints.set(next);
    for (const [id, { client }] of gone) {
      servers.delete(id);
      leaving.add(client);
      void client.close().finally(() => leaving.delete(client)); // in its own time: calls are under way
    }
  };
  addresses.watch(update);
  let isClosed = false;

  const serve = async (request: HttpRequest): Promise<HttpResponse> => {
    if (isClosed) throw new ClosedError('the channel is closed');
    if (addresses.get().length === 0) {
      await request.scope.race(addresses.firstLookup);
      if (addresses.get().length === 0) addresses.refresh();
      const failure = addresses.failure();
      if (failure !== undefined && addresses.get().length === 0) throw failure;
    }
    const tried = new Set<string>();
    request.extensions.insert(TriedServers, tried);
    for (let attempt = 1; ; attempt++) {
      try {
        return await balanced.serve(request);
      } catch (error) {
        // Servers that are left out at the moment are no others: then one is chosen that was tried before.
        const isNew = tried.size === attempt;
        const hasOthers = tried.size < servers.size;
        if (request.scope.aborted || !isNew || !hasOthers || !isBeforeConnection(error)) throw error;
      }
    }
  };
  const clients = (): HttpClient[] => [...Array.from(servers.values(), ({ client }) => client), ...leaving];
  const end = (): void => {
    isClosed = true;
    addresses.close();
  };
  const close = async (): Promise<void> => {
    end();
    await balanced.close();
    await Promise.all(clients().map((client) => client.close()));
  };
  return {
    serve,
    gauges: balanced.gauges,
    refresh: addresses.refresh,
    close,
    destroy(reason = new ClosedError('the channel was destroyed')) {
      end();
      for (const client of clients()) client.destroy(reason);
      void balanced.close();
    },
    [Symbol.asyncDispose]: close,
  };
}

/** What a caller does by will, and limits of our own, say nothing about the server. */
function isFailure(outcome: CallOutcome<HttpResponse>, request: HttpRequest): boolean {
  if (outcome.type === 'output') {
    const { status, headers } = outcome.output;
    return (status >= 502 && status <= 504) || headers.get('grpc-status') === String(GrpcStatus.UNAVAILABLE);
  }
  const { error } = outcome;
  if (isGrpcStatusError(error)) return error.status === GrpcStatus.DEADLINE_EXCEEDED;
  return !isCallerAbort(request, error) && !(error instanceof LimitError) && !(error instanceof UsageError);
}

/** Servers that a request was tried at. */
const TriedServers: ExtensionKey<Set<string>, 'request'> = extensionKey('grpc/tried-servers', { scope: 'request' });
