import { AbortScope } from '@lamella/service-core';
import type { ResolveRequest, Resolver } from '../connection/resolver.ts';
import { resolveRequest } from '../connection/resolver.ts';
import type { Answer } from './cached-answer.ts';
import { rejectedAnswer } from './cached-answer.ts';

/** A lookup that several callers wait for. It is given up when the last of them has left. */
export class SharedLookup {
  /** The answer. Never rejects. */
  readonly answer: Promise<Answer>;
  readonly #scope = new AbortScope();
  #waiting = 0;

  /** Starts it, in a scope and with a store that belong to none of the callers. */
  constructor(inner: Resolver, { domain, family }: ResolveRequest) {
    const lookup = resolveRequest(domain, family, { scope: this.#scope });
    this.answer = this.#run(inner, lookup);
  }

  /** Whether it was given up, so that its answer means nothing. */
  get isGivenUp(): boolean {
    return this.#scope.aborted;
  }

  /** Waits for the answer; leaves alone when `scope` aborts. */
  async join(scope: AbortScope): Promise<Answer> {
    this.#waiting++;
    try {
      return await scope.race(this.answer);
    } finally {
      this.#waiting--;
      if (this.#waiting === 0 && scope.aborted) this.#scope.abort(scope.reason);
    }
  }

  async #run(inner: Resolver, lookup: ResolveRequest): Promise<Answer> {
    try {
      return { type: 'found', addresses: await inner.serve(lookup) };
    } catch (error) {
      return rejectedAnswer(error);
    } finally {
      this.#scope.close();
    }
  }
}
