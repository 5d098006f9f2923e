import type { Clock } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { Address } from '../address/address.ts';
import { formatAddress, parseAddress } from '../address/address.ts';
import { tryParseHost } from '../address/host.ts';
import type { IpAddress } from '../address/ip-address.ts';
import { parseIp } from '../address/ip-address.ts';
import type { Connector } from '../connection/connector.ts';
import type { Listener } from '../connection/listener.ts';
import type { Resolver } from '../connection/resolver.ts';
import { DeliveryTurns } from './delivery-turns.ts';
import type { FullLinkConditions, LinkConditions } from './link-conditions.ts';
import { fullConditions } from './link-conditions.ts';
import type { MemoryConnectorOptions } from './memory-connector.ts';
import { MemoryConnector } from './memory-connector.ts';
import { MemoryListener } from './memory-listener.ts';
import type { NameFailure } from './memory-names.ts';
import { MemoryNames } from './memory-names.ts';
import type { MemoryWire } from './memory-wire.ts';
import type { MemoryWorld } from './memory-world.ts';
import type { Random } from './random.ts';
import { seededRandom } from './random.ts';

/** Options of {@link memoryNetwork}. */
export interface MemoryNetworkOptions {
  /** Seed of everything drawn from a range; the same seed gives the same events. Default 1. */
  readonly seed?: number;
  /** Source of time. A fake one makes simulated hours pass in an instant. Default: the system clock. */
  readonly clock?: Clock;
  /** Bytes under way in one direction before `write` asks to wait. Default 65_536. */
  readonly windowBytes?: number;
  /** Most events kept in the log; later ones are not. Default 100_000. */
  readonly maxEvents?: number;
}

/** Something that happened in a {@link MemoryNetwork}. */
export interface NetworkEvent {
  /** When, on the clock of the network. */
  readonly atMs: number;
  /** Number of the connection, counted from 1 in the order of the connects. */
  readonly connection: number;
  /** Which end, or which host, it happened at. */
  readonly at: string;
  /** What: `connect`, `accept`, `refuse`, `name-failure`, `bytes`, `loss`, `end`, `close`, `reset`, `reset-fault`. */
  readonly event: string;
  /** Bytes that arrived, or that were lost and are sent again. */
  readonly byteCount: number;
}

/**
 * A network in memory: listeners and connectors that plug in where sockets do, with faults as data.
 *
 * @remarks
 * Hosts are what stands before the port: an IP address or a name. A connect to a name on which nothing listens itself goes to
 * one of the addresses that {@link setName} gave it, and fails as its lookup does. Everything drawn at random comes from one
 * seed, all time from one clock: the same seed and the same program give the same {@link events}.
 */
export interface MemoryNetwork {
  /**
   * Listens, on an address such as `origin.test:80`, `10.0.0.1:80` or `unix:/run/x.sock`. Port 0 takes a free one.
   *
   * @throws UsageError if something listens there already; AddressError if the text is no address.
   */
  readonly listen: (address: string | Address) => Listener;
  /** Connects to what listens. */
  readonly connector: (options?: MemoryConnectorOptions) => Connector;
  /** Finds the addresses that were given to {@link setName}. */
  readonly resolver: Resolver;
  /** Gives a name its addresses, or a failure: it does not exist, nobody could be asked, or no answer ever comes. */
  readonly setName: (name: string, addresses: readonly string[] | NameFailure) => void;
  /** Sets what links suffer: all of them, or those between a host and any other, both ways or one way. */
  readonly setConditions: (conditions: LinkConditions, link?: { readonly from?: string; readonly to?: string }) => void;
  /** Cuts every link between the two groups: bytes and connects wait until {@link heal}. */
  readonly partition: (first: readonly string[], second: readonly string[]) => void;
  /** Makes a host swallow everything, or answer again. */
  readonly blackHole: (host: string, isOn?: boolean) => void;
  /** Makes connects to a host fail at once, as without a route, or work again. */
  readonly unreachable: (host: string, isOn?: boolean) => void;
  /** Ends all partitions; what waited goes on. */
  readonly heal: () => void;
  /** What has happened, oldest first. */
  readonly events: readonly NetworkEvent[];
}

/**
 * Makes a {@link MemoryNetwork}.
 *
 * @example
 * const network = memoryNetwork({ seed: 7 });
 * const listener = network.listen('echo.test:7');
 * const connector = network.connector();
 * await connector.serve(connectRequest({ target: parseAddress('echo.test:7') }));
 */
export function memoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  return new Network(options);
}

