// The strip of figures at the top: is the server well, how much comes in.

import { get } from './api.js';
import { $, h } from './dom.js';
import { compact, number, t, written } from './text.js';

const EVERY = 3000; // ms between two looks
const PATIENCE = 2000; // ms without a connection before it is told

export class Strip {
  #before = null;
  #rate = null;
  #link = true;
  #overview = null;
  #refused = false;
  #away = null; // since when there is no connection, and when it is told

  constructor(fleet, changed) {
    fleet.addEventListener('link', (e) => { this.#link = e.detail; this.#tell(); this.draw(); });
    const look = async () => {
      try {
        const o = await get('/v1/overview');
        if (this.#before && o.time > this.#before.time && o.points >= this.#before.points) {
          this.#rate = (o.points - this.#before.points) / ((Date.parse(o.time) - Date.parse(this.#before.time)) / 1000);
        }
        if (this.#before && o.revision !== this.#before.revision) changed();
        this.#before = this.#overview = o;
        this.#refused = false;
      } catch (e) {
        this.#overview = null;
        this.#refused = e.status === 401 || e.status === 403;
      }
      this.#tell();
      this.draw();
      setTimeout(look, EVERY);
    };
    look();
  }

  /** Tells that there is no connection, and since when; says nothing of what is over at once. */
  #tell() {
    if (this.#refused || (this.#overview && this.#link)) {
      clearTimeout(this.#away?.timer);
      this.#away = null;
      $('away').textContent = '';
    } else if (!this.#away) {
      const since = Date.now();
      const timer = setTimeout(() => { $('away').textContent = t('away', { t: written(since, { timeStyle: 'medium' }) }); }, PATIENCE);
      this.#away = { timer };
    }
  }

  draw() {
    const o = this.#overview;
    const ready = o?.status.status === 200;
    const [mood, word] = this.#refused ? ['bad', t('noAccess')] : !o || !this.#link ? ['bad', t('offline')] : ready ? ['good', t('ready')] : ['bad', t('notReady')];
    const figure = (name, text, kind = '') => h(`div${kind && `.${kind}`}`, {}, h('dt', {}, name), h('dd', {}, text));
    const status = h('div.status', { title: o?.status.detail ?? '' }, h('dt.hidden', {}, t('state')), h(`dd.${mood}`, {}, word));
    const figures = o ? [
      figure(t('online'), number(o.online), 'online'), figure(t('late'), number(o.late), 'late'), figure(t('silent'), number(o.silent), 'silent'),
      o.waiting ? figure(t('waiting'), number(o.waiting), 'waiting') : '',
      figure(t('rate'), this.#rate === null ? '–' : compact(this.#rate), 'wide'), figure(t('stored'), compact(o.points), 'wide'),
    ] : [];
    $('strip').replaceChildren(status, ...figures);
    $('quarantined').hidden = !o?.quarantined;
    $('quarantined').textContent = o ? compact(o.quarantined) : '';
  }
}
