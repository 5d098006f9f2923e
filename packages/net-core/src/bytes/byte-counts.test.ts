import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { byteStreamFromDuplex } from '../adapters/duplex-byte-stream.ts';
import { countBytes } from './byte-counts.ts';

describe('countBytes', () => {
  it('goes on with what a socket counts that was handed over, and tells of its end', async () => {
    const socket = new CountingSocket();
    const { stream, counts, ended } = countBytes(byteStreamFromDuplex(socket));
    socket.write('0123456789');
    const chunk = await stream.read({ maxBytes: 6 });
    await stream.write([Buffer.from('ab')]);
    stream.unread(chunk?.subarray(4) ?? Buffer.alloc(0));
    expect(counts).toMatchObject({ bytesIn: 4, bytesOut: 2 });

    // As to TLS: what was put back, and what was never read, goes with it.
    const detached = stream.detach?.();
    expect(Buffer.concat(detached?.buffered ?? []).toString()).toMatch(/^456789/);
    expect((await stream.closed).reason).toBe('shutdown');
    socket.bytesRead += 100;
    socket.bytesWritten += 50;
    expect(counts).toMatchObject({ bytesIn: 112, bytesOut: 52 });
    expect({ ...counts }).toEqual({ bytesIn: 112, bytesOut: 52 });
    expect(await Promise.race([ended, 'not yet'])).toBe('not yet');
    socket.destroy();
    expect(await ended).toEqual({ reason: 'eof' });
  });

  it('tells why a socket ended that was handed over', async () => {
    const socket = new CountingSocket();
    const { stream, ended } = countBytes(byteStreamFromDuplex(socket));
    expect(stream.detach?.()?.socket.on('error', () => {})).toBe(socket);
    const error = new Error('reset');
    socket.destroy(error);
    expect(await ended).toEqual({ reason: 'error', error });
    expect(stream.detach?.()).toBeUndefined();
  });

  it('tells of the end of a stream that keeps its socket', async () => {
    const { stream, ended } = countBytes(byteStreamFromDuplex(new PassThrough()));
    stream.destroy();
    expect(await ended).toMatchObject({ reason: 'shutdown' });
  });
});

/** What is written comes back; the counters are those of a socket of Node, and are moved by hand. */
class CountingSocket extends PassThrough {
  bytesRead = 10;
  bytesWritten = 2;
}
