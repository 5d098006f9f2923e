import { createConnection } from '@lamella/net-core';
import { checkLedger, end, receive, receiveEnd, scriptedStream, send } from '@lamella/net-core/testing';
import { serviceFn, stack } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { netstringServerLayer } from './netstring-server-layer.ts';

checkLedger({ beforeEach, afterEach });

describe('netstringServerLayer', () => {
  const server = stack(
    netstringServerLayer({ maxBytes: 10 }),
    serviceFn((content: Uint8Array) => content.toReversed()),
  );

  it('answers each netstring, in order', async () => {
    const { stream, done } = scriptedStream([
      send('3:abc,'),
      receive('3:cba,'),
      send('2:'),
      send('de,0'),
      receive('2:ed,'),
      send(':,'),
      receive('0:,'),
      end(),
      receiveEnd(),
    ]);
    await server.serve(createConnection(stream));
    await done;
  });

  it('fails with the code of what is wrong', async () => {
    const { stream, done } = scriptedStream([send('11:'), end(), receiveEnd()]);
    await expect(server.serve(createConnection(stream))).rejects.toMatchObject({ code: 'NETSTRING_TOO_LONG' });
    stream.destroy();
    await done;
  });
});
