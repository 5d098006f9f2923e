import type { TestHooks } from '@lamella/net-core/testing';
import { checkLedger } from '@lamella/net-core/testing';
import { checkProcess } from '../../promises/support/process-failures.ts';
import type { Stage, StageOptions } from './stage.ts';
import { openStage } from './stage.ts';
import type { Transport } from './transports.ts';

/**
 * Makes stages that end with their test. A test fails that leaves something open, or whose failures reach the process.
 *
 * @example
 * const newStage = stages({ beforeEach, afterEach }); // at the top of a test file
 */
export function stages(hooks: TestHooks): (transport: Transport, options?: StageOptions) => Promise<Stage> {
  // Hooks after a test run in reverse order: first the stages end, then it is looked what is left.
  checkProcess(hooks);
  checkLedger(hooks);
  const open: Stage[] = [];
  hooks.afterEach(async () => {
    for (const stage of open.splice(0)) await stage.close();
  });
  return async (transport, options) => {
    const stage = await openStage(transport.open(), { version: transport.version, ...options });
    open.push(stage);
    return stage;
  };
}
