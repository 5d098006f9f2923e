import { GrpcStatus, grpcClient, grpcService } from '@lamella/grpc';
import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { Echo } from './echo-pb.ts';
import { grpcEcho } from './grpc-echo.ts';

describe('grpcEcho', () => {
  it('answers in four ways', async () => {
    const { client } = setup();
    const reply = await client.say({ message: 'a' }, { metadata: { 'x-a': '1', 'x-b-bin': Buffer.from('hi') } });
    expect(reply).toMatchObject({ message: 'a', number: 1 });
    expect(reply.metadata.map(({ name, value }) => [name, value])).toEqual(
      expect.arrayContaining([
        ['x-a', '1'],
        ['x-b-bin', 'aGk='],
      ]),
    );
    expect(await textsOf(client.repeat({ message: 'b' }))).toEqual(['1 b', '2 b', '3 b']);
    expect(await textsOf(client.repeat({ message: 'b', count: 1 }))).toEqual(['1 b']);
    expect(await client.join([{ message: 'a' }, { message: 'b' }])).toMatchObject({ message: 'ab', number: 2 });
    expect(await textsOf(client.chat([{ message: 'a' }, { message: 'b' }]))).toEqual(['1 a', '2 b']);
  });

  it('waits in front of each answer, and no longer than anybody is there', async () => {
    const { client, clock } = setup();
    const controller = new AbortController();
    const late = client.say({ intervalMs: 500 }, { signal: controller.signal });
    await clock.advanceAsync(0);
    expect(clock.pendingTimers).toBe(1);
    controller.abort(new Error('gone'));
    await expect(late).rejects.toThrow('gone');
    await clock.advanceAsync(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails if it is asked to, and for what is out of range', async () => {
    const { client } = setup();
    const failing = client.say({ failStatus: 5, failMessage: 'no such' });
    await expect(failing).rejects.toMatchObject({ status: GrpcStatus.NOT_FOUND, statusMessage: 'no such' });
    for (const request of [{ failStatus: 17 }, { failStatus: -1 }, { intervalMs: 60_001 }]) {
      await expect(client.say(request)).rejects.toMatchObject({ status: GrpcStatus.INVALID_ARGUMENT });
    }
    const often = textsOf(client.repeat({ count: 10_001 }));
    await expect(often).rejects.toMatchObject({ status: GrpcStatus.INVALID_ARGUMENT });
    const half = { message: 'x'.repeat(524_288) };
    expect((await client.join([half, half])).message.length).toBe(1_048_576);
    const long = client.join([half, half, { message: 'x' }]);
    await expect(long).rejects.toMatchObject({ status: GrpcStatus.RESOURCE_EXHAUSTED });
  });
});

function setup() {
  const clock = new FakeClock();
  return { clock, client: grpcClient(grpcService([grpcEcho({ clock })]), Echo) };
}

async function textsOf(replies: AsyncIterable<{ number: number; message: string }>): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const { number, message } of replies) texts.push(`${number} ${message}`);
  return texts;
}
