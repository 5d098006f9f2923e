import type { Clock } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import type { ByteStream } from '../bytes/byte-stream.ts';
import { DeliveryTurns } from './delivery-turns.ts';
import type { LinkConditions } from './link-conditions.ts';
import { fullConditions } from './link-conditions.ts';
import { createMemoryPipe } from './memory-stream.ts';
import { seededRandom } from './random.ts';

/** Options of {@link memoryPipe}. */
export interface MemoryPipeOptions {
  /** What the direction from the first end to the second suffers. Default: nothing. */
  readonly forward?: LinkConditions;
  /** What the other direction suffers. Default: the same as `forward`. */
  readonly backward?: LinkConditions;
  /** Bytes under way in one direction before `write` asks to wait. Default 65_536. */
  readonly windowBytes?: number;
  /** Seed of everything drawn from a range. Default 1. */
  readonly seed?: number;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Makes the two ends of one connection in memory; `memoryNetwork` has listeners and connectors around such pipes.
 *
 * @example
 * const [client, server] = memoryPipe();
 * client.write([new TextEncoder().encode('hi')]);
 * await server.read(); // the two bytes
 */
export function memoryPipe(options: MemoryPipeOptions = {}): readonly [ByteStream, ByteStream] {
  const { forward = {}, backward = forward, windowBytes = 65_536, seed = 1, clock = systemClock } = options;
  const random = seededRandom(seed);
  const [onForward, onBackward] = [fullConditions(forward), fullConditions(backward)];
  const common = { clock, random, turns: new DeliveryTurns(), isStalled: () => false };
  return createMemoryPipe({
    forward: { ...common, conditions: () => onForward },
    backward: { ...common, conditions: () => onBackward },
    windowBytes,
    onEvent() {},
    names: ['first end of a pipe', 'second end of a pipe'],
  });
}
