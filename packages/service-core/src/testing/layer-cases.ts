import type { Service } from '../service/service.ts';
import { settle } from './fake-clock.ts';
import type { MockService } from './mock-service.ts';
import { mockService } from './mock-service.ts';
import type { TestInput } from './test-input.ts';
import { TestMark, testInput } from './test-input.ts';

/** One check of a compliance suite, as data: run it with whichever test runner. */
export interface ConformanceCase<Subject> {
  /** What must hold. */
  readonly name: string;
  /** Rejects with a readable error if it does not hold. */
  readonly run: (subject: Subject) => Promise<void>;
}

/** A layer over test inputs: what {@link layerCases} examines. */
export type LayerSubject = (inner: Service<TestInput<string>, string>) => Service<TestInput<string>, string>;

/**
 * What every layer that keeps the shape must do when it has nothing to say: pass on the output, the error, the
 * abort with its reason, and the extensions, and leave nothing listening.
 *
 * @example
 * for (const { name, run } of layerCases) it(name, () => run(timeoutLayer({ timeoutMs: 1_000 })));
 */
export const layerCases: readonly ConformanceCase<LayerSubject>[] = [
  {
    name: 'passes the value in and the output out',
    async run(subject) {
      const { inner, service } = setUp(subject);
      const output = service.serve(testInput('ping'));
      const call = await inner.nextCall();
      equal(call.input.value, 'ping', 'value that the inner service got');
      call.respond('pong');
      equal(await output, 'pong', 'output');
    },
  },
  {
    name: 'passes an error on as the same object',
    async run(subject) {
      const { inner, service } = setUp(subject);
      const error = new Error('inner failed');
      const output = service.serve(testInput('ping'));
      (await inner.nextCall()).reject(error);
      equal(await failureOf(output), error, 'rejection');
    },
  },
  {
    name: 'never throws synchronously, even if the inner service does',
    async run(subject) {
      const error = new Error('thrown');
      const service = subject({
        serve() {
          throw error;
        },
      });
      let output: Promise<string> | undefined;
      try {
        output = service.serve(testInput('ping'));
      } catch {
        throw new Error('serve threw instead of rejecting');
      }
      equal(await failureOf(output), error, 'rejection');
    },
  },
  {
    name: 'lets the inner service hear of an abort, with the same reason',
    async run(subject) {
      const { inner, service } = setUp(subject);
      const reason = new Error('caller gave up');
      const input = testInput('ping');
      const output = service.serve(input);
      const call = await inner.nextCall();
      equal(call.input.scope.aborted, false, 'aborted before the abort');
      input.scope.abort(reason);
      equal(call.input.scope.reason, reason, 'reason that the inner service sees');
      equal(call.input.signal.aborted, true, 'signal of the inner input');
      call.reject(reason);
      equal(await failureOf(output), reason, 'rejection');
    },
  },
  {
    name: 'shows the inner service the extensions of the caller',
    async run(subject) {
      const { inner, service } = setUp(subject);
      const input = testInput('ping');
      input.extensions.insert(TestMark, 'from the caller');
      const output = service.serve(input);
      const call = await inner.nextCall();
      equal(call.input.extensions.get(TestMark), 'from the caller', 'extension');
      call.respond('pong');
      await output;
    },
  },
  {
    name: 'never aborts a call that has ended',
    async run(subject) {
      const { inner, service } = setUp(subject);
      const input = testInput('ping');
      const output = service.serve(input);
      const call = await inner.nextCall();
      const { signal } = call.input;
      call.respond('pong');
      await output;
      await settle();
      equal(signal.aborted, false, 'signal after success');
    },
  },
  {
    name: 'serves calls that overlap independently',
    async run(subject) {
      const { inner, service } = setUp(subject);
      const first = service.serve(testInput('first'));
      const firstCall = await inner.nextCall();
      const second = service.serve(testInput('second'));
      const secondCall = await inner.nextCall();
      secondCall.respond(secondCall.input.value.toUpperCase());
      equal(await second, 'SECOND', 'output of the second call');
      firstCall.respond(firstCall.input.value.toUpperCase());
      equal(await first, 'FIRST', 'output of the first call');
    },
  },
];

function setUp(subject: LayerSubject): {
  inner: MockService<TestInput<string>, string>;
  service: Service<TestInput<string>, string>;
} {
  const inner = mockService<TestInput<string>, string>();
  return { inner, service: subject(inner) };
}

async function failureOf(output: Promise<unknown>): Promise<unknown> {
  try {
    await output;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection, but the call succeeded');
}

function equal(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) throw new Error(`${what}: expected ${String(expected)}, got ${String(actual)}`);
}
