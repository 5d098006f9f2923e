import type { ByteStream, Connection } from '@lamella/net-core';
import { ByteCursor, createConnection, memoryPipe } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import type { TtrpcFrame } from '../../src/codec/ttrpc/ttrpc-frame.ts';
import { encodeTtrpcHeader, TtrpcFrameDecoder, TtrpcType } from '../../src/codec/ttrpc/ttrpc-frame.ts';
import { decodeTtrpcResponse, encodeTtrpcRequest } from '../../src/codec/ttrpc/ttrpc-messages.ts';

/** A server of ttRPC in memory, and frames by hand at the other end. */
export class RawTtrpc {
  readonly stream: ByteStream;
  /** How the service ended. */
  readonly served: Promise<unknown>;
  readonly frames: TtrpcFrame[] = [];
  readonly #decoder = new TtrpcFrameDecoder(0xff_ffff);
  /** Whether the server has ended the stream. */
  isEnded = false;

  constructor(server: Service<Connection, void>) {
    const [near, far] = memoryPipe({ windowBytes: 1_000_000 });
    this.stream = near;
    this.served = server.serve(createConnection(far)).then(
      () => 'over',
      (error: unknown) => error,
    );
    void this.#read();
  }

  send(streamId: number, type: number, flags: number, data: Uint8Array | string): void {
    const bytes = Buffer.from(data);
    void this.stream.write([encodeTtrpcHeader(streamId, type, flags, bytes.length), bytes]);
  }

  request(
    streamId: number,
    path: string,
    payload: Uint8Array,
    flags = 0,
    timeoutNano = 0n,
    metadata: string[] = [],
  ): void {
    const [service = '', method = ''] = path.split('/');
    this.send(
      streamId,
      TtrpcType.REQUEST,
      flags,
      encodeTtrpcRequest({ service, method, payload, timeoutNano, metadata }),
    );
  }

  /** What the server has sent since the last time, in words. */
  async answers(): Promise<string[]> {
    await settle(32);
    return this.frames.splice(0).map(({ streamId, type, flags, data = new Uint8Array(0) }) => {
      if (type === TtrpcType.DATA) return `${streamId} data ${flags} ${Buffer.from(data).toString('hex')}`;
      const { failure, payload } = decodeTtrpcResponse(data);
      return `${streamId} ${failure?.statusName ?? 'OK'} ${Buffer.from(payload).toString('hex')}`;
    });
  }

  async close(): Promise<void> {
    this.stream.destroy();
    await this.served;
  }

  async #read(): Promise<void> {
    try {
      for (let chunk = await this.stream.read(); chunk !== undefined; chunk = await this.stream.read()) {
        const input = new ByteCursor(chunk);
        for (let frame = this.#decoder.decode(input); frame !== undefined; frame = this.#decoder.decode(input)) {
          this.frames.push(frame);
        }
      }
    } catch {
      // destroyed
    }
    this.isEnded = true;
  }
}
