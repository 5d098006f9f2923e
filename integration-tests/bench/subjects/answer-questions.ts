import { createInterface } from 'node:readline';

/** Answers `memory` on standard input with the resident memory in bytes, after a collection. Needs `--expose-gc`. */
export function answerQuestions(): void {
  createInterface({ input: process.stdin }).on('line', (line) => {
    if (line !== 'memory') return;
    for (let round = 0; round < 3; round++) globalThis.gc?.();
    console.log(process.memoryUsage.rss());
  });
}
