import type { Connection } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';

/** Tells whoever does not speak TLS that it is spoken here, in HTTP/1.1, which is what most of them understand. */
export const plainHttpRefusal: Service<Connection, void> = {
  async serve({ stream }) {
    await stream.read(); // or the kernel would reset the connection, and the answer might be lost
    await stream.write([Buffer.from(ANSWER)]);
    await stream.closeWrite();
  },
};

const TEXT = '400: this port speaks TLS; use https://\n';
const ANSWER = `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ${TEXT.length}\r\nConnection: close\r\n\r\n${TEXT}`;
