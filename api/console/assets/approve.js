// Approving a device that was heard of and is not registered: its entry is
// imported, then what it said is replayed from quarantine.

import { get, post, postFile } from './api.js';
import { $, h } from './dom.js';
import { kindName, number, t, trouble } from './text.js';

const KINDS = ['wifi_ap', 'bb_node', 'bb_probe', 'air', 'noise', 'weather', 'water', 'traffic', 'parking', 'light', 'bin', 'people', 'gateway'];

/** What the topic of a native device says about it. */
function fromTopic(topic) {
  const [, , comune, kind] = /^sc\/v1\//.test(topic ?? '') ? topic.split('/') : [];
  return { comune: comune ?? '', kind: KINDS.includes(kind) ? kind : KINDS[0] };
}

const quoted = (value) => `"${String(value).replaceAll('"', '""')}"`;

/** Asks for what is not known of the device, registers and replays it. */
export async function approve(group, say, done) {
  const { entries } = await get('/v1/quarantine', { reason: group.reason, device: group.device, limit: 1 });
  const known = fromTopic(entries[0]?.topic);
  const field = (name, label, input) => h('label', {}, h('span', {}, label), Object.assign(input, { name }));
  const form = h('form', { method: 'dialog' },
    h('h2', {}, t('approve')), h('p', {}, h('code', {}, group.device)),
    field('kind', t('kind'), h('select', {}, ...KINDS.map((k) => h('option', { value: k, selected: k === known.kind }, kindName(k))))),
    field('comune', t('istat'), h('input', { value: known.comune, required: true, pattern: '[0-9]{6}', inputMode: 'numeric' })),
    field('name', t('name'), h('input', { maxLength: 200 })),
    h('div.pair', {}, field('lat', t('latitude'), h('input', { inputMode: 'decimal' })), field('lon', t('longitude'), h('input', { inputMode: 'decimal' }))),
    h('menu', {}, h('button.plain', { type: 'button', onclick: () => dialog.close('cancel') }, t('cancel')), h('button', { value: 'ok' }, t('approve'))));
  const dialog = h('dialog', { id: 'approve', 'aria-label': `${t('approve')}: ${group.device}` }, form);
  dialog.addEventListener('close', async () => {
    dialog.remove();
    if (dialog.returnValue === 'ok') await register(group, new FormData(form), say, done);
  });
  $('main').append(dialog);
  dialog.showModal();
}

async function register(group, form, say, done) {
  const columns = ['kind', 'comune', 'name', 'lat', 'lon'];
  const file = `device_id,${columns}\n${[group.device, ...columns.map((c) => form.get(c).trim())].map(quoted)}\n`;
  try {
    await postFile('/v1/devices/import', 'text/csv', file);
    const { entries } = await post('/v1/quarantine/replay', { reason: group.reason, device: group.device });
    say(t('replayed', { n: number(entries) }));
  } catch (e) {
    say(trouble(e), e.status);
  }
  done();
}
