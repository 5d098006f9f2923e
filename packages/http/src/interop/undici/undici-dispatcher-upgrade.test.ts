import type { ByteStream } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { Dispatcher } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import type { DispatchController, DispatchHandler, DispatchOptions, LegacyDispatchHandler } from './dispatch-types.ts';
import { undiciDispatcher } from './undici-dispatcher.ts';

checkLedger({ beforeEach, afterEach });

describe('undiciDispatcher and upgraded connections', () => {
  const ends: Promise<unknown>[] = [];
  const upgrading = (status = 101) =>
    httpClientOn(
      serviceFn(() =>
        HttpResponse.upgrade(
          { status, headers: { Upgrade: 'shout' } },
          serviceFn(async ({ stream }) => {
            const ended = readToEnd(stream);
            ends.push(ended);
            await ended;
          }),
        ),
      ),
    );
  const UPGRADE: DispatchOptions = { origin: 'http://a.test', path: '/', method: 'GET', upgrade: 'shout' };

  it.each<[string, (heard: (text: string) => void) => DispatchHandler | LegacyDispatchHandler, string]>([
    [
      'a handler that throws',
      (heard) => ({
        onRequestStart: () => {},
        onRequestUpgrade() {
          throw new Error('not mine');
        },
        onResponseError: (_controller, error) => heard(error.message),
      }),
      'not mine',
    ],
    [
      'a handler that aborts',
      (heard) => ({
        onRequestStart: () => {},
        onRequestUpgrade: (controller) => controller.abort(new Error('bad upgrade')),
        onResponseError: (_controller, error) => heard(error.message),
      }),
      'bad upgrade',
    ],
    [
      'a handler that takes none',
      (heard) => ({ onRequestStart: () => {}, onResponseError: (_controller, error) => heard(error.message) }),
      'the handler takes no upgraded connection',
    ],
    [
      'an older handler that throws',
      (heard) => ({
        onConnect() {},
        onUpgrade() {
          throw new Error('not mine');
        },
        onError: (error) => heard(error.message),
      }),
      'not mine',
    ],
    [
      'an older handler that takes none',
      (heard) => ({ onConnect() {}, onError: (error) => heard(error.message) }),
      'the handler takes no upgraded connection',
    ],
  ])('closes that of %s', async (_what, handlerOf, message) => {
    const client = upgrading();
    const heard: string[] = [];
    undiciDispatcher(client).dispatch(
      UPGRADE,
      handlerOf((text) => heard.push(text)),
    );
    await settle(20);
    expect([heard, ends.length]).toEqual([[message], 1]);
    await Promise.all(ends.splice(0));
    await client.close();
  });

  it('closes one that comes when the handler has given up', async () => {
    const client = upgrading();
    let controller: DispatchController | undefined;
    const heard: string[] = [];
    undiciDispatcher(client).dispatch(UPGRADE, {
      onRequestStart: (given) => {
        controller = given;
      },
      onRequestUpgrade: () => heard.push('upgraded'),
      onResponseError: (_controller, error) => heard.push(error.message),
    });
    await Promise.resolve();
    controller?.abort(new Error('enough'));
    await settle(20);
    expect(heard).toEqual(['enough']);
    await Promise.all(ends.splice(0));
    await client.close();
  });
});

describe('undiciDispatcher and OPTIONS', () => {
  it('asks for the server as a whole', async () => {
    const targets: string[] = [];
    const client = httpClientOn(
      serviceFn(({ method, target }: HttpRequest) => {
        targets.push(`${method} ${target}`);
        return HttpResponse.from({ status: 204 });
      }),
    );
    for (const path of ['*', '/*']) {
      const dispatcher = undiciDispatcher(client, Dispatcher);
      const { statusCode } = await dispatcher.request({ origin: 'http://a.test/', path, method: 'OPTIONS' });
      expect(statusCode).toBe(204);
    }
    expect(targets).toEqual(['OPTIONS *', 'OPTIONS /*']);
    await client.close();
  });
});

async function readToEnd(stream: ByteStream): Promise<void> {
  try {
    while ((await stream.read()) !== undefined);
  } finally {
    stream.destroy();
  }
}
