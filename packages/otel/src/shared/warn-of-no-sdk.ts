import { diag } from '@opentelemetry/api';

let isWarned = false;

/** Says, once in a process, that nothing is recorded. */
export function warnOfNoSdk(): void {
  if (isWarned) return;
  isWarned = true;
  diag.warn('lamella: no OpenTelemetry SDK is registered; the layers of @lamella/otel record nothing until one is');
}
