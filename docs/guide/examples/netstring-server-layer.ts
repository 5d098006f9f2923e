import type { ByteStream, Connection } from '@lamella/net-core';
import { ByteCursor } from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import { NetstringDecoder } from './netstring-decoder.ts';
import { encodeNetstring } from './netstring-encoder.ts';

/** Options of {@link netstringServerLayer}. */
export interface NetstringServerOptions {
  /** Longest netstring, in bytes. Default 65_536. */
  readonly maxBytes?: number;
}

/** Makes a server of a service: connections come in, the content of each netstring goes to the inner service. */
export function netstringServerLayer(
  options: NetstringServerOptions = {},
): Layer<Uint8Array, Uint8Array, Connection, void> {
  const { maxBytes = 65_536 } = options;
  return (inner) => ({
    async serve({ stream }) {
      for await (const content of netstringsOf(stream, maxBytes)) {
        const answer = await inner.serve(content);
        await stream.write(encodeNetstring(answer)); // waits for a peer that does not read
      }
      await stream.closeWrite();
    },
  });
}

async function* netstringsOf(stream: ByteStream, maxBytes: number): AsyncGenerator<Uint8Array> {
  const decoder = new NetstringDecoder(maxBytes);
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
    const input = new ByteCursor(chunk);
    for (let content = decoder.decode(input); content !== undefined; content = decoder.decode(input)) yield content;
  }
}
