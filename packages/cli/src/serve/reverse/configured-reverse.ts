import type { HttpRequest, HttpResponse } from '@lamella/http';
import { requestHeadersLayer, responseHeadersLayer } from '@lamella/http';
import type { BalancePolicy } from '@lamella/layers';
import {
  consistentHash,
  leastRequests,
  optionalLayer,
  powerOfTwoChoices,
  roundRobin,
  timeoutLayer,
} from '@lamella/layers';
import type { Resolver } from '@lamella/net-core';
import { PeerAddress } from '@lamella/net-core';
import { systemResolver, tcpConnector } from '@lamella/net-tcp';
import type { ResolvedServers, ReverseRoute, UpstreamGroup } from '@lamella/proxy';
import { canaryService, errorPagesLayer, resolvedServers, reverseProxyService, upstreamGroup } from '@lamella/proxy';
import type { Service } from '@lamella/service-core';
import { stack } from '@lamella/service-core';
import type { GroupConfig, ReverseConfig, RouteConfig } from '../../config/reverse-config.ts';
import type { UpstreamTlsSettings } from '../../tls/upstream-tls.ts';
import { upstreamTls } from '../../tls/upstream-tls.ts';
import type { ServerParts } from '../run-server.ts';
import { toHttpUrl, UpstreamClients } from './upstream-clients.ts';
import { PartTrials } from './wrong-parts.ts';

/** A reverse proxy that a configuration describes. */
export interface ConfiguredReverse extends Service<HttpRequest, HttpResponse> {
  /** How the servers of each group stand now. */
  readonly groups: readonly UpstreamGroup[];
  /** Ends the checks; requests under way finish. */
  readonly close: () => Promise<void>;
}

/** What the proxy needs of its surroundings. */
export interface ReverseParts extends ServerParts {
  /** Looks up the names of servers. Default: the system does. */
  readonly resolver?: Resolver;
}

/**
 * Makes the proxy.
 *
 * @throws WrongParts that names all parts of the configuration that make no sense; nothing is left running then.
 */
export function configuredReverse(
  config: ReverseConfig,
  tlsSettings: UpstreamTlsSettings,
  parts: ReverseParts,
): ConfiguredReverse {
  const { lifecycle, onRelayEnd, telemetry } = parts;
  const { connectTimeoutMs } = config;
  const connector = tcpConnector({ connectTimeoutMs });
  const trials = new PartTrials();
  const tls = trials.attempt(['upstreamTls'], () => upstreamTls(tlsSettings)) ?? ((inner) => inner);
  const clients = new UpstreamClients({ connector, tls, lifecycle, connectTimeoutMs, telemetry });
  const client = clients.usual;
  const made: (() => unknown)[] = [() => clients.close()];
  const close = async (): Promise<void> => {
    // Groups before the client that they use.
    for (const end of made.toReversed()) await end();
  };
  try {
    const groups = new Map<string, UpstreamGroup>();
    for (const [name, group] of Object.entries(config.groups)) {
      const servers = trials.attempt(['groups', name, 'resolve'], () => serversOf(group, parts));
      if (servers !== undefined) made.push(servers.close);
      const upstream = trials.attempt(['groups', name], () => groupOf(name, group, clients, servers, parts));
      if (upstream === undefined) continue;
      made.push(upstream.close);
      groups.set(name, upstream);
    }
    const routes = new Map<number, ReverseRoute>();
    for (const [index, route] of config.routes.entries()) {
      findUnknownGroups(route, index, config.groups, trials);
      const compiled = trials.attempt(['routes', index], () => {
        const made = routeOf(route, clients, groups);
        reverseProxyService({ client, routes: [made] }); // whether it makes sense by itself
        return made;
      });
      if (compiled !== undefined) routes.set(index, compiled);
    }
    findContradictions(client, routes, trials);
    trials.end();
    const proxy = reverseProxyService({
      client,
      routes: [...routes.values()],
      keepsHost: config.keepHost,
      trustsForwarded: config.trustForwarded,
      forwarded: config.forwarded,
      relay: { lifecycle },
      onRelayEnd,
    });
    const pages = config.errorPages;
    const service = pages === undefined ? proxy : errorPagesLayer({ pages: defined(pages) })(proxy);
    return { serve: service.serve, groups: [...groups.values()], close };
  } catch (error) {
    void close();
    throw error;
  }
}

function findUnknownGroups(
  { group, canary }: RouteConfig,
  index: number,
  groups: ReverseConfig['groups'],
  trials: PartTrials,
): void {
  const named = [
    [['routes', index, 'group'], group],
    [['routes', index, 'canary', 'group'], canary?.group],
  ] as const;
  for (const [path, name] of named) {
    if (name === undefined || Object.hasOwn(groups, name)) continue;
    trials.add(path, `there is no group ${name}; there are: ${Object.keys(groups).join(', ') || 'none'}`);
  }
}

