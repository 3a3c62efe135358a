// The page's words in English and Italian, and how figures are written.

const words = {
  en: {
    skip: 'Skip to the list of devices', views: 'Views', map: 'Map', devices: 'Devices', quarantine: 'Quarantine',
    ledger: 'Ledger', strip: 'State of the city', theme: 'Light or dark', token: 'Access token', filters: 'Filters',
    search: 'Search device, place, zone…', comune: 'Comune', everywhere: 'All comuni', kind: 'Kind', state: 'State',
    online: 'online', late: 'late', silent: 'silent', matched: '{n} of {all} devices', panel: 'Device',
    nomap: 'This browser cannot draw the map (it needs WebGL 2). The list of devices has everything.',
    tokenHelp: 'Reading on this machine needs none. Changing things does: rione keeps it in admin.token of its data folder.',
    ok: 'OK', cancel: 'Cancel', close: 'Close', ready: 'ready', notReady: 'not ready', offline: 'no connection',
    rate: 'points/s', stored: 'stored', quarantined: 'in quarantine', last: 'Last reading', never: 'no reading yet',
    every: 'every {t}', premises: 'in a home: shown by zone', noReadings: 'Nothing was heard of this device yet.',
    zone: 'Zone', name: 'Name', seen: 'Last seen', value: 'Value', id: 'Device', hours6: '6 h', hours24: '24 h', days7: '7 d',
    noData: 'no data in this range', plotOf: 'Plot of {f}', showMap: 'Show on the map', more: 'Show more',
    reason: 'Reason', count: 'Messages', first: 'First', lastTime: 'Last', replay: 'Replay', drop: 'Drop',
    empty: 'Nothing is in quarantine.', replayed: '{n} messages replayed', dropped: '{n} messages dropped',
    sureDrop: 'Drop {n} messages for good?', unknown: 'unknown', acked: 'Acked', storedCol: 'Stored', partial: 'Partial',
    duplicate: 'Duplicate', quarantinedCol: 'Quarantined', expired: 'Expired', open: 'Under way', points: 'Points',
    day: 'The last 24 hours', total: 'Total', byComune: 'by comune', byDoor: 'by door', nothing: 'Nothing here yet.',
    ago: '{t} ago', now: 'just now', error: 'This did not work: {e}', clear: 'Clear', place: 'Place', tags: 'Series',
    hint: 'Choose a device on the map or in the list.', payload: 'Message', entries: 'Messages',
    k_wifi_ap: 'Wi-Fi', k_bb_node: 'Broadband', k_bb_probe: 'Probes', k_air: 'Air', k_noise: 'Noise', k_weather: 'Weather',
    k_water: 'Water', k_traffic: 'Traffic', k_parking: 'Parking', k_light: 'Lights', k_bin: 'Waste', k_people: 'People', k_gateway: 'Gateways',
  },
  it: {
    skip: 'Vai all’elenco dei dispositivi', views: 'Viste', map: 'Mappa', devices: 'Dispositivi', quarantine: 'Quarantena',
    ledger: 'Registro', strip: 'Stato della città', theme: 'Chiaro o scuro', token: 'Chiave di accesso', filters: 'Filtri',
    search: 'Cerca dispositivo, luogo, zona…', comune: 'Comune', everywhere: 'Tutti i comuni', kind: 'Tipo', state: 'Stato',
    online: 'attivi', late: 'in ritardo', silent: 'muti', matched: '{n} dispositivi su {all}', panel: 'Dispositivo',
    nomap: 'Questo browser non può disegnare la mappa (serve WebGL 2). L’elenco dei dispositivi contiene tutto.',
    tokenHelp: 'Per leggere da questa macchina non serve. Per modificare sì: rione la tiene in admin.token nella sua cartella dei dati.',
    ok: 'OK', cancel: 'Annulla', close: 'Chiudi', ready: 'pronto', notReady: 'non pronto', offline: 'nessun collegamento',
    rate: 'punti/s', stored: 'salvati', quarantined: 'in quarantena', last: 'Ultima lettura', never: 'ancora nessuna lettura',
    every: 'ogni {t}', premises: 'in una casa: mostrato per zona', noReadings: 'Questo dispositivo non ha ancora detto nulla.',
    zone: 'Zona', name: 'Nome', seen: 'Ultimo segnale', value: 'Valore', id: 'Dispositivo', hours6: '6 h', hours24: '24 h', days7: '7 g',
    noData: 'nessun dato in questo intervallo', plotOf: 'Grafico di {f}', showMap: 'Mostra sulla mappa', more: 'Mostra altri',
    reason: 'Motivo', count: 'Messaggi', first: 'Primo', lastTime: 'Ultimo', replay: 'Riprova', drop: 'Scarta',
    empty: 'La quarantena è vuota.', replayed: '{n} messaggi riprovati', dropped: '{n} messaggi scartati',
    sureDrop: 'Scartare per sempre {n} messaggi?', unknown: 'sconosciuto', acked: 'Confermati', storedCol: 'Salvati', partial: 'Parziali',
    duplicate: 'Duplicati', quarantinedCol: 'In quarantena', expired: 'Scaduti', open: 'In corso', points: 'Punti',
    day: 'Le ultime 24 ore', total: 'Totale', byComune: 'per comune', byDoor: 'per porta', nothing: 'Ancora nulla.',
    ago: '{t} fa', now: 'adesso', error: 'Non ha funzionato: {e}', clear: 'Azzera', place: 'Luogo', tags: 'Serie',
    hint: 'Scegli un dispositivo sulla mappa o nell’elenco.', payload: 'Messaggio', entries: 'Messaggi',
    k_wifi_ap: 'Wi-Fi', k_bb_node: 'Banda larga', k_bb_probe: 'Sonde', k_air: 'Aria', k_noise: 'Rumore', k_weather: 'Meteo',
    k_water: 'Acqua', k_traffic: 'Traffico', k_parking: 'Parcheggi', k_light: 'Luci', k_bin: 'Rifiuti', k_people: 'Persone', k_gateway: 'Gateway',
  },
};

