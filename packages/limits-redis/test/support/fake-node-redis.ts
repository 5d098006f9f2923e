import type { NodeRedisClient } from '../../src/redis-client.ts';

/** What was asked of the server. */
export interface FakeEval {
  readonly keys: string[];
  readonly arguments: string[];
}

type Answer = unknown;

/** A client as the package `redis` makes it, whose answers the test gives. */
export class FakeNodeRedis implements NodeRedisClient {
  isReady = true;
  readonly evals: FakeEval[] = [];
  /** What the next commands get, in order; an `Error` rejects. */
  readonly answers: (Answer | Promise<Answer>)[] = [];

  async eval(_script: string, options: FakeEval): Promise<unknown> {
    this.evals.push(options);
    const answer = await this.answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  }

  /** Lets the next command without an answer wait. @returns Answers it. */
  hold(): (answer: Answer) => void {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.answers.push(promise);
    return resolve;
  }
}
