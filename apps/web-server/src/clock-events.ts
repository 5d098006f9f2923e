import type { Clock } from '@lamella/service-core';
import type { ServerSentEvent } from '@lamella/web';

/** The time, now and every second from then on. */
export async function* clockEvents(clock: Clock): AsyncGenerator<ServerSentEvent> {
  for (;;) {
    yield { event: 'tick', data: new Date(clock.epochMs()).toISOString() };
    await new Promise<void>((resolve) => clock.startTimer(1_000, resolve));
  }
}
