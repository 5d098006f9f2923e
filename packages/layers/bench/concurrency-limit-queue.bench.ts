// What a call costs that has to wait for its slot: 64 at a time, once with a slot for each and once with one slot.
// Not part of the test run: node --conditions=@lamella/source packages/layers/bench/concurrency-limit-queue.bench.ts
import type { ServiceInput } from '@lamella/service-core';
import { serviceFn, serviceInput, stack } from '@lamella/service-core';
import { concurrencyLimitLayer } from '../src/index.ts';

const BATCHES = 2_000;
const BATCH_CALLS = 64;
const ROUNDS = 15;
const WARM_UP_ROUNDS = 2;

const app = serviceFn((input: ServiceInput<number>) => input.value);
const subjects = [
  { name: 'no layer', service: app, rounds: [] as number[] },
  { name: '64 slots', service: stack(concurrencyLimitLayer({ maxConcurrent: 64 }), app), rounds: [] as number[] },
  { name: '1 slot, 63 wait', service: stack(concurrencyLimitLayer({ maxConcurrent: 1 }), app), rounds: [] as number[] },
];

for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round++) {
  for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
    const startMs = performance.now();
    for (let batch = 0; batch < BATCHES; batch++) {
      const calls = Array.from({ length: BATCH_CALLS }, (_, index) => subject.service.serve(serviceInput(index)));
      const outputs = await Promise.all(calls);
      if (outputs.some((output, index) => output !== index)) throw new Error('wrong output');
    }
    const callUs = ((performance.now() - startMs) * 1_000) / (BATCHES * BATCH_CALLS);
    if (round >= WARM_UP_ROUNDS) subject.rounds.push(callUs);
  }
}

for (const { name, rounds } of subjects) {
  const sorted = rounds.toSorted((first, second) => first - second);
  const [min, middle, max] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  console.log(`${name.padEnd(16)} ${middle?.toFixed(3)} us/call (${min?.toFixed(3)} to ${max?.toFixed(3)})`);
}
