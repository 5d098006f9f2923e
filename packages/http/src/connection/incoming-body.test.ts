import { describe, expect, it } from 'vitest';
import { IncomingBody } from './incoming-body.ts';

describe('IncomingBody', () => {
  it('tells a waiting reader of the end, even if the connection fails in the same turn', async () => {
    const body = newBody();
    const read = body.read();
    body.end(undefined);
    body.fail(new Error('what came behind the body'));
    expect(await read).toBeUndefined();
  });

  it('gives a waiting reader what came with the end first', async () => {
    const body = newBody();
    const read = body.read();
    body.push(Uint8Array.of(1, 2));
    body.end(undefined);
    body.fail(new Error('what came behind the body'));
    expect(await read).toEqual(Uint8Array.of(1, 2));
    expect(await body.read()).toBeUndefined();
  });

  it('that fails before its end gives what is there, then the error', async () => {
    const body = newBody();
    const read = body.read();
    body.push(Uint8Array.of(1));
    body.fail(new Error('broken off'));
    expect(await read).toEqual(Uint8Array.of(1));
    await expect(body.read()).rejects.toThrow('broken off');
  });

  it('says that nobody waits any more when the reader has got what it waited for', async () => {
    const wants: boolean[] = [];
    const body = new IncomingBody({ want: (isWanted) => void wants.push(isWanted), cancel: () => {} });
    const read = body.read();
    body.push(Uint8Array.of(1));
    expect(wants).toEqual([true]);
    body.flush();
    expect(wants).toEqual([true, false]);
    expect(await read).toEqual(Uint8Array.of(1));
  });

  it('gives a reader what comes because it asked, within that very call', async () => {
    const body: IncomingBody = new IncomingBody({
      want(isWanted) {
        if (!isWanted) return;
        body.push(Uint8Array.of(1));
        body.flush();
      },
      cancel: () => {},
    });
    expect(await body.read()).toEqual(Uint8Array.of(1));
  });

  it('that is thrown away never looks whole, neither to who waits for it nor to who comes later', async () => {
    const body = newBody();
    const read = body.read();
    body.discard(new Error('thrown away'));
    await expect(read).rejects.toThrow('thrown away');
    await expect(body.read()).rejects.toThrow('thrown away');
  });

  it.each<[string, (body: IncomingBody) => void]>([
    ['has ended', (body) => body.end(undefined)],
    ['has failed', (body) => body.fail(new Error('broken off'))],
    ['is thrown away', (body) => body.discard(new Error('thrown away'))],
    ['is given up', (body) => body.cancel(new Error('enough'))],
  ])('tells once, read or not, that it %s', (_how, finish) => {
    const body = newBody();
    let overs = 0;
    body.onOver(() => overs++);
    body.push(Uint8Array.of(1));
    expect(overs).toBe(0);
    finish(body);
    finish(body);
    body.fail(new Error('what came behind the body'));
    expect(overs).toBe(1);
    body.onOver(() => overs++);
    expect(overs).toBe(2);
  });
});

function newBody(): IncomingBody {
  return new IncomingBody({ want: () => {}, cancel: () => {} });
}