const KEY = 'rione.language';
let language = localStorage.getItem(KEY) ?? (navigator.language.startsWith('it') ? 'it' : 'en');

export const currentLanguage = () => language;

export function setLanguage(l) {
  language = l;
  localStorage.setItem(KEY, l);
  translate(document);
}

/** The words for a key; {n} and the like are filled in. */
export function t(key, values = {}) {
  const text = words[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

export const kindName = (kind) => t(`k_${kind}`);

/** Puts words on everything that names a key. */
export function translate(root) {
  document.documentElement.lang = language;
  for (const e of root.querySelectorAll('[data-i18n]')) e.textContent = t(e.dataset.i18n);
  for (const e of root.querySelectorAll('[data-i18n-label]')) e.setAttribute('aria-label', t(e.dataset.i18nLabel));
  for (const e of root.querySelectorAll('[data-i18n-placeholder]')) e.placeholder = t(e.dataset.i18nPlaceholder);
  for (const e of root.querySelectorAll('[data-i18n-title]')) {
    e.title = t(e.dataset.i18nTitle);
    e.setAttribute('aria-label', e.title);
  }
}

export const number = (n, digits = 0) => n.toLocaleString(language, { maximumFractionDigits: digits });

/** A count that fits a small place: 12.3k. */
export const compact = (n) => n.toLocaleString(language, { notation: 'compact', maximumFractionDigits: 1 });

/** A value with as many digits as matter. */
export function value(v) {
  if (typeof v !== 'number') return String(v ?? '–');
  if (Number.isInteger(v)) return number(v);
  return number(v, Math.abs(v) >= 100 ? 1 : Math.abs(v) >= 1 ? 2 : 4);
}

/** A length of time in its largest unit. */
export function span(seconds) {
  const units = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const [unit, size] = units.find(([, s]) => seconds >= s) ?? units[3];
  return `${number(Math.floor(seconds / size))} ${unit === 'd' && language === 'it' ? 'g' : unit}`;
}

export function ago(time, now = Date.now()) {
  const seconds = (now - time) / 1000;
  return seconds < 2 ? t('now') : t('ago', { t: span(seconds) });
}

const unitNames = {
  Cel: '°C', '%': '%', 'ug/m3': 'µg/m³', 'mg/m3': 'mg/m³', '[ppm]': 'ppm', deg: '°', 'kW.h': 'kWh', By: 'B', 'W/m2': 'W/m²',
};

export const unitName = (unit) => unitNames[unit] ?? unit ?? '';

/** A date and time, short. */
export const stamp = (time) => new Date(time).toLocaleString(language, { dateStyle: 'short', timeStyle: 'medium' });
