import type { ByteStream, Connection, Connector } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import type { FakeClock } from '@lamella/service-core/testing';
import { settle } from '@lamella/service-core/testing';

/** One connection as the server of a test sees it. */
export interface ServerEnd {
  readonly stream: ByteStream;
  /** Everything received so far. */
  readonly text: string;
  /** Waits until `pattern` has been received. */
  receive(pattern: string): Promise<void>;
  /** Sends text, one character a byte. */
  send(text: string): void;
}

/** A connector whose connections the test serves by hand. */
export interface ScriptedServer {
  readonly connector: Connector;
  /** Connections so far, in the order in which they were opened. */
  readonly connections: readonly ServerEnd[];
  /** Waits for the next connection that was not taken yet. */
  accept(): Promise<ServerEnd>;
}

/** Makes a server that does what the test says, byte by byte. */
export function scriptedServer(clock?: FakeClock): ScriptedServer {
  const connections: ServerEnd[] = [];
  let taken = 0;
  return {
    connections,
    connector: {
      async serve(): Promise<Connection> {
        const [near, far] = memoryPipe(clock === undefined ? {} : { clock });
        connections.push(serverEnd(far));
        return createConnection(near);
      },
    },
    async accept() {
      for (let turn = 0; turn < 100; turn++) {
        const connection = connections[taken];
        if (connection !== undefined) {
          taken++;
          return connection;
        }
        await settle(1);
      }
      throw new Error('no connection was opened');
    },
  };
}

function serverEnd(stream: ByteStream): ServerEnd {
  let text = '';
  const read = async (): Promise<void> => {
    try {
      for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
        text += Buffer.from(chunk).toString('latin1');
      }
    } catch {
      // the test looks at `stream.closed`
    }
  };
  void read();
  return {
    stream,
    get text() {
      return text;
    },
    async receive(pattern) {
      for (let turn = 0; turn < 100 && !text.includes(pattern); turn++) await settle(1);
      if (!text.includes(pattern)) throw new Error(`expected ${JSON.stringify(pattern)} in ${JSON.stringify(text)}`);
    },
    send: (bytes) => void stream.write([Buffer.from(bytes, 'latin1')]),
  };
}
