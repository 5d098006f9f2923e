import { spawn } from 'node:child_process';

/** One question to the workspace: a program that answers by its exit code. */
export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Name of a step that must have succeeded; else this one fails without being run. */
  readonly after?: string;
}

/** How one step went. */
export interface StepResult {
  readonly step: Step;
  readonly ok: boolean;
  readonly seconds: number;
  /** All that it printed. */
  readonly output: string;
}

/** Options of {@link runSteps}. */
export interface RunStepsOptions {
  readonly cwd: string;
  /** Most programs at a time, at least 1. */
  readonly concurrency: number;
  /** Called for each step when it is over. */
  readonly onResult: (result: StepResult) => void;
}

/** Runs every step, whatever the others say, in order as far as they need not wait. @returns The steps that failed. */
export async function runSteps(steps: readonly Step[], options: RunStepsOptions): Promise<Step[]> {
  const waiting = [...steps];
  const succeeded = new Map<string, boolean>();

  const worker = async (): Promise<void> => {
    for (;;) {
      const index = waiting.findIndex(({ after }) => after === undefined || succeeded.has(after));
      const [step] = index === -1 ? [] : waiting.splice(index, 1);
      // Nothing that can start: whoever ends what the rest waits for takes the rest on.
      if (step === undefined) return;
      const isVain = step.after !== undefined && succeeded.get(step.after) === false;
      const result = isVain ? vain(step) : await run(step, options.cwd);
      succeeded.set(step.name, result.ok);
      options.onResult(result);
    }
  };
  while (waiting.length > 0) {
    const before = waiting.length;
    await Promise.all(Array.from({ length: options.concurrency }, worker));
    if (waiting.length === before) throw new Error(`no step is called ${waiting.map(({ after }) => after).join(', ')}`);
  }
  return steps.filter(({ name }) => succeeded.get(name) !== true);
}

function vain(step: Step): StepResult {
  return { step, ok: false, seconds: 0, output: `needs ${step.after}, which failed` };
}

function run(step: Step, cwd: string): Promise<StepResult> {
  const [program = '', ...args] = step.command;
  const startedAt = performance.now();
  const child = spawn(program, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve) => {
    const finish = (ok: boolean): void =>
      resolve({ step, ok, seconds: (performance.now() - startedAt) / 1_000, output });
    child.on('error', (error) => {
      output += error.message;
      finish(false);
    });
    child.on('close', (code) => finish(code === 0));
  });
}
