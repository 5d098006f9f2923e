import { residentMiB } from './start-process.ts';

/** Watches how much memory a process has in RAM. */
export interface MemoryWatch {
  /** Stops. @returns The most that was seen since the start, in MiB. */
  readonly stop: () => number;
}

/** Looks every 50 ms. */
export function watchMemory(pid: number): MemoryWatch {
  let most = residentMiB(pid);
  const timer = setInterval(() => {
    most = Math.max(most, residentMiB(pid));
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(most, residentMiB(pid));
    },
  };
}
