import { html, svg } from '/dom.js';

/** A plot of a series over the last two minutes. */
export function plot({ metric, service, labels, unit, points }) {
  const last = points.at(-1);
  const most = Math.max(...points.map(({ value }) => value));
  const top = most > 0 ? most : 1;
  const line = points.map(({ atMs, value }) => `${x(last.atMs - atMs)},${y(value / top)}`).join(' ');
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

const x = (agoMs) => (240 - (agoMs / SHOWN_MS) * 240).toFixed(1);
const y = (share) => (57 - share * 54).toFixed(1);
const short = (value) => (Number.isInteger(value) ? String(value) : value.toPrecision(3));
const SHOWN_MS = 120_000;
