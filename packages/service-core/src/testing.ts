export type { FakeClockOptions } from './testing/fake-clock.ts';
export { FakeClock, settle } from './testing/fake-clock.ts';
export type { ConformanceCase, LayerSubject } from './testing/layer-cases.ts';
export { layerCases } from './testing/layer-cases.ts';
export type { MockCall, MockService } from './testing/mock-service.ts';
export { mockService } from './testing/mock-service.ts';
export type { TestInput } from './testing/test-input.ts';
export { TestMark, testInput } from './testing/test-input.ts';
