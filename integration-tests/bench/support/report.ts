import type { BenchRow, MemoryRow } from './bench-row.ts';
import { median, perCpuSecond, perWallSecond, type RowSamples } from './rounds.ts';

/** One row as a Markdown table, with its targets below. */
export function reportRow(row: BenchRow, samples: RowSamples): { readonly text: string; readonly isReached: boolean } {
  const { label, size } = row.unit;
  const lines = [
    `### ${row.name}`,
    '',
    row.about,
    '',
    `| contestant | ${label} per CPU-second: median (min - max) | ratio | ${label} per second (wall) | ratio | faults |`,
    '|---|---|---|---|---|---|',
  ];
  const cpu = new Map([...samples].map(([name, all]) => [name, all.map(perCpuSecond)]));
  const wall = new Map([...samples].map(([name, all]) => [name, all.map(perWallSecond)]));
  const [peer = ''] = samples.keys();
  for (const [name, all] of samples) {
    const rates = cpu.get(name) ?? [];
    const range = `${show(median(rates) / size)} (${show(Math.min(...rates) / size)} - ${show(Math.max(...rates) / size)})`;
    const wallRate = median(wall.get(name) ?? []);
    const faults = all.reduce((sum, sample) => sum + sample.faults, 0);
    const ratios = [ratio(cpu, name, peer).toFixed(2), ratio(wall, name, peer).toFixed(2)];
    lines.push(`| ${name} | ${range} | ${ratios[0]} | ${show(wallRate / size)} | ${ratios[1]} | ${faults} |`);
  }
  lines.push('');
  let isReached = true;
  for (const { of, to, atLeast, by } of row.targets) {
    if (!samples.has(of) || !samples.has(to)) continue;
    const reached = ratio(by === 'wall' ? wall : cpu, of, to);
    if (reached < atLeast) isReached = false;
    lines.push(
      `- ${of} to ${to}${by === 'wall' ? ', by the clock' : ''}: **${reached.toFixed(2)}**, wanted ${atLeast.toFixed(2)}${reached < atLeast ? ' - MISSED' : ''}`,
    );
  }
  if ([...samples.values()].flat().some((sample) => sample.faults > 0)) isReached = false;
  return { text: `${lines.join('\n')}\n`, isReached };
}

/** One row of memory as a Markdown table, with its targets below. */
export function reportMemory(
  row: MemoryRow,
  samples: ReadonlyMap<string, readonly number[]>,
): { readonly text: string; readonly isReached: boolean } {
  const lines = [
    `### ${row.name}`,
    '',
    row.about,
    '',
    `| contestant | ${row.unit}: median (min - max) | ratio |`,
    '|---|---|---|',
  ];
  const [peer = ''] = samples.keys();
  for (const [name, values] of samples) {
    const range = `${show(median(values))} (${show(Math.min(...values))} - ${show(Math.max(...values))})`;
    lines.push(`| ${name} | ${range} | ${ratio(samples, name, peer).toFixed(2)} |`);
  }
  lines.push('');
  let isReached = true;
  for (const { of, to, atMost } of row.targets) {
    const reached = to === undefined ? median(samples.get(of) ?? []) : ratio(samples, of, to);
    const [what, figures] =
      to === undefined
        ? [`${of}, ${row.unit}`, [show(reached), show(atMost)]]
        : [`${of} to ${to}`, [reached.toFixed(2), atMost.toFixed(2)]];
    if (reached > atMost) isReached = false;
    lines.push(`- ${what}: **${figures[0]}**, wanted at most ${figures[1]}${reached > atMost ? ' - MISSED' : ''}`);
  }
  return { text: `${lines.join('\n')}\n`, isReached };
}

/** The median of the rounds' own ratios: neighbours in time are compared, so that a slow minute cancels out. */
function ratio(rates: ReadonlyMap<string, readonly number[]>, of: string, to: string): number {
  const base = rates.get(to) ?? [];
  return median((rates.get(of) ?? []).map((rate, round) => rate / (base[round] ?? Number.NaN)));
}

function show(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en-US');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
