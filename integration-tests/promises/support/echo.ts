import type { Connection } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { serviceFn } from '@lamella/service-core';

/** Sends back what comes; a client that breaks off is no failure of it. */
export const echo: Service<Connection, void> = serviceFn(async ({ stream }: Connection) => {
  try {
    for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) await stream.write([chunk]);
    await stream.closeWrite();
  } catch {
    // It has gone.
  }
});
