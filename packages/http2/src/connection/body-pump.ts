import type { HttpBody } from '@lamella/http';
import { UsageError } from '@lamella/service-core';

/** An exchange whose body is being sent. */
export interface PumpTarget {
  /** Whether nobody wants the body any more. */
  readonly isOver: boolean;
  /** Called when there is room for more content. */
  onSent: (() => void) | undefined;
}

/**
 * Sends a body chunk by chunk, as fast as its source gives and the peer takes.
 *
 * @param send - Sends a chunk; `onSent` of the target is called when it is written.
 * @param begin - Called when the first chunk is there, or the end.
 * @returns Whether the end was reached. Rejects when the source fails.
 * @throws UsageError if it gives another number of bytes than it had announced.
 */
export async function pumpBody(
  body: HttpBody,
  target: PumpTarget,
  send: (chunk: Uint8Array) => void,
  begin?: () => void,
): Promise<boolean> {
  let sent = 0;
  let chunk = await body.read();
  if (!target.isOver) begin?.();
  for (; chunk !== undefined; chunk = await body.read()) {
    if (target.isOver) return false;
    sent += chunk.length;
    if (sent > (body.sizeOnWire ?? Number.POSITIVE_INFINITY)) break;
    const room = new Promise<void>((resolve) => {
      target.onSent = resolve;
    });
    send(chunk);
    await room;
    if (target.isOver) return false; // who has ended it may wait for what was sent, too
    target.onSent = undefined;
  }
  if (target.isOver) return false;
  const announced = body.sizeOnWire ?? sent;
  if (sent !== announced) throw new UsageError(`the body was to have ${announced} bytes, but gave ${sent}`);
  return true;
}
