import type { GrpcMetadata } from '@lamella/grpc';
import { expect } from 'vitest';
import type { InteropCase } from './interop-case.ts';

/** Cases with streams, and those of cancellation and time. */
export const streamCases: readonly InteropCase[] = [
  {
    name: 'client_streaming',
    async run({ client }) {
      const requests = REQUEST_SIZES.map((size) => ({ payload: payloadOf(size) }));
      expect((await client.streamingInputCall(requests)).aggregatedPayloadSize).toBe(74_922);
    },
  },
  {
    name: 'client_compressed_streaming',
    needs: 'compressing clients',
    async run({ client }) {
      const request = (size: number, value: boolean) => ({ payload: payloadOf(size), expectCompressed: { value } });
      const probe = client.streamingInputCall([request(27_182, true)], { encoding: 'gzip', compress: false });
      await expect(probe).rejects.toMatchObject({ statusName: 'INVALID_ARGUMENT' });
      // Asked for each message: the first is compressed, the second is not.
      let asked = 0;
      const options = { encoding: 'gzip', compress: () => asked++ === 0 } as const;
      const reply = await client.streamingInputCall([request(27_182, true), request(45_904, false)], options);
      expect(reply.aggregatedPayloadSize).toBe(73_086);
    },
  },
  {
    name: 'server_streaming',
    run: async ({ client }) =>
      expect(await sizes(client.streamingOutputCall(asking(RESPONSE_SIZES)))).toEqual(RESPONSE_SIZES),
  },
  {
    name: 'server_compressed_streaming',
    needs: 'compressing servers',
    async run({ client, compressed }) {
      const responseParameters = [
        { size: 31_415, compressed: { value: true } },
        { size: 92_653, compressed: { value: false } },
      ];
      expect(await sizes(client.streamingOutputCall({ responseParameters }))).toEqual([31_415, 92_653]);
      expect(compressed).toEqual([true, false]);
    },
  },
  {
    name: 'ping_pong',
    async run({ client }) {
      const turns = new Turns();
      const requests = async function* () {
        for (const [index, size] of REQUEST_SIZES.entries()) {
          await turns.reached(index);
          yield { ...asking([RESPONSE_SIZES[index] ?? 0]), payload: payloadOf(size) };
        }
        await turns.reached(REQUEST_SIZES.length);
      };
      const received: (number | undefined)[] = [];
      for await (const { payload } of client.fullDuplexCall(requests())) {
        received.push(payload?.body.length);
        turns.next();
      }
      expect(received).toEqual(RESPONSE_SIZES);
    },
  },
  {
    name: 'empty_stream',
    run: async ({ client }) => expect(await sizes(client.fullDuplexCall([]))).toEqual([]),
  },
  {
    name: 'custom_metadata',
    async run({ client }) {
      const bytes = new Uint8Array([0xab, 0xab, 0xab]);
      const seen: unknown[] = [];
      const options = {
        metadata: { [INITIAL]: 'test_initial_metadata_value', [TRAILING]: bytes },
        onMetadata: (metadata: GrpcMetadata) => void seen.push(metadata.get(INITIAL)),
        onTrailers: (trailers: GrpcMetadata) => void seen.push([...(trailers.getBinary(TRAILING) ?? [])]),
      };
      await client.unaryCall({ responseSize: 314_159, payload: payloadOf(271_828) }, options);
      const request = { ...asking([314_159]), payload: payloadOf(271_828) };
      expect(await sizes(client.fullDuplexCall([request], options))).toEqual([314_159]);
      const once = ['test_initial_metadata_value', [...bytes]];
      // A client may hear of the end of a call behind its answer.
      await expect.poll(() => seen).toEqual([...once, ...once]);
    },
  },
  {
    name: 'cancel_after_begin',
    async run({ client }) {
      const controller = new AbortController();
      const call = client.streamingInputCall(never(), { signal: controller.signal });
      controller.abort('enough');
      await expect(call).rejects.toBe('enough');
    },
  },
  {
    name: 'cancel_after_first_response',
    async run({ client }) {
      const controller = new AbortController();
      const requests = async function* () {
        yield { ...asking([31_415]), payload: payloadOf(27_182) };
        yield* never();
      };
      const call = client.fullDuplexCall(requests(), { signal: controller.signal });
      expect((await call.next()).value?.payload?.body.length).toBe(31_415);
      controller.abort('enough');
      await expect(call.next()).rejects.toBe('enough');
    },
  },
  {
    name: 'timeout_on_sleeping_server',
    async run({ client }) {
      const requests = async function* () {
        yield { payload: payloadOf(27_182) };
        yield* never();
      };
      const call = client.fullDuplexCall(requests(), { timeoutMs: 1 });
      await expect(call.next()).rejects.toMatchObject({ statusName: 'DEADLINE_EXCEEDED' });
    },
  },
];

/** Lets one side wait for the other. */
class Turns {
  #turn = 0;
  #wake = (): void => {};

  next(): void {
    this.#turn++;
    this.#wake();
  }

  async reached(turn: number): Promise<void> {
    if (this.#turn >= turn) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

function asking(wanted: readonly number[]) {
  return { responseParameters: wanted.map((size) => ({ size })) };
}

function payloadOf(size: number) {
  return { body: new Uint8Array(size) };
}

async function sizes(stream: AsyncIterable<{ readonly payload?: { readonly body: Uint8Array } | undefined }>) {
  const found: (number | undefined)[] = [];
  for await (const { payload } of stream) found.push(payload?.body.length);
  return found;
}

async function* never(): AsyncGenerator<never> {
  await new Promise(() => {});
}

const REQUEST_SIZES: readonly number[] = [27_182, 8, 1_828, 45_904];
const RESPONSE_SIZES: readonly number[] = [31_415, 9, 2_653, 58_979];
const INITIAL = 'x-grpc-test-echo-initial';
const TRAILING = 'x-grpc-test-echo-trailing-bin';
