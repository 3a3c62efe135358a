// One field of one device over time.

import uPlot from './vendor/uPlot.esm.js';
import { get } from './api.js';
import { h } from './dom.js';
import { fieldName, t, trouble, value, written, ZONE } from './text.js';
import { unitOf, withUnit } from './units.js';

const RANGES = { hours6: 6, hours24: 24, days7: 168, days30: 720, days365: 8760 };
const LONG = 168; // hours from which on windows that are made already are asked for
const POINTS = 240; // windows in a plot

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The window that gives a plot about POINTS points. */
function windowOf(hours, interval) {
  const seconds = Math.max((hours * 3600) / POINTS, interval || 60);
  return [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 10800, 86400].find((s) => s >= seconds) ?? 172800;
}

/** Shows the plot of a field in an element; the caller destroys it. */
export class Plot {
  #plot = null;
  #box;
  #stop = null;

  constructor(element) { this.#box = element; }

  async show(device, reading, field, range = 'hours6') {
    this.#stop?.abort();
    const stop = this.#stop = new AbortController();
    const hours = RANGES[range];
    const ask = { device: device.device_id, measurement: reading.measurement, fields: field };
    const draw = (columns, start) => this.#draw(columns, [start / 1000, Date.now() / 1000], reading.measurement, field, (key) => this.show(device, reading, field, key), range);
    try {
      const { rows, step, start, level } = await series(ask, hours, device.interval_s, field, stop.signal);
      draw(withGaps(rows.filter((r) => same(r.tags, reading.tags) && typeof r.value === 'number'), step), start);
      this.#box.append(h('p.quiet.level', {}, t('level', { l: t(`level_${level}`) })));
    } catch (e) {
      if (stop.signal.aborted) return;
      draw([[], []], Date.now());
      this.#box.append(h('p.quiet', {}, trouble(e)));
    }
  }

  #draw([x, y], ends, measurement, field, choose, range) {
    this.destroy();
    const buttons = Object.keys(RANGES).map((key) => h('button.plain', {
      type: 'button', 'aria-pressed': String(key === range), onclick: () => choose(key),
    }, t(key)));
    this.#box.replaceChildren(h('div.plot-head', {}, h('h3', {}, `${fieldName(field)} `, h('small', {}, unitOf(measurement, field))), h('div.switch', { role: 'group', 'aria-label': t('range') }, ...buttons)));
    if (!x.length) {
      this.#box.append(h('p.quiet', {}, t('noData')));
      return;
    }
    const axis = { stroke: css('--quiet'), grid: { stroke: css('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui' };
    this.#plot = new uPlot({
      width: this.#box.clientWidth, height: 160, cursor: { y: false, points: { size: 7 } }, legend: { show: false },
      scales: { x: { time: true, range: ends }, y: { range: around } },
      axes: [{ ...axis, size: 26, space: 60, values: times }, { ...axis, size: 46, values: (_, v) => v.map(value) }],
      series: [{}, { stroke: css('--online'), width: 2, fill: css('--online-soft'), points: { show: x.length < 30 }, spanGaps: false }],
      hooks: { setCursor: [(u) => this.#tip(u, measurement, field)] },
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), ZONE),
    }, [x, y], this.#box);
    const figures = y.filter((v) => v !== null);
    const said = (v) => withUnit(measurement, field, v);
    this.#plot.root.setAttribute('role', 'img');
    this.#plot.root.setAttribute('aria-label', t('plotSays', {
      f: fieldName(field), r: t(range), low: said(Math.min(...figures)), high: said(Math.max(...figures)), last: said(figures.at(-1)),
    }));
    this.#tipBox = h('output.plot-tip');
    this.#box.append(this.#tipBox);
  }

  #tipBox = null;

  #tip(u, measurement, field) {
    const i = u.cursor.idx;
    const v = i === null || i === undefined ? null : u.data[1][i];
    this.#tipBox && (this.#tipBox.textContent = v === null || v === undefined ? ''
      : `${written(u.data[0][i] * 1000, { dateStyle: 'short', timeStyle: 'short' })}  ${withUnit(measurement, field, v)}`);
  }

  destroy() {
    this.#plot?.destroy();
    this.#plot = null;
  }
}

/** The range of the values with some air; one value alone has some too. */
function around(_, low, high) {
  if (low === null) return [0, 1];
  const air = Math.max((high - low) * 0.15, Math.abs(high) * 0.02, 0.5);
  return [low >= 0 ? Math.max(0, low - air) : low - air, high + air];
}

function same(a = {}, b = {}) {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((k) => a[k] === b[k]);
}

const LEVELS = { raw: 0, '15m': 900, '1h': 3600, '1d': 86400, '1mo': 31 * 86400 }; // seconds of a window

/**
 * What there is of a field since some hours ago: windows that are made already
 * for long ranges, else means of readings.
 */
async function series(ask, hours, interval, field, signal) {
  const since = Date.now() - hours * 3600e3;
  if (hours >= LONG) {
    const start = new Date(since).toISOString();
    const page = await get('/v1/readings', { ...ask, start, level: 'auto', limit: 10000 }, signal);
    const rows = page.readings.map((r) => ({ ...r, value: valueIn(r.fields, field) }));
    if (page.level !== 'raw' && rows.some((r) => r.value !== undefined)) return { rows, step: LEVELS[page.level], start: since, level: page.level };
  }
  const step = windowOf(hours, interval);
  const start = Math.floor(since / 1000 / step) * step * 1000;
  const page = await get('/v1/readings', { ...ask, start: new Date(start).toISOString(), window: `${step}s`, aggregate: 'mean' }, signal);
  return { rows: page.readings.map((r) => ({ ...r, value: r.fields[field] })), step, start, level: page.level };
}

/** The value of a window: its mean, the share of time it was on, or what it grew by. */
const valueIn = (fields, field) => fields[`${field}_mean`] ?? fields[`${field}_on_pct`] ?? fields[`${field}_inc`];

/** Columns for uPlot, with a gap where windows are missing. */
function withGaps(rows, step) {
  const x = [];
  const y = [];
  for (const r of rows) {
    const at = Date.parse(r.time) / 1000;
    if (x.length && at - x.at(-1) > 4 * step) {
      x.push(x.at(-1) + step);
      y.push(null);
    }
    x.push(at);
    y.push(r.value);
  }
  return [x, y];
}

function times(u, splits) {
  const long = u.scales.x.max - u.scales.x.min > 2 * 86400;
  const options = long ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' };
  return splits.map((s) => written(s * 1000, options));
}
