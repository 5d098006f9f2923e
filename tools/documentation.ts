/** Every export has documentation, every option too, and every `@example` compiles as it stands. */
import { documentationProblems } from './documentation/documentation-problems.ts';
import { moduleEntries, publishedPackages } from './workspace.ts';

const entries = publishedPackages().flatMap((pack) =>
  moduleEntries(pack).map(({ specifier, source }) => ({ specifier, path: `${pack.directory}/${source}` })),
);
const { exampleCount, problems } = documentationProblems(entries);

for (const problem of problems) console.error(problem);
console.log(`${entries.length} entries, ${exampleCount} examples, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
