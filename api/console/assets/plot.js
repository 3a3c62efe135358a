// One field of one device over time.

import uPlot from './vendor/uPlot.esm.js';
import { get } from './api.js';
import { h } from './dom.js';
import { locale, fieldName, t, unitName, value } from './text.js';

const RANGES = { hours6: 6, hours24: 24, days7: 168 };
const POINTS = 240; // windows in a plot

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The window that gives a plot about POINTS points. */
function windowOf(hours, interval) {
  const seconds = Math.max((hours * 3600) / POINTS, interval || 60);
  const nice = [10, 30, 60, 120, 300, 600, 900, 1800, 3600].find((s) => s >= seconds) ?? 3600;
  return nice;
}

/** Shows the plot of a field in an element; the caller destroys it. */
export class Plot {
  #plot = null;
  #box;
  #stop = null;

  constructor(element) { this.#box = element; }

  async show(device, reading, field, unit, range = 'hours6') {
    this.#stop?.abort();
    this.#stop = new AbortController();
    const hours = RANGES[range];
    const step = windowOf(hours, device.interval_s);
    const start = new Date(Math.floor((Date.now() - hours * 3600e3) / 1000 / step) * step * 1000).toISOString();
    const page = await get('/v1/readings', {
      device: device.device_id, measurement: reading.measurement, fields: field, start, window: `${step}s`, aggregate: 'mean',
    }, this.#stop.signal);
    const rows = page.readings.filter((r) => same(r.tags, reading.tags) && typeof r.fields[field] === 'number');
    this.#draw(withGaps(rows, field, step), [Date.parse(start) / 1000, Date.now() / 1000], field, unit, (key) => this.show(device, reading, field, unit, key), range);
  }

  #draw([x, y], ends, field, unit, choose, range) {
    this.destroy();
    const buttons = Object.keys(RANGES).map((key) => h('button.plain', {
      type: 'button', 'aria-pressed': String(key === range), onclick: () => choose(key),
    }, t(key)));
    this.#box.replaceChildren(h('div.plot-head', {}, h('h3', {}, `${fieldName(field)} `, h('small', {}, unitName(unit))), h('div.switch', {}, ...buttons)));
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
      hooks: { setCursor: [(u) => this.#tip(u, unit)] },
    }, [x, y], this.#box);
    this.#tipBox = h('output.plot-tip');
    this.#box.append(this.#tipBox);
  }

  #tipBox = null;

  #tip(u, unit) {
    const i = u.cursor.idx;
    const v = i === null || i === undefined ? null : u.data[1][i];
    this.#tipBox && (this.#tipBox.textContent = v === null || v === undefined ? ''
      : `${new Date(u.data[0][i] * 1000).toLocaleString(locale(), { dateStyle: 'short', timeStyle: 'short' })}  ${value(v)} ${unitName(unit)}`);
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

/** Columns for uPlot, with a gap where windows are missing. */
function withGaps(rows, field, step) {
  const x = [];
  const y = [];
  for (const r of rows) {
    const at = Date.parse(r.time) / 1000;
    if (x.length && at - x.at(-1) > 4 * step) {
      x.push(x.at(-1) + step);
      y.push(null);
    }
    x.push(at);
    y.push(r.fields[field]);
  }
  return [x, y];
}

function times(u, splits) {
  const long = u.scales.x.max - u.scales.x.min > 2 * 86400;
  const options = long ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' };
  return splits.map((s) => new Date(s * 1000).toLocaleString(locale(), options));
}
