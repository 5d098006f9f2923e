import type { HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient, http1 } from '@lamella/http';
import { autoServerLayer, http2 } from '@lamella/http2';
import type { Connector } from '@lamella/net-core';
import { createConnection, memoryPipe, TlsSession } from '@lamella/net-core';
import { forwardProxyService, reverseProxyService } from '@lamella/proxy';
import type { Service } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { ScriptedEnd } from './scripted-end.ts';
import type { ProxyOptions, Step, TranslationRow, TranslationSetting, Way } from './translation-row.ts';
import { versionsOf } from './translation-row.ts';

/** What both ends have seen after a step. */
export type Seen = Pick<Step, 'origin' | 'client'>;

/** A client, a proxy of ours and an origin, in memory; client and origin are played by a script. */
export class TranslationStage {
  readonly #clock = new FakeClock();
  readonly #origins: ScriptedEnd[] = [];
  readonly #client: ScriptedEnd;
  readonly #pool;
  readonly #served: Promise<void>;

  /** @param dribbles - Whether the client writes byte by byte. */
  constructor(way: Way, setting: TranslationSetting, dribbles: boolean) {
    const { proxy = { type: 'reverse' }, takesConnect = true, isOverTls = false } = setting;
    const clock = this.#clock;
    const [clientVersion, originVersion] = versionsOf(way);
    const connector: Connector = {
      serve: async () => {
        const [near, far] = memoryPipe({ clock });
        this.#origins.push(new ScriptedEnd(far, { version: originVersion, side: 'origin', takesConnect }));
        return createConnection(near);
      },
    };
    const protocols = [originVersion === 'h2' ? http2() : http1()];
    this.#pool = createHttpClient({ connector, protocols, clock });
    const service = this.#serviceOf(proxy, connector);
    const [near, far] = memoryPipe({ clock });
    const connection = createConnection(far);
    // All that a server knows of TLS, which stands below what is translated here.
    if (isOverTls) connection.extensions.insert(TlsSession, { version: 'TLSv1.3', cipher: 'none' });
    this.#served = autoServerLayer({ clock, onError() {} })(service).serve(connection);
    this.#client = new ScriptedEnd(near, { version: clientVersion, side: 'client', dribbles });
  }

  /** Connections to origins so far. */
  get dials(): number {
    return this.#origins.length;
  }

  /** How the proxy has ended the connections. */
  get ended(): { client: string; origin: string } {
    return { client: this.#client.ended, origin: this.#origin?.ended ?? 'open' };
  }

  /** Runs one step. @returns What the two ends have seen since the one before. */
  async run({ by, sends, ending, ms = 0 }: Step): Promise<Seen> {
    await ScriptedEnd.settle(); // who sends has heard before what the other one said
    if (by === 'clock') await this.#clock.advanceAsync(ms);
    else {
      const end = by === 'client' ? this.#client : this.#origin;
      if (end === undefined) throw new Error('the proxy has not connected');
      if (sends !== undefined) end.send(sends);
      if (ending === 'end') end.end();
      if (ending === 'reset') end.reset();
    }
    await ScriptedEnd.settle();
    const origin = this.#origin?.take();
    return { ...(origin === undefined ? {} : { origin }), client: this.#client.take() };
  }

  /** Ends everything. @returns Timers that are left. */
  async close(): Promise<number> {
    this.#client.reset();
    await this.#served;
    this.#pool.destroy();
    for (const origin of this.#origins) origin.reset();
    await ScriptedEnd.settle();
    return this.#clock.pendingTimers;
  }

  get #origin(): ScriptedEnd | undefined {
    return this.#origins.at(-1);
  }

  #serviceOf(proxy: ProxyOptions, connector: Connector): Service<HttpRequest, HttpResponse> {
    const common = { client: this.#pool, pseudonym: 'p', relay: { clock: this.#clock } };
    if (proxy.type === 'forward') {
      const { type: _, ...options } = proxy;
      return forwardProxyService({ ...common, connector, ...options });
    }
    const { type: _, ...options } = proxy;
    return reverseProxyService({ ...common, forwarded: 'none', routes: [{ to: 'http://origin.test' }], ...options });
  }
}

/**
 * Plays a row on one way.
 *
 * @param dribbles - Whether the client writes byte by byte. Default false.
 * @returns What came, in the shape of {@link expectedOf}.
 */
export async function play(row: TranslationRow, way: Way, dribbles = false): Promise<unknown> {
  const script = row.ways[way];
  const stage = new TranslationStage(way, row, dribbles);
  const seen: Seen[] = [];
  for (const step of script?.steps ?? []) seen.push(await stage.run(step));
  const { dials, ended } = stage;
  return {
    seen: seen.map((each) => fullSeen(way, each)),
    ended,
    isOriginReached: dials > 0,
    timers: await stage.close(),
  };
}

/** What should come of a row on one way. */
export function expectedOf(row: TranslationRow, way: Way): unknown {
  const { steps = [], ended } = row.ways[way] ?? {};
  const isOriginReached = steps.some(({ origin, by }) => origin !== undefined || by === 'origin');
  return {
    seen: steps.map((each) => fullSeen(way, each)),
    ended: { client: 'open', origin: 'open', ...ended },
    isOriginReached,
    timers: 0,
  };
}

function fullSeen(way: Way, seen: Seen): Required<Seen> {
  const [clientNothing, originNothing] = versionsOf(way).map((version) => (version === 'h1' ? '' : []));
  return { origin: seen.origin ?? originNothing ?? '', client: seen.client ?? clientNothing ?? '' };
}
