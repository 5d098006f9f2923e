import { HttpRequest, HttpResponse } from '@lamella/http';
import { http2ServerLayer } from '@lamella/http2';
import { checkLedger } from '@lamella/net-core/testing';
import { reverseProxyService } from '@lamella/proxy';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from '../promises/support/process-failures.ts';
import type { WordsClient } from './support/grpc-world.ts';
import { GrpcWorld } from './support/grpc-world.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const HOUR_MS = 3_600_000;

describe.each(['directly', 'through a proxy'])('a stream that is quiet for hours, %s', (way) => {
  it('goes on, whichever side is quiet', async () => {
    const { world, client } = open(way);
    const messages = new Spoken();
    const chat = client.chat(messages.all());
    const hear = async (word: string): Promise<unknown> => {
      const next = chat.next();
      await world.elapse(HOUR_MS, HOUR_MS / 2); // somebody waits for what nobody says
      messages.say(word);
      await world.elapse(10, 5);
      return (await next).value;
    };
    expect(await hear('a')).toBe('A'); // so long for the head of the response, too
    expect(await hear('b')).toBe('B');
    messages.say('c');
    await world.elapse(HOUR_MS, HOUR_MS / 2); // nobody waits for what was said
    expect((await chat.next()).value).toBe('C');
    messages.say(undefined);
    await world.elapse(10, 5);
    expect((await chat.next()).done).toBe(true);
    await world.close();
  });

  it('goes on where only the server speaks, and where only the client does', async () => {
    const { world, client } = open(way, HOUR_MS);
    const stream = client.split('ab', { timeoutMs: 24 * HOUR_MS });
    const messages = new Spoken();
    const joined = client.join(messages.all());
    for (const word of ['a', 'b']) {
      const next = stream.next();
      await world.elapse(HOUR_MS + 1_000, HOUR_MS / 2);
      expect((await next).value).toBe(word);
      messages.say(word);
    }
    messages.say(undefined);
    await world.elapse(1_000, 500);
    expect(await joined).toBe('ab');
    await stream.return();
    await world.close();
  });
});

it('a proxy passes events on that come once in half an hour', async () => {
  const world = new GrpcWorld();
  const events = new Spoken();
  world.accept('back.test', (connection) =>
    http2ServerLayer({ clock: world.clock })({
      serve: async () => HttpResponse.from({ headers: { 'content-type': 'text/event-stream' }, body: events.all() }),
    }).serve(connection),
  );
  proxy(world);
  const request = HttpRequest.from({ target: 'http://front.test/' });
  request.allowQuiet();
  events.say('data: 1\n\n');
  const answer = world.http().serve(request);
  await world.elapse(10, 5);
  const { body } = await answer;
  expect(Buffer.from((await body.read()) ?? []).toString()).toBe('data: 1\n\n');
  const next = body.read();
  await world.elapse(HOUR_MS / 2, HOUR_MS / 2); // at an hour the connection has its age
  events.say('data: 2\n\n');
  await world.elapse(10, 5);
  expect(Buffer.from((await next) ?? []).toString()).toBe('data: 2\n\n');
  body.cancel();
  await world.close();
});

it.each([
  ['application/grpc', 'goes on'],
  ['application/json', 'is over'],
])(
  'a proxy in front of a server that waits for ever: a quiet upload of %s %s after half a minute',
  async (type, then) => {
    const world = new GrpcWorld();
    world.accept('back.test', (connection) =>
      http2ServerLayer({ clock: world.clock, onError() {} })({
        async serve(request) {
          request.allowQuiet();
          return HttpResponse.from({ body: await request.body.bytes() });
        },
      }).serve(connection),
    );
    proxy(world);
    const upload = HttpRequest.from({
      method: 'POST',
      target: 'http://front.test/',
      headers: { 'content-type': type },
      body: new Spoken().all(),
    });
    let outcome: unknown = 'goes on';
    const over = world
      .http()
      .serve(upload)
      .catch(() => {
        outcome = 'is over';
      });
    await world.elapse(29_000, 1_000);
    expect(outcome).toBe('goes on');
    await world.elapse(2_000, 1_000);
    expect(outcome).toBe(then);
    await world.close();
    await over;
  },
);

/** What a test says word by word, and ends with `undefined`. */
class Spoken {
  readonly #words: (string | undefined)[] = [];
  #wake = (): void => {};

  say(word: string | undefined): void {
    this.#words.push(word);
    this.#wake();
  }

  async *all(): AsyncGenerator<string, void, undefined> {
    for (;;) {
      while (this.#words.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      const word = this.#words.shift();
      if (word === undefined) return;
      yield word;
    }
  }
}

/** A server whose `split` pauses in front of every letter. */
function open(way: string, pauseMs = 0): { readonly world: GrpcWorld; readonly client: WordsClient } {
  const world = new GrpcWorld();
  world.serve('back.test', {
    async *split(text) {
      for (const letter of text) {
        await new Promise<void>((resolve) => world.clock.startTimer(pauseMs, resolve));
        yield letter;
      }
    },
  });
  if (way === 'directly') return { world, client: world.client('back.test') };
  proxy(world);
  return { world, client: world.client('front.test') };
}

function proxy(world: GrpcWorld): void {
  const service = reverseProxyService({ client: world.http(), routes: [{ to: 'http://back.test' }] });
  world.accept('front.test', (connection) =>
    http2ServerLayer({ clock: world.clock, onError() {} })(service).serve(connection),
  );
}
