import { html, svg } from './dom.js';

/** Plots of all series, over the same time: two minutes, or as long as there is something to show. */
export function plots(all) {
  const times = all.flatMap(({ points }) => points.map(({ atMs }) => atMs));
  const endMs = Math.max(...times);
  const shownMs = Math.max(endMs - Math.min(...times), 10_000);
  return all.map((series) => plot(series, (atMs) => (240 - ((endMs - atMs) / shownMs) * 240).toFixed(1)));
}

function plot({ metric, service, labels, unit, points }, x) {
  const last = points.at(-1);
  const most = Math.max(...points.map(({ value }) => value));
  const top = most > 0 ? most : 1;
  // A lone point is a line as well, from itself to itself.
  const line = [points[0], ...points].map(({ atMs, value }) => `${x(atMs)},${y(value / top)}`).join(' ');
  const text = `${service} ${metric} ${labels}: now ${short(last.value)} ${unit}, at most ${short(most)}`;
  return html(
    'figure',
    {},
    svg(
      'svg',
      { viewBox: '0 0 240 60', preserveAspectRatio: 'none', role: 'img', 'aria-label': text },
      svg('polyline', { points: line }),
    ),
    html(
      'figcaption',
      {},
      html('b', {}, `${service} ${metric}`),
      ` ${labels} `,
      html('span', {}, `${short(last.value)} ${unit}, at most ${short(most)}`),
    ),
  );
}

const y = (share) => (57 - share * 54).toFixed(1);
const short = (value) => (Number.isInteger(value) ? String(value) : value.toPrecision(3));
