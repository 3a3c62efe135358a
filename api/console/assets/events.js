// The page of events: what is the matter now, and taking it on.

import { get, post } from './api.js';
import { h, table } from './dom.js';
import { number, stamp, t } from './text.js';

const SEVERITIES = ['information', 'notice', 'warning', 'fault', 'critical', 'emergency'];

/** The name of a type; an alarm's own type is shown as it is. */
const typeName = (type) => {
  const key = `e_${type}`;
  const name = t(key);
  return name === key ? type : name;
};

function takenBy(e) {
  const { who, when, note } = e.acknowledged;
  return h('span', {}, `${t('acknowledgedBy', { who })} · ${stamp(when)}`, note ? ` · ${note}` : '');
}

function form(take, e) {
  const note = h('input', { maxLength: 200, placeholder: t('note'), 'aria-label': t('note') });
  return h('span.actions', {}, note, h('button', { type: 'button', onclick: () => take(e, note.value.trim()) }, t('takeOn')));
}

function row(e, take) {
  return [t(`s_${SEVERITIES[e.severity]}`), typeName(e.type), number(e.count), stamp(e.raised), e.text, e.acknowledged ? takenBy(e) : form(take, e)];
}

/** Draws the events that are open, those raised last first. */
export async function drawEvents(box, say) {
  const { events, next } = await get('/v1/events', { state: 'open', limit: 200 });
  const take = async (e, note) => {
    try {
      await post(`/v1/events/${encodeURIComponent(e.id)}/acknowledge`, { note });
      await drawEvents(box, say);
    } catch (problem) {
      say(t('error', { e: problem.message }), problem.status);
    }
  };
  const heads = ['severity', 'eventType', 'devices', 'since', 'text', 'state'];
  const list = table(heads.map((c) => t(c)), events.map((e) => row(e, take)));
  box.replaceChildren(h('h1', {}, t('events')), events.length ? list : h('p.quiet', {}, t('allWell')), next ? h('p.quiet', {}, t('andMore')) : '');
}
