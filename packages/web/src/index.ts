// Events

export type { EventStreamItem, ReceivedEvent } from './codec/event-stream-decoder.ts';
export { EventStreamDecoder } from './codec/event-stream-decoder.ts';
export type { ServerSentEvent } from './codec/event-stream-encoder.ts';
export { encodeEvent } from './codec/event-stream-encoder.ts';
export type { SseEventsOptions } from './sse/sse-events.ts';
export { sseEvents } from './sse/sse-events.ts';
export type { SseResponseOptions } from './sse/sse-response.ts';
export { lastEventId, sseResponse } from './sse/sse-response.ts';

// Health

export type { HealthOptions } from './health/health-service.ts';
export { healthLayer, healthService } from './health/health-service.ts';

// Files

export { staticFilesService } from './static/static-files-service.ts';
export type { PrecompressedCoding, StaticFilesOptions } from './static/static-options.ts';
