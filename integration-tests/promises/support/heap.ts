import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that are in use on the heap when all garbage is gone. */
export function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('this runtime has no collector to call');
  for (let count = 0; count < 3; count++) collect();
  return process.memoryUsage().heapUsed;
}
