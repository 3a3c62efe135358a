// The page of devices that enrolled by themselves and wait for approval.

import { get, pages, post } from './api.js';
import { h, table } from './dom.js';
import { kindName, stamp, t, trouble } from './text.js';

/** The waiting devices; approving one lets its messages out of quarantine. */
export async function drawPending({ say, again }) {
  const waiting = [];
  await pages('/v1/devices', { pending: true, limit: 1000 }, (page) => waiting.push(...page.devices));
  const approve = async (d) => {
    try {
      await post('/v1/devices/approve', { ids: [d.device_id] });
      await post('/v1/quarantine/replay', { reason: 'unknown_device', device: d.device_id });
      say(t('approvedDevice', { id: d.device_id }));
      await again();
    } catch (e) {
      say(trouble(e), e.status);
    }
  };
  const head = ['id', 'kind', 'comune', 'format', 'enrolled', 'actions'].map((k) => t(k));
  return [h('h1', {}, t('pending')), h('p', {}, t('pendingHelp')), waiting.length
    ? table(head, waiting.map((d) => [h('code', {}, d.device_id), kindName(d.kind), d.comune_name, d.format ?? '', stamp(d.updated),
      h('button', { type: 'button', 'aria-label': `${t('approve')}: ${d.device_id}`, onclick: () => approve(d) }, t('approve'))]))
    : h('p.empty', {}, t('noPending'))];
}

/** How many devices wait, for those who may know. */
export const countPending = () => get('/v1/devices', { pending: true, limit: 1, fields: 'device_id' }).then((page) => page.matched);