/** Routes that make sense by themselves, but are for what another one is for. */
function findContradictions(
  client: Service<HttpRequest, HttpResponse>,
  routes: ReadonlyMap<number, ReverseRoute>,
  trials: PartTrials,
): void {
  const isGood = (some: readonly ReverseRoute[]): boolean =>
    some.length === 0 ||
    new PartTrials().attempt([], () => reverseProxyService({ client, routes: some })) !== undefined;
  if (isGood([...routes.values()])) return; // most are, and one by one it takes its time
  const good: ReverseRoute[] = [];
  for (const [index, route] of routes) {
    const all = [...good, route];
    if (trials.attempt(['routes', index], () => reverseProxyService({ client, routes: all })) !== undefined) {
      good.push(route);
    }
  }
}

function serversOf({ resolve }: GroupConfig, parts: ReverseParts): ResolvedServers | undefined {
  if (resolve === undefined) return undefined;
  const { lifecycle, resolver = systemResolver() } = parts;
  return resolvedServers({ resolver, lifecycle, ...defined(resolve) });
}

function groupOf(
  name: string,
  group: GroupConfig,
  clients: UpstreamClients,
  resolved: ResolvedServers | undefined,
  { lifecycle, note }: ServerParts,
): UpstreamGroup {
  const { servers = [], resolve: _resolve, policy, ...options } = group;
  const typed = new Map(servers.map(({ url }) => [toHttpUrl(url), url]));
  return upstreamGroup({
    name,
    client: clients.for([...typed.values()]),
    servers: resolved ?? servers.map(({ url, ...rest }) => ({ url: toHttpUrl(url), ...defined(rest) })),
    ...(policy === undefined ? {} : { policy: policyOf(policy) }),
    onHealthChange({ id, health }) {
      note(`${name}: ${typed.get(id) ?? id} is ${health}`);
      if (health !== 'available') resolved?.refresh();
    },
    lifecycle,
    ...defined(options),
  });
}

function policyOf(policy: NonNullable<GroupConfig['policy']>): BalancePolicy<HttpRequest> {
  if (policy === 'round-robin') return roundRobin();
  if (policy === 'least-requests') return leastRequests();
  if (policy === 'power-of-two') return powerOfTwoChoices();
  const { hash, maxLoadRatio } = policy;
  const key = (request: HttpRequest): string | undefined => {
    if (hash === 'path') return request.path;
    return hash === 'client-address' ? addressOf(request) : request.headers.get(hash.header);
  };
  return consistentHash({ key, ...(maxLoadRatio === undefined ? {} : { maxLoadRatio }) });
}

function routeOf(
  route: RouteConfig,
  clients: UpstreamClients,
  groups: ReadonlyMap<string, UpstreamGroup>,
): ReverseRoute {
  const { host, path, to, canary, timeoutMs, requestHeaders, responseHeaders } = route;
  const group = route.group === undefined ? undefined : groups.get(route.group);
  const canaryGroup = canary === undefined ? undefined : groups.get(canary.group);
  const client = clients.for(to === undefined ? [] : [to]);
  const chosen =
    canary === undefined || canaryGroup === undefined || group === undefined
      ? (group ?? client)
      : canaryService({
          stable: group,
          canary: canaryGroup,
          ...(canary.share === undefined ? {} : { share: canary.share }),
          ...(canary.header === undefined ? {} : { header: canary.header }),
          ...(canary.keepsClients === true ? { key: addressOf } : {}),
        });
  const service = stack(
    // An error, of which the proxy makes its answer: one by a layer of its own would be taken for the server's, and have no page.
    optionalLayer(timeoutMs === undefined ? undefined : timeoutLayer({ timeoutMs })),
    optionalLayer(requestHeaders === undefined ? undefined : requestHeadersLayer(defined(requestHeaders))),
    optionalLayer(responseHeaders === undefined ? undefined : responseHeadersLayer(defined(responseHeaders))),
    chosen,
  );
  return {
    ...(host === undefined ? {} : { host }),
    ...(path === undefined ? {} : { path }),
    ...(to === undefined ? {} : { to: toHttpUrl(to) }),
    upstream: { serve: service.serve, name: group?.name ?? 'upstream' },
  };
}

function addressOf(request: HttpRequest): string | undefined {
  const peer = request.extensions.get(PeerAddress);
  return peer?.type === 'tcp' ? peer.host.toString() : undefined;
}

/** What a file leaves out is not there, instead of being `undefined`. */
function defined<Value extends object>(value: Value): Defined<Value> {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  const inner = entries.map(([key, field]) => [key, isPlainObject(field) ? defined(field) : field]);
  return Object.fromEntries(inner) as Defined<Value>; // the same fields without those that are `undefined`
}

type Defined<Value> = {
  [Key in keyof Value]: Exclude<Value[Key], undefined> extends infer Field
    ? Field extends readonly unknown[]
      ? Field
      : Field extends object
        ? Defined<Field>
        : Field
    : never;
};

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