class Network implements MemoryNetwork, MemoryWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly turns: DeliveryTurns = new DeliveryTurns();
  readonly windowBytes: number;
  readonly events: NetworkEvent[] = [];
  readonly listeners: Map<string, MemoryListener> = new Map();
  readonly wires: Set<MemoryWire> = new Set();
  readonly waiting: Set<() => void> = new Set();
  readonly #maxEvents: number;
  readonly #names = new MemoryNames();
  readonly #links = new Map<string, FullLinkConditions>();
  readonly #cuts: { readonly first: ReadonlySet<string>; readonly second: ReadonlySet<string> }[] = [];
  readonly #blackHoles = new Set<string>();
  readonly #unreachable = new Set<string>();
  #nextPort = 49_152;
  #connections = 0;

  constructor(options: MemoryNetworkOptions) {
    const { seed = 1, clock = systemClock, windowBytes = 65_536, maxEvents = 100_000 } = options;
    if (!(windowBytes >= 1)) throw new UsageError(`windowBytes must be >= 1, got ${windowBytes}`);
    this.clock = clock;
    this.random = seededRandom(seed);
    this.windowBytes = windowBytes;
    this.#maxEvents = maxEvents;
    this.#links.set(ANY_LINK, fullConditions({}));
  }

  get resolver(): Resolver {
    return this.#names;
  }

  readonly listen = (where: string | Address): Listener => {
    const wanted = typeof where === 'string' ? parseAddress(where) : where;
    const address = wanted.type === 'tcp' && wanted.port === 0 ? { ...wanted, port: this.takePort() } : wanted;
    const key = formatAddress(address);
    if (this.listeners.has(key)) throw new UsageError(`something listens on ${key} already`);
    const listener = new MemoryListener(address, () => this.listeners.delete(key));
    this.listeners.set(key, listener);
    return listener;
  };

  readonly connector = (options: MemoryConnectorOptions = {}): Connector => new MemoryConnector(this, options);

  readonly setName = (name: string, addresses: readonly string[] | NameFailure): void => {
    this.#names.set(name, typeof addresses === 'string' ? addresses : addresses.map(parseIp));
  };

  readonly setConditions = (conditions: LinkConditions, link: { from?: string; to?: string } = {}): void => {
    this.#links.set(`${canonical(link.from ?? '*')} ${canonical(link.to ?? '*')}`, fullConditions(conditions));
    this.#wakeAll();
  };

  readonly partition = (first: readonly string[], second: readonly string[]): void => {
    this.#cuts.push({ first: new Set(first.map(canonical)), second: new Set(second.map(canonical)) });
  };

  readonly blackHole = (host: string, isOn = true): void => {
    if (isOn) this.#blackHoles.add(canonical(host));
    else this.#blackHoles.delete(canonical(host));
    this.#wakeAll();
  };

  readonly unreachable = (host: string, isOn = true): void => {
    if (isOn) this.#unreachable.add(canonical(host));
    else this.#unreachable.delete(canonical(host));
  };

  readonly heal = (): void => {
    this.#cuts.length = 0;
    this.#wakeAll();
  };

  // ---- for listeners, connectors and wires

  conditions(from: string, to: string): FullLinkConditions {
    const links = this.#links;
    // The most specific conditions that were set. Asked several times for every write, and mostly there are none.
    const found =
      links.size === 1 ? undefined : (links.get(`${from} ${to}`) ?? links.get(`* ${to}`) ?? links.get(`${from} *`));
    return found ?? links.get(ANY_LINK) ?? PERFECT;
  }

  isCut(from: string, to: string): boolean {
    if (this.#blackHoles.has(from) || this.#blackHoles.has(to)) return true;
    return this.#cuts.some(
      ({ first, second }) => (first.has(from) && second.has(to)) || (first.has(to) && second.has(from)),
    );
  }

  isUnreachable(host: string): boolean {
    return this.#unreachable.has(host);
  }

  addressesOf(name: string): readonly IpAddress[] {
    return this.#names.addressesOf(name);
  }

  nameFailureOf(name: string): NameFailure | undefined {
    return this.#names.failureOf(name);
  }

  takePort(): number {
    const port = this.#nextPort;
    this.#nextPort = port === 65_535 ? 49_152 : port + 1;
    return port;
  }

  nextConnection(): number {
    return ++this.#connections;
  }

  log(connection: number, at: string, event: string, byteCount = 0): void {
    if (this.events.length >= this.#maxEvents) return;
    this.events.push({ atMs: this.clock.nowMs(), connection, at, event, byteCount });
  }

  #wakeAll(): void {
    for (const wire of this.wires) wire.wake();
    for (const wake of [...this.waiting]) wake();
  }
}

/** A host as its address shows it: in another spelling it would name nothing. What is no host, such as a path, stays. */
function canonical(host: string): string {
  return tryParseHost(host)?.toString() ?? host;
}

const ANY_LINK = '* *';
const PERFECT = fullConditions({});
