import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SoakAnswer, SoakDrained, SoakMeasure, SoakPorts, SoakQuestion } from './messages.ts';

/** The process that is soaked. */
export interface SoakSubject {
  readonly ports: SoakPorts;
  readonly measure: () => Promise<SoakMeasure>;
  /** Ends it in peace. */
  readonly drain: () => Promise<SoakDrained>;
  /** Ends it at once, if it is still there. */
  readonly kill: () => void;
}

/** Starts the process, with a garbage collector that can be asked. */
export async function startSubject(): Promise<SoakSubject> {
  const child = fork(fileURLToPath(new URL('./subject.ts', import.meta.url)), {
    // The allocator of the system gives memory back as it is freed, keeps no arena for each thread, and puts no small piece that lives on
    // above the large ones of a busy moment, which would hold them all.
    env: {
      ...process.env,
      MALLOC_ARENA_MAX: '2',
      MALLOC_TRIM_THRESHOLD_: '131072',
      MALLOC_MMAP_THRESHOLD_: '32768',
    },
    execArgv: ['--conditions=@lamella/source', '--disable-warning=ExperimentalWarning', '--expose-gc'],
  });
  const ports = await next(child, 'ports');
  const ask = <Type extends SoakAnswer['type']>(question: SoakQuestion, type: Type) => {
    const answer = next(child, type);
    child.send(question);
    return answer;
  };
  return {
    ports,
    measure: () => ask('measure', 'measure'),
    drain: () => ask('drain', 'drained'),
    kill: () => void child.kill('SIGKILL'),
  };
}

function next<Type extends SoakAnswer['type']>(
  child: ChildProcess,
  type: Type,
): Promise<Extract<SoakAnswer, { readonly type: Type }>> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
    };
    const onMessage = (message: unknown): void => {
      const answer = message as SoakAnswer; // the child sends nothing else
      if (answer.type !== type) return;
      stop();
      resolve(answer as Extract<SoakAnswer, { readonly type: Type }>); // its type is the one asked for
    };
    const onExit = (code: number | null): void => {
      stop();
      reject(new Error(`the soaked process ended with ${code} before it said ${type}`));
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}
