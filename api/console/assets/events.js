// The page of events: what is the matter now, taking it on, and what is over.

import { get, post } from './api.js';
import { h, table } from './dom.js';
import { number, stamp, t, trouble } from './text.js';

const SEVERITIES = ['information', 'notice', 'warning', 'fault', 'critical', 'emergency'];
const OVER = 20; // events shown that are over
const MANY = 100; // new events beyond which nobody counts

/** The name of a type; an alarm's own type is shown as it is. */
const typeName = (type) => {
  const key = `e_${type}`;
  const name = t(key);
  return name === key ? type : name;
};

const severity = (e) => h(`span.severity.${SEVERITIES[e.severity]}`, {}, t(`s_${SEVERITIES[e.severity]}`));

/** What it is about, with a way to the device. */
function what(e) {
  return h('span', {}, h('b', {}, typeName(e.type)), h('small.hint', {}, e.text), e.device ? h('a', { href: `#devices/${e.device}` }, h('code', {}, e.device)) : '');
}

function takenBy(e) {
  const { who, when, note } = e.acknowledged;
  return h('span', {}, `${t('acknowledgedBy', { who })} · ${stamp(when)}`, note ? ` · ${note}` : '');
}

function form(take, e) {
  const label = (word) => `${t(word)}: ${typeName(e.type)}, ${e.device || e.text}`;
  const note = h('input', { maxLength: 200, placeholder: t('note'), 'aria-label': label('note') });
  return h('form.actions', { onsubmit: (s) => { s.preventDefault(); take(e, { note: note.value.trim() }); } },
    note, h('button', { 'aria-label': label('takeOn') }, t('takeOn')));
}

/** What can be done about an open event: presence ends by itself, an alarm by hand too. */
function doing(e, take) {
  const end = e.source === 'device' ? h('button.plain', { type: 'button', 'aria-label': `${t('endAlarm')}: ${typeName(e.type)}, ${e.device ?? ''}`, onclick: () => take(e, { close: true }) }, t('endAlarm')) : '';
  return h('span.doing', {}, e.acknowledged ? takenBy(e) : form(take, e), end);
}

/** The events that are open, those raised last first, then what is over. */
export async function drawEvents({ say, again }) {
  const [{ events, next }, over] = await Promise.all(['open', 'closed'].map((state) => get('/v1/events', { state, limit: state === 'open' ? 200 : OVER })));
  const take = async (e, what) => {
    try {
      await post(`/v1/events/${encodeURIComponent(e.id)}/acknowledge`, what);
      await again();
    } catch (problem) {
      say(trouble(problem), problem.status);
    }
  };
  const heads = (...keys) => keys.map((k) => t(k));
  return [h('h1', {}, t('events')),
    events.length
      ? table(heads('severity', 'eventType', 'devices', 'since', 'state'), events.map((e) => [severity(e), what(e), number(e.count), stamp(e.raised), doing(e, take)]))
      : h('p.empty', {}, t('allWell')),
    next ? h('p.quiet', {}, t('andMore')) : '',
    ...(over.events.length ? [h('h2', {}, t('over')), table(heads('severity', 'eventType', 'devices', 'since', 'until', 'state'),
      over.events.map((e) => [severity(e), what(e), number(e.most), stamp(e.raised), stamp(e.closed), e.acknowledged ? takenBy(e) : '–']))] : [])];
}

/** How many events nobody has taken on, for those who may know. */
export const countNew = () => get('/v1/events', { state: 'open', new: true, limit: MANY }).then(({ events, next }) => (next ? `${events.length}+` : events.length));
