import type { Clock, Service } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import type { GrpcCall } from '../calls/grpc-call.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import { hasRequestStream, hasResponseStream } from '../methods/grpc-method.ts';
import { countedMessages } from './counted-messages.ts';

/** What calls have done so far. */
export interface GrpcCallCounts {
  readonly started: number;
  /** Ended with OK. */
  readonly succeeded: number;
  /** Ended otherwise: with another status, cancelled, or left. */
  readonly failed: number;
  /** Under way. */
  readonly active: number;
  /** Messages of clients. */
  readonly requestMessages: number;
  /** Messages of servers. */
  readonly responseMessages: number;
  /** When the last one was started, in milliseconds since the Unix epoch; `undefined` if there was none. */
  readonly lastStartedAtMs: number | undefined;
}

/** Counts calls, as channelz does. Made by {@link grpcStats}. */
export interface GrpcStats {
  /** For `layers` of `grpcService`, `grpcClient`, `ttrpcServer` and `ttrpcClient`; one may stand in several. */
  readonly layer: <Call extends GrpcCall>(inner: Service<Call, GrpcReply>) => Service<Call, GrpcReply>;
  /** All calls together, now. */
  readonly total: () => GrpcCallCounts;
  /** Calls by the path of their method, now; methods that were never called are left out. */
  readonly byMethod: () => ReadonlyMap<string, GrpcCallCounts>;
}

/** Options of {@link grpcStats}. */
export interface GrpcStatsOptions {
  /** Source of the time of day. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Makes counters of calls, for whoever wants to look: a page for people, or gauges of a metrics library.
 *
 * @remarks
 * The counts are those of channelz.proto of grpc/grpc: calls started, succeeded and failed, the last one, and messages. What is open at the moment,
 * such as sockets and streams, `resources()` of `@lamella/net-core` tells.
 *
 * @example
 * const stats = grpcStats();
 * const text = jsonCodec(String);
 * const Echo = defineService('demo.Echo', { echo: { type: 'unary', request: text, response: text } });
 * const service = grpcService([implementService(Echo, { echo: (message) => message })], { layers: [stats.layer] });
 * await grpcClient(service, Echo).echo('hello');
 * console.log(stats.byMethod().get('/demo.Echo/Echo')?.succeeded); // 1
 */
export function grpcStats(options: GrpcStatsOptions = {}): GrpcStats {
  const { clock = systemClock } = options;
  const total = newCounts();
  const methods = new Map<string, Counts>();
  const countsOf = (path: string): Counts => {
    let counts = methods.get(path);
    if (counts === undefined) {
      counts = newCounts();
      methods.set(path, counts);
    }
    return counts;
  };
  return {
    layer: (inner) => ({
      async serve(call) {
        const both = [total, countsOf(call.method.path)];
        const counted = new CountedCall(both, clock.epochMs());
        // A handler that does not hear of it must not keep the call in the gauge.
        const listener = call.scope.onAbort(() => counted.end('failed'));
        const end = (how: 'succeeded' | 'failed'): void => {
          listener.close();
          counted.end(how);
        };
        try {
          const reply = await inner.serve(withCountedMessages(call, counted));
          if (!hasResponseStream(call.method.type)) {
            counted.add('responseMessages');
            end('succeeded');
            return reply;
          }
          const { metadata, message, trailers } = reply;
          const onMessage = (): void => counted.add('responseMessages');
          return { metadata, message, trailers, messages: countedMessages(reply.messages, onMessage, end) };
        } catch (error) {
          end('failed');
          throw error;
        }
      },
    }),
    total: () => ({ ...total }),
    byMethod: () => new Map(Array.from(methods, ([path, counts]) => [path, { ...counts }])),
  };
}

type Counts = { -readonly [Name in keyof GrpcCallCounts]: GrpcCallCounts[Name] };

function newCounts(): Counts {
  return {
    started: 0,
    succeeded: 0,
    failed: 0,
    active: 0,
    requestMessages: 0,
    responseMessages: 0,
    lastStartedAtMs: undefined,
  };
}

function withCountedMessages<Call extends GrpcCall>(call: Call, counted: CountedCall): Call {
  const onMessage = (): void => counted.add('requestMessages');
  if (!hasRequestStream(call.method.type)) {
    onMessage();
    return call;
  }
  // A call makes copies of its own kind.
  return call.with({ messages: countedMessages(call.messages, onMessage, () => {}) }) as Call;
}

/** One call in several counts; it ends once. */
class CountedCall {
  readonly #counts: readonly Counts[];
  #isOver = false;

  constructor(counts: readonly Counts[], nowMs: number) {
    this.#counts = counts;
    for (const each of counts) {
      each.started++;
      each.active++;
      each.lastStartedAtMs = nowMs;
    }
  }

  add(what: 'requestMessages' | 'responseMessages'): void {
    for (const each of this.#counts) each[what]++;
  }

  end(how: 'succeeded' | 'failed'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const each of this.#counts) {
      each.active--;
      each[how]++;
    }
  }
}
