import type { Clock } from '@lamella/service-core';
import type { IpAddress } from '../address/ip-address.ts';
import type { DeliveryTurns } from './delivery-turns.ts';
import type { FullLinkConditions } from './link-conditions.ts';
import type { MemoryListener } from './memory-listener.ts';
import type { NameFailure } from './memory-names.ts';
import type { MemoryWire } from './memory-wire.ts';
import type { Random } from './random.ts';

/** What the connectors and connections of one network in memory share. */
export interface MemoryWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly turns: DeliveryTurns;
  readonly windowBytes: number;
  /** What listens, by formatted address. */
  readonly listeners: ReadonlyMap<string, MemoryListener>;
  /** Every wire in use, to be woken when a partition ends. */
  readonly wires: Set<MemoryWire>;
  /** Called when a partition ends. */
  readonly waiting: Set<() => void>;
  /** The conditions from one host to another. */
  conditions(from: string, to: string): FullLinkConditions;
  /** Whether nothing passes between two hosts now. */
  isCut(from: string, to: string): boolean;
  /** Whether there is no route to a host. */
  isUnreachable(host: string): boolean;
  /** Addresses of a name; none if it was given none. */
  addressesOf(name: string): readonly IpAddress[];
  /** How the lookup of a name fails, if it does. */
  nameFailureOf(name: string): NameFailure | undefined;
  /** A port for a client. */
  takePort(): number;
  /** The number of a new connection. */
  nextConnection(): number;
  /** Notes an event. */
  log(connection: number, at: string, event: string, byteCount?: number): void;
}
