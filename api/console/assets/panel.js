// The side panel: one device, its last readings and a plot.

import { $, h } from './dom.js';
import { Plot } from './plot.js';
import { reportedPosition } from './reported.js';
import { Tail } from './tail.js';
import { ago, fieldName, kindName, measurementName, span, stamp, t } from './text.js';
import { figure, mainReading, unitOf } from './units.js';

export class Panel {
  #box = $('panel');
  #fleet;
  #closed;
  #device = null;
  #plot = null;
  #tail = null;
  #field = '';
  #opener = null; // what had the keyboard before

  constructor(fleet, closed) {
    this.#fleet = fleet;
    this.#closed = closed;
    fleet.addEventListener('heard', (e) => {
      const news = this.#device && e.detail.find((d) => d.device_id === this.#device.device_id);
      if (news) this.#refresh(news);
    });
    setInterval(() => this.#age(), 1000);
    addEventListener('keydown', (e) => {
      if (e.key === 'Escape' && this.#device && !document.querySelector('dialog[open]') && !e.target.value) this.#closed(); // in a field, Escape empties it
    });
  }

  get device() { return this.#device; }

  /** Shows the device of that id, or none. */
  show(id) {
    const device = this.#fleet.devices.get(id);
    if (!device) this.close();
    if (!device || device.device_id === this.#device?.device_id) return;
    if (!this.#box.contains(document.activeElement)) this.#opener = document.activeElement;
    this.#device = device;
    this.#field = '';
    this.#box.hidden = false;
    document.body.dataset.panel = 'open';
    this.#draw();
    this.#box.focus({ preventScroll: true });
  }

  close() {
    if (this.#box.hidden) return;
    this.#plot?.destroy();
    this.#tail?.close();
    this.#device = null;
    this.#box.hidden = true;
    delete document.body.dataset.panel;
    const row = this.#opener?.dataset?.id; // the list may have been drawn anew since
    (row ? document.querySelector(`[data-id="${CSS.escape(row)}"]`) : this.#opener)?.focus({ preventScroll: true });
  }

  redraw() { if (this.#device) this.#draw(); }

  #draw() {
    const d = this.#device;
    this.#plot?.destroy();
    this.#tail?.close();
    this.#tail = new Tail(d.device_id);
    const plotBox = h('div.plot');
    this.#plot = new Plot(plotBox);
    this.#box.replaceChildren(
      h('button.plain.close', { type: 'button', title: t('close'), 'aria-label': t('close'), onclick: () => this.#closed() }, '×'),
      h('p.eyebrow', {}, kindName(d.kind)),
      h('h2', {}, d.name || d.device_id),
      h('p.quiet', {}, d.name ? h('code', {}, d.device_id) : '', d.name ? ' · ' : '', [d.comune_name, d.zone].filter(Boolean).join(', ')),
      h('p.chips', {}, h(`span.chip.${d.state}`, { id: 'panel-state' }, t(`is_${d.state}`)), h('span.quiet', { id: 'panel-seen' }),
        d.interval_s ? h('span.quiet', {}, t('every', { t: span(d.interval_s) })) : '', d.premises ? h('span.quiet', {}, t('premises')) : ''),
      reportedPosition(d.device_id),
      plotBox,
      h('div', { id: 'panel-readings' }),
      this.#tail.element(),
    );
    this.#drawReadings();
    this.#age();
    const first = this.#firstField();
    if (first) this.#choose(...first);
  }

  #drawReadings() {
    const d = this.#device;
    const tables = d.readings.map((r) => h('section.series', {},
      h('h3', {}, measurementName(r.measurement), ' ', h('small', {}, Object.entries(r.tags ?? {}).map(([k, v]) => `${k} ${v}`).join(', '))),
      h('ul', {}, ...Object.entries(r.fields).map(([field, v]) => h('li', {}, this.#figure(r, field, v)))),
      h('p.quiet', {}, h('time', { dateTime: r.time }, stamp(r.time)))));
    $('panel-readings').replaceChildren(...(tables.length ? tables : [h('p.quiet', {}, t('noReadings'))]));
  }

  #figure(reading, field, v) {
    const pressed = this.#field === keyOf(reading, field);
    return h('button.figure', {
      type: 'button', title: t('plotOf', { f: fieldName(field) }), 'aria-pressed': String(pressed),
      onclick: () => this.#choose(reading, field),
    }, h('span', {}, fieldName(field)), h('b', {}, figure(reading.measurement, field, v), ' ', h('small', {}, unitOf(reading.measurement, field))));
  }

  async #choose(reading, field) {
    this.#field = keyOf(reading, field);
    this.#drawReadings();
    await this.#plot.show(this.#device, reading, field);
  }

  #firstField() {
    const usual = mainReading(this.#device);
    const field = usual && Object.keys(usual.fields).find((f) => typeof usual.fields[f] === 'number' && f !== 'up' && f !== 'window_s');
    return field ? [usual, field] : null;
  }

  #refresh(device) {
    this.#device = device;
    const focused = document.activeElement?.closest('#panel-readings') ? document.activeElement.title : '';
    this.#drawReadings();
    if (focused) [...this.#box.querySelectorAll('.figure')].find((b) => b.title === focused)?.focus();
    this.#age();
  }

  #age() {
    const d = this.#device;
    if (!d) return;
    $('panel-seen').textContent = d.seenAt ? ago(d.seenAt) : t('never');
    const chip = $('panel-state');
    chip.className = `chip ${d.state}`;
    chip.textContent = t(`is_${d.state}`);
  }
}

const keyOf = (reading, field) => `${reading.measurement}|${JSON.stringify(reading.tags ?? {})}|${field}`;
