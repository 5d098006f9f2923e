import type { ByteStream } from '@lamella/net-core';

/** Tells a client, in clear, why it is not served, and closes: a fatal alert of RFC 8446 section 6. */
export function sendAlert(stream: ByteStream, alert: number): void {
  void stream.write([Uint8Array.of(ALERT_RECORD, 3, 3, 0, 2, FATAL, alert)]);
  // Not with a reason: that is a reset, which would overtake the alert.
  stream.destroy();
}

const ALERT_RECORD = 21;
const FATAL = 2;
