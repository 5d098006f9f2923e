import type { Timer } from '@lamella/service-core';
import { TimeoutError, UsageError } from '@lamella/service-core';
import type { Address } from '../address/address.ts';
import { formatAddress, socketAddress } from '../address/address.ts';
import type { Connection } from '../connection/connection.ts';
import { createConnection } from '../connection/connection.ts';
import type { Connector, ConnectRequest } from '../connection/connector.ts';
import { LocalAddress, PeerAddress } from '../connection/keys.ts';
import { ConnectError } from '../errors.ts';
import type { MemoryListener } from './memory-listener.ts';
import type { MemoryStream } from './memory-stream.ts';
import { createMemoryPipe } from './memory-stream.ts';
import type { WireWorld } from './memory-wire.ts';
import type { MemoryWorld } from './memory-world.ts';

/** Options of `MemoryNetwork.connector`. */
export interface MemoryConnectorOptions {
  /** Address that connections come from; also names the client in partitions. Default `192.0.2.1`. */
  readonly from?: string;
  /** Longest wait for a connection, in milliseconds, greater than 0. Default 10_000. */
  readonly connectTimeoutMs?: number;
}

/** Connects to the listeners of a network in memory, with the time and the failures of a real one. */
export class MemoryConnector implements Connector {
  readonly #network: MemoryWorld;
  readonly #from: string;
  readonly #connectTimeoutMs: number;

  constructor(network: MemoryWorld, options: MemoryConnectorOptions) {
    const { from = '192.0.2.1', connectTimeoutMs = 10_000 } = options;
    if (!(connectTimeoutMs > 0)) throw new UsageError(`connectTimeoutMs must be > 0, got ${connectTimeoutMs}`);
    if (socketAddress(from, 0) === undefined) throw new UsageError(`from must be an IP address, got ${from}`);
    this.#network = network;
    this.#from = from;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  readonly serve = async (request: ConnectRequest): Promise<Connection> => {
    request.scope.throwIfAborted();
    const { target } = request;
    const host = hostOf(target);
    const number = this.#network.nextConnection();
    this.#network.log(number, this.#from, 'connect');
    if (this.#network.isUnreachable(host)) throw unreachable(target);

    await this.#roundTrip(host, request);
    const listener = this.#listenerAt(target);
    if (listener?.hasRoom !== true) {
      this.#network.log(number, host, 'refuse');
      throw refused(target);
    }
    return this.#establish(number, target, listener);
  };

  /** The time that SYN and SYN-ACK take; for ever behind a cut, up to the timeout. */
  #roundTrip(host: string, request: ConnectRequest): Promise<void> {
    const { target, scope } = request;
    const { clock, random, waiting } = this.#network;
    const latency = (from: string, to: string): number => random.within(this.#network.conditions(from, to).latencyMs);
    const durationMs = latency(this.#from, host) + latency(host, this.#from);
    return new Promise((resolve, reject) => {
      let arrival: Timer | undefined;
      const settle = (finish: () => void): void => {
        waiting.delete(depart);
        arrival?.cancel();
        deadline.cancel();
        listener.close();
        finish();
      };
      const arrive = (): void => {
        if (!this.#network.isCut(this.#from, host)) settle(resolve);
      };
      const depart = (): void => {
        if (this.#network.isCut(this.#from, host)) return;
        if (durationMs === 0) arrive();
        else arrival ??= clock.startTimer(durationMs, arrive);
      };
      const timeoutMs = this.#connectTimeoutMs;
      const deadline = clock.startTimer(timeoutMs, () => settle(() => reject(timedOut(target, timeoutMs))));
      const listener = scope.onAbort((reason) => settle(() => reject(reason)));
      waiting.add(depart);
      depart();
    });
  }

  #listenerAt(target: Address): MemoryListener | undefined {
    const { listeners } = this.#network;
    const direct = listeners.get(formatAddress(target));
    if (direct !== undefined || target.type === 'unix') return direct;
    const candidates = target.host.type === 'domain' ? this.#network.addressesOf(target.host.name) : [];
    for (const host of candidates) {
      const listener = listeners.get(formatAddress({ ...target, host }));
      if (listener !== undefined) return listener;
    }
    return undefined;
  }

  #establish(number: number, target: Address, listener: MemoryListener): Connection {
    const network = this.#network;
    const host = hostOf(target);
    const clientAddress = socketAddress(this.#from, network.takePort()) ?? target;
    const local = target.type === 'unix' ? target : clientAddress;
    const names = [`${formatAddress(local)} -> ${formatAddress(target)}`, formatAddress(target)] as const;
    const [near, far] = createMemoryPipe({
      forward: this.#wireWorld(this.#from, host),
      backward: this.#wireWorld(host, this.#from),
      windowBytes: network.windowBytes,
      onEvent: (side, event, byteCount) => network.log(number, side === 'first' ? this.#from : host, event, byteCount),
      names,
    });
    this.#watchWires(near, far);
    network.log(number, host, 'accept');
    listener.accept(connectionOf(far, local, target));
    return connectionOf(near, target, local);
  }

  #wireWorld(from: string, to: string): WireWorld {
    const network = this.#network;
    return {
      clock: network.clock,
      random: network.random,
      turns: network.turns,
      conditions: () => network.conditions(from, to),
      isStalled: () => network.isCut(from, to),
    };
  }

  #watchWires(near: MemoryStream, far: MemoryStream): void {
    const { wires } = this.#network;
    wires.add(near.outbound).add(far.outbound);
    void Promise.all([near.closed, far.closed]).then(() => {
      wires.delete(near.outbound);
      wires.delete(far.outbound);
    });
  }
}

function connectionOf(stream: MemoryStream, peer: Address, local: Address): Connection {
  const connection = createConnection(stream);
  connection.extensions.insert(PeerAddress, peer);
  connection.extensions.insert(LocalAddress, local);
  return connection;
}

function hostOf(target: Address): string {
  return target.type === 'tcp' ? target.host.toString() : target.path;
}

function unreachable(target: Address): ConnectError {
  const peer = formatAddress(target);
  const facts = { layer: 'memory', peer };
  return new ConnectError('LML_ERR_CONNECT_UNREACHABLE', `connect to ${peer}: no route`, { phase: 'connect', facts });
}

function refused(target: Address): ConnectError {
  const peer = formatAddress(target);
  const facts = { layer: 'memory', peer };
  return new ConnectError('LML_ERR_CONNECT_REFUSED', `connect to ${peer}: refused`, { phase: 'connect', facts });
}

function timedOut(target: Address, timeoutMs: number): ConnectError {
  const peer = formatAddress(target);
  const facts = { layer: 'memory', peer };
  const cause = new TimeoutError({ limit: 'connectTimeoutMs', timeoutMs, facts: { phase: 'connect', peer } });
  const message = `connect to ${peer}: no answer within ${timeoutMs} ms`;
  return new ConnectError('LML_ERR_CONNECT_TIMEOUT', message, { phase: 'connect', facts, cause });
}
