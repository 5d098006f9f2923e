import { settle } from '@lamella/service-core/testing';
import { statusOf, until } from './proxied-helpers.ts';
import type { ProxiedCase } from './proxied-words.ts';
import { all, eachKind, failureOf, hangingHandlers } from './proxied-words.ts';

/** Cancellation, deadlines and backpressure. */
export const endCases: readonly ProxiedCase[] = [
  ...([0, 1, 2, 3] as const).map(
    (kind): ProxiedCase => ({
      name: `a client that cancels, in kind ${kind}`,
      handlers: hangingHandlers,
      async run(client, log) {
        const controller = new AbortController();
        const call = failureOf(eachKind(client, { signal: controller.signal })[kind]?.() ?? Promise.resolve());
        await until(() => log.length === 1);
        controller.abort('enough');
        const reason = await call;
        await until(() => log.length === 2);
        return reason;
      },
      sees: 'enough',
      logs: ['begun', 'aborted'],
    }),
  ),
  ...([0, 1, 2, 3] as const).map(
    (kind): ProxiedCase => ({
      name: `a deadline that passes, in kind ${kind}`,
      handlers: hangingHandlers,
      async run(client, log, clock) {
        const status = statusOf(eachKind(client, { timeoutMs: 1_000 })[kind]?.() ?? Promise.resolve());
        await until(() => log.length === 1);
        clock.advance(1_000);
        const name = (await status)[0];
        await until(() => log.length === 2);
        return name;
      },
      sees: 'DEADLINE_EXCEEDED',
      logs: ['begun', 'aborted'],
    }),
  ),
  {
    name: 'a deadline, as the handler sees it',
    handlers: (log) => ({
      echo(word, { deadline }) {
        const left = deadline?.remainingMs ?? 0;
        log.push(left > 50_000 && left <= 60_000 ? 'about a minute' : `${left} ms`);
        return word;
      },
    }),
    run: (client) => client.echo('a', { timeoutMs: 60_000 }),
    sees: 'a',
    logs: ['about a minute'],
  },
  {
    name: 'no deadline',
    handlers: (log) => ({
      echo(word, { deadline }) {
        log.push(String(deadline));
        return word;
      },
    }),
    run: (client) => client.echo('a'),
    sees: 'a',
    logs: ['undefined'],
  },
  {
    name: 'a client that leaves the loop',
    handlers: (log) => ({
      async *split(_, { scope }) {
        scope.onAbort(() => log.push('aborted'));
        yield 'a';
        yield await new Promise<string>(() => {});
      },
    }),
    async run(client, log) {
      for await (const word of client.split('a')) {
        log.push(word);
        break;
      }
      await until(() => log.length === 2);
      return 'left';
    },
    sees: 'left',
    logs: ['a', 'aborted'],
  },
  {
    name: 'a client whose own stream fails',
    handlers: (log) => ({
      async join(words, { scope }) {
        scope.onAbort(() => log.push('aborted'));
        return (await all(words)).join('');
      },
    }),
    async run(client, log) {
      const reason = new Error('my own');
      async function* failing() {
        yield 'a';
        await settle(8);
        throw reason;
      }
      const failure = await failureOf(client.join(failing()));
      await until(() => log.length > 0);
      return failure === reason;
    },
    sees: true,
    logs: ['aborted'],
  },
  {
    name: 'a reader that is slow stops the writer',
    handlers: (log) => ({
      *split() {
        for (let count = 0; count < 5_000; count++) {
          log.push('sent');
          yield 'x'.repeat(10_000);
        }
      },
    }),
    async run(client, log) {
      const stream = client.split('a');
      await stream.next();
      await settle(400);
      const isStopped = log.length < 2_000; // what windows and buffers take, of 50 MB
      log.splice(0);
      await stream.return();
      return isStopped;
    },
    sees: true,
  },
  {
    name: 'a server that is slow stops the client',
    handlers: () => ({
      async join(words, { scope }) {
        await words[Symbol.asyncIterator]().next();
        return new Promise<string>((resolve) => scope.onAbort(() => resolve('')));
      },
    }),
    async run(client) {
      const controller = new AbortController();
      let sent = 0;
      function* endless() {
        for (;;) {
          sent++;
          yield 'x'.repeat(10_000);
        }
      }
      const call = failureOf(client.join(endless(), { signal: controller.signal }));
      await settle(400);
      controller.abort('enough');
      return [await call, sent < 2_000];
    },
    sees: ['enough', true],
  },
];
