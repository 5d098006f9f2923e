import type { HttpClient } from '@lamella/http';
import { HttpRequest } from '@lamella/http';
import { isLamellaError } from '@lamella/service-core';
import type { FakeClock } from '@lamella/service-core/testing';
import { settle } from '@lamella/service-core/testing';

/** Options of {@link RacingUsers}. */
export interface RacingUsersOptions {
  readonly client: HttpClient;
  readonly clock: FakeClock;
  /** Gives a whole number below the one that is given. */
  readonly random: (below: number) => number;
  /** How many there are. */
  readonly users: number;
}

/** Users who ask `origin.test` one request after the other, with pauses of random length in between, while connections come and go. */
export class RacingUsers {
  /** What requests failed with. */
  readonly errors: unknown[] = [];
  readonly #options: RacingUsersOptions;

  constructor(options: RacingUsersOptions) {
    this.#options = options;
  }

  /** Sends so many requests, each with a number of its own in `X-Id`. @returns How often each outcome came. */
  async send(count: number, method: 'GET' | 'POST'): Promise<ReadonlyMap<string, number>> {
    const { clock, random, users } = this.#options;
    const outcomes = new Map<string, number>();
    let [sent, ended] = [0, 0];
    const user = async (): Promise<void> => {
      while (sent < count) {
        const outcome = await this.#ask(method, sent++);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        ended++;
        const pauseMs = random(25);
        if (pauseMs > 0) await new Promise<void>((resolve) => clock.startTimer(pauseMs, resolve));
      }
    };
    const done = Promise.all(Array.from({ length: users }, user));
    for (let ms = 0; ms < 200_000 && ended < count; ms++) {
      clock.advance(1);
      await settle(2);
    }
    if (ended < count) throw new Error(`${count - ended} requests are pending`);
    await clock.advanceAsync(100);
    await done;
    return outcomes;
  }

  async #ask(method: 'GET' | 'POST', id: number): Promise<string> {
    const init = { method, target: 'http://origin.test/', headers: { 'X-Id': `${id}` } };
    const body = method === 'POST' ? { body: 'content' } : {};
    try {
      return await (await this.#options.client.serve(HttpRequest.from({ ...init, ...body }))).body.text();
    } catch (error) {
      this.errors.push(error);
      return isLamellaError(error) ? error.code : `untyped: ${String(error)}`;
    }
  }
}
