/** Type-checks every project, two at a time. A project sees the sources of others too: each error is told once. */
import { runSteps } from './check/run-steps.ts';
import { root, toolPath, workspacePackages } from './workspace.ts';

const projects = [...workspacePackages().map(({ path }) => path), 'tools'];
const told = new Set<string>();
const failed = await runSteps(
  projects.map((path) => ({ name: path, command: [toolPath('tsc'), '--project', path, '--pretty', 'false'] })),
  {
    cwd: root,
    concurrency: 2,
    onResult({ ok, output }) {
      if (ok) return;
      // An error begins at the margin; the lines that explain it are indented.
      for (const error of output.trimEnd().split(/\n(?=\S)/)) {
        if (!told.has(error)) console.log(error);
        told.add(error);
      }
    },
  },
);
process.exitCode = failed.length === 0 ? 0 : 1;
