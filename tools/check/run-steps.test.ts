import { describe, expect, it } from 'vitest';
import type { Step, StepResult } from './run-steps.ts';
import { runSteps } from './run-steps.ts';

const node = (name: string, code: string, after?: string): Step => ({
  name,
  command: [process.execPath, '-e', code],
  ...(after === undefined ? {} : { after }),
});

async function run(steps: readonly Step[], concurrency = 2) {
  const results: StepResult[] = [];
  const failed = await runSteps(steps, { cwd: '/', concurrency, onResult: (result) => results.push(result) });
  const told = Object.fromEntries(results.map(({ step, ok, output }) => [step.name, { ok, output }]));
  return { order: results.map(({ step }) => step.name), told, failed: failed.map(({ name }) => name) };
}

describe('runSteps', () => {
  it('tells a step that exits 0 from one that does not, and goes on', async () => {
    const { told, failed } = await run([
      node('bad', 'console.log("out"); console.error("err"); process.exitCode = 3'),
      node('good', 'console.log("fine")'),
    ]);
    expect(failed).toEqual(['bad']);
    expect(told['good']).toEqual({ ok: true, output: 'fine\n' });
    expect(told['bad']?.output).toContain('out\n');
    expect(told['bad']?.output).toContain('err\n');
  });

  it('fails a step that a signal ended, and one that cannot start', async () => {
    const missing = { name: 'missing', command: ['/nowhere/program'] };
    const { told, failed } = await run([node('killed', 'process.kill(process.pid, "SIGKILL")'), missing]);
    expect(failed).toEqual(['killed', 'missing']);
    expect(told['missing']?.output).toContain('ENOENT');
  });

  it('starts a step only when what it waits for is over, wherever it stands', async () => {
    const { order, failed } = await run([node('last', '', 'first'), node('first', ''), node('middle', '', 'first')], 3);
    expect(order[0]).toBe('first');
    expect(order).toHaveLength(3);
    expect(failed).toEqual([]);
  });

  it('fails what waits for a step that failed, without running it', async () => {
    const { told, failed } = await run([
      node('first', 'process.exitCode = 1'),
      node('second', 'console.log("ran")', 'first'),
    ]);
    expect(failed).toEqual(['first', 'second']);
    expect(told['second']).toEqual({ ok: false, output: 'needs first, which failed' });
  });

  it('rejects a step that waits for nobody', async () => {
    await expect(run([node('lost', '', 'nobody')])).rejects.toThrow('no step is called nobody');
  });
});
