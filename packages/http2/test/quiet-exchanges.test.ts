import { HttpRequest, HttpResponse } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { http2ClientOn } from '../src/testing.ts';

checkLedger({ beforeEach, afterEach });
const HOUR_MS = 3_600_000;

describe('an exchange that may be quiet', () => {
  it('waits an hour for the head, for more of either body, and for a reader', async () => {
    const world = open({ server: true, client: true });
    const answer = world.send();
    await world.clock.advanceAsync(HOUR_MS);
    world.say('a'); // the head comes with it
    const { body } = await answer;
    await world.clock.advanceAsync(HOUR_MS);
    expect(await text(body.read())).toBe('a');
    const read = body.read();
    await world.clock.advanceAsync(HOUR_MS);
    world.say('b');
    expect(await text(read)).toBe('b');
    world.end();
    expect(await body.read()).toBeUndefined();
    await world.close();
  });

  it.each([
    [true, 'answered'],
    [false, 'responseHeadTimeoutMs'],
  ])('waits for the head after the request has ended, if it says so (%s)', async (beforeHead, expected) => {
    const clock = new FakeClock();
    const { promise: answer, resolve } = Promise.withResolvers<HttpResponse>();
    const client = http2ClientOn({ serve: () => answer }, { clock });
    const request = HttpRequest.from({ target: 'http://a.test/' });
    request.allowQuiet({ beforeHead });
    const outcome = client.serve(request).then(
      () => 'answered',
      (error: { limit?: string }) => error.limit,
    );
    await settle(8);
    await clock.advanceAsync(HOUR_MS);
    resolve(HttpResponse.text('late'));
    expect(await outcome).toBe(expected);
    await client.close();
  });

  it('is limited by the side that does not allow it: a server', async () => {
    const world = open({ server: false, client: true });
    const failure = expect(world.send()).rejects.toMatchObject({ resetCode: 'CANCEL' });
    await world.clock.advanceAsync(29_999);
    expect(world.failures).toEqual([]);
    await world.clock.advanceAsync(1);
    await failure;
    expect(world.failures).toMatchObject([{ limit: 'bodyProgressTimeoutMs' }]);
    await world.close();
  });

  it('is limited by the side that does not allow it: a client, for more of the body and for its reader', async () => {
    for (const [limit, afterMs] of [
      ['bodyProgressTimeoutMs', 120_000],
      ['bodyIdleTimeoutMs', 30_000],
    ] as const) {
      const world = open({ server: true, client: false });
      const answer = world.send();
      world.say('a');
      const { body } = await answer;
      expect(await text(body.read())).toBe('a');
      await settle(8);
      const failure = limit === 'bodyProgressTimeoutMs' && expect(body.read()).rejects.toMatchObject({ limit });
      await world.clock.advanceAsync(afterMs);
      await (failure || expect(body.read()).rejects.toMatchObject({ limit }));
      await world.close();
    }
  });
});

/** A server that sends back what it gets, and a request whose content the test says. */
function open(allows: { readonly server: boolean; readonly client: boolean }) {
  const clock = new FakeClock();
  const failures: unknown[] = [];
  const client = http2ClientOn(
    {
      async serve(request) {
        if (allows.server) request.allowQuiet();
        const first = await request.body.read().catch((error: unknown) => {
          failures.push(error);
          throw error;
        });
        const rest = (async function* () {
          if (first !== undefined) yield first;
          for (let next = await request.body.read(); next !== undefined; next = await request.body.read()) yield next;
        })();
        return HttpResponse.from({ body: rest });
      },
    },
    { clock, server: { onError() {} } },
  );
  const content = new TransformStream<Uint8Array, Uint8Array>();
  const writer = content.writable.getWriter();
  return {
    clock,
    failures,
    send(): Promise<HttpResponse> {
      const request = HttpRequest.from({ method: 'POST', target: 'http://a.test/', body: content.readable });
      if (allows.client) request.allowQuiet({ beforeHead: true });
      return client.serve(request);
    },
    say: (word: string) => void writer.write(Buffer.from(word)).catch(() => {}),
    end: () => void writer.close().catch(() => {}),
    close: () => client.close(),
  };
}

async function text(chunk: Promise<Uint8Array | undefined>): Promise<string> {
  return Buffer.from((await chunk) ?? []).toString();
}
