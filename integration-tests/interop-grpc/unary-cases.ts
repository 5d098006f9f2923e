import { expect } from 'vitest';
import type { InteropCase, TestClient } from './interop-case.ts';
import { pause } from './pause.ts';

/** Cases of one message each way, and those of statuses. */
export const unaryCases: readonly InteropCase[] = [
  {
    name: 'empty_unary',
    run: async ({ client }) => expect(await client.emptyCall({})).toMatchObject({ $typeName: 'grpc.testing.Empty' }),
  },
  { name: 'large_unary', run: ({ client }) => largeUnary(client) },
  {
    name: 'client_compressed_unary',
    needs: 'compressing clients',
    async run({ client }) {
      const request = { ...LARGE, expectCompressed: { value: true } };
      // A feature probe: what is not compressed but should be is refused.
      await expect(client.unaryCall(request, { encoding: 'gzip', compress: false })).rejects.toMatchObject({
        statusName: 'INVALID_ARGUMENT',
      });
      const compressed = await client.unaryCall(request, { encoding: 'gzip' });
      expect(compressed.payload?.body.length).toBe(LARGE.responseSize);
      const plain = { ...LARGE, expectCompressed: { value: false } };
      const uncompressed = await client.unaryCall(plain, { encoding: 'gzip', compress: false });
      expect(uncompressed.payload?.body.length).toBe(LARGE.responseSize);
    },
  },
  {
    name: 'server_compressed_unary',
    needs: 'compressing servers',
    async run({ client, compressed }) {
      for (const value of [true, false]) {
        const { payload } = await client.unaryCall({ ...LARGE, responseCompressed: { value } });
        expect(payload?.body.length).toBe(LARGE.responseSize);
      }
      expect(compressed).toEqual([true, false]);
    },
  },
  {
    name: 'status_code_and_message',
    async run({ client }) {
      const responseStatus = { code: 2, message: 'test status message' };
      const wanted = { status: 2, statusMessage: 'test status message' };
      await expect(client.unaryCall({ responseStatus })).rejects.toMatchObject(wanted);
      await expect(client.fullDuplexCall([{ responseStatus }]).next()).rejects.toMatchObject(wanted);
    },
  },
  {
    name: 'special_status_message',
    async run({ client }) {
      const message = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
      const failure = client.unaryCall({ responseStatus: { code: 2, message } });
      await expect(failure).rejects.toMatchObject({ status: 2, statusMessage: message });
    },
  },
  {
    name: 'unimplemented_method',
    run: ({ client }) => expect(client.unimplementedCall({})).rejects.toMatchObject({ statusName: 'UNIMPLEMENTED' }),
  },
  {
    name: 'unimplemented_service',
    run: ({ unimplemented }) =>
      expect(unimplemented.unimplementedCall({})).rejects.toMatchObject({ statusName: 'UNIMPLEMENTED' }),
  },
  {
    name: 'rpc_soak',
    async run({ client }) {
      for (let call = 0; call < 50; call++) await largeUnary(client);
    },
  },
  {
    name: 'channel_soak',
    async run({ open }) {
      for (let call = 0; call < 10; call++) {
        const { client, close } = await open();
        await largeUnary(client);
        await close();
      }
    },
  },
  {
    name: 'long_lived_channel',
    async run({ client }) {
      for (let call = 0; call < 5; call++) {
        await largeUnary(client);
        await pause(20, new AbortController().signal);
      }
    },
  },
  {
    name: 'concurrent_large_unary',
    run: async ({ client }) => void (await Promise.all(Array.from({ length: 50 }, () => largeUnary(client)))),
  },
];

async function largeUnary(client: TestClient): Promise<void> {
  const { payload } = await client.unaryCall(LARGE);
  expect(Buffer.from(payload?.body ?? []).equals(new Uint8Array(LARGE.responseSize))).toBe(true);
}

const LARGE = { responseSize: 314_159, payload: { body: new Uint8Array(271_828) } };
