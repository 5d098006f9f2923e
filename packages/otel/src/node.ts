export type { StartTelemetryOptions, Telemetry } from './node/start-telemetry.ts';
export { startTelemetry } from './node/start-telemetry.ts';
