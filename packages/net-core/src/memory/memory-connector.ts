import type { AbortScope, Timer } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { Address } from '../address/address.ts';
import { formatAddress, socketAddress } from '../address/address.ts';
import { tryParseIp } from '../address/ip-address.ts';
import type { Connection } from '../connection/connection.ts';
import { createConnection } from '../connection/connection.ts';
import type { Connector, ConnectRequest } from '../connection/connector.ts';
import { LocalAddress, PeerAddress } from '../connection/keys.ts';
import { nameFailed, nameTimedOut, refused, timedOut, unreachable } from './memory-connect-error.ts';
import type { MemoryListener } from './memory-listener.ts';
import type { MemoryStream } from './memory-stream.ts';
import { createMemoryPipe } from './memory-stream.ts';
import type { WireWorld } from './memory-wire.ts';
import type { MemoryWorld } from './memory-world.ts';
import { lossStallMs } from './packet-loss.ts';

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
    const host = tryParseIp(from);
    if (host === undefined) throw new UsageError(`from must be an IP address, got ${from}`);
    this.#network = network;
    this.#from = host.toString();
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  readonly serve = async (request: ConnectRequest): Promise<Connection> => {
    request.scope.throwIfAborted();
    const number = this.#network.nextConnection();
    this.#network.log(number, this.#from, 'connect');
    const name = nameOf(request.target);
    const failure = this.#network.nameFailureOf(name);
    if (failure !== undefined) {
      this.#network.log(number, this.#from, 'name-failure');
      throw failure === 'silent' ? await this.#noAnswer(name, request) : nameFailed(name, failure);
    }

    const target = this.#destinationOf(request.target);
    const host = hostOf(target);
    if (this.#network.isUnreachable(host)) throw unreachable(target);

    await this.#roundTrip(host, target, request.scope);
    const listener = this.#network.listeners.get(formatAddress(target));
    if (listener?.hasRoom !== true) {
      this.#network.log(number, host, 'refuse');
      throw refused(target);
    }
    return this.#establish(number, target, listener);
  };

  /** A name on which nothing listens itself stands for its first address on which something does, or else its first. */
  #destinationOf(target: Address): Address {
    const { listeners } = this.#network;
    const name = nameOf(target);
    if (target.type === 'unix' || name === '' || listeners.has(formatAddress(target))) return target;
    const addresses = this.#network.addressesOf(name).map((host) => ({ ...target, host }));
    return addresses.find((address) => listeners.has(formatAddress(address))) ?? addresses[0] ?? target;
  }

  /** Waits for the answer that never comes. @returns The error to fail with; rejects if the caller gives up before. */
  #noAnswer(name: string, { scope }: ConnectRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timeoutMs = this.#connectTimeoutMs;
      const deadline = this.#network.clock.startTimer(timeoutMs, () => {
        listener.close();
        resolve(nameTimedOut(name, timeoutMs));
      });
      const listener = scope.onAbort((reason) => {
        deadline.cancel();
        reject(reason);
      });
    });
  }

  /** The time that SYN and SYN-ACK take; for ever behind a cut, up to the timeout. */
  #roundTrip(host: string, target: Address, scope: AbortScope): Promise<void> {
    const { clock, waiting } = this.#network;
    const durationMs = this.#wayMs(this.#from, host) + this.#wayMs(host, this.#from);
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
        arrival = undefined; // swallowed by a cut, it departs anew when that heals
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

  /** How long one packet of the handshake takes. */
  #wayMs(from: string, to: string): number {
    const { random } = this.#network;
    const conditions = this.#network.conditions(from, to);
    return random.within(conditions.latencyMs) + lossStallMs(conditions, random);
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

/** The name that a target has to be looked up by; `''` if it has an address. */
function nameOf(target: Address): string {
  return target.type === 'tcp' && target.host.type === 'domain' ? target.host.name : '';
}
