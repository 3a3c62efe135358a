// The page's words in English and Italian, and how figures are written.

const words = {
  en: {
    skip: 'Skip to the list of devices', views: 'Views', map: 'Map', devices: 'Devices', quarantine: 'Quarantine',
    ledger: 'Ledger', strip: 'State of the city', theme: 'Light or dark', token: 'Access token', filters: 'Filters',
    is_online: 'online', is_late: 'late', is_silent: 'silent', is_waiting: 'waiting', waiting: 'waiting',
    search: 'Device, place, zone…', comune: 'Comune', everywhere: 'All comuni', kind: 'Kind', state: 'State',
    online: 'online', late: 'late', silent: 'silent', matched: '{n} of {all} devices', panel: 'Device',
    nomap: 'This browser cannot draw the map (it needs WebGL 2). The list of devices has everything.',
    tokenHelp: 'Reading on this machine needs none. Changing things does: rione keeps it in admin.token of its data folder.',
    ok: 'OK', cancel: 'Cancel', close: 'Close', ready: 'ready', notReady: 'not ready', offline: 'no connection',
    rate: 'points/s', stored: 'stored', quarantined: 'in quarantine', last: 'Last reading', never: 'no reading yet',
    every: 'every {t}', premises: 'in a home: shown by zone', noReadings: 'Nothing was heard of this device yet.',
    zone: 'Zone', name: 'Name', seen: 'Last seen', value: 'Value', id: 'Device', hours6: '6 h', hours24: '24 h', days7: '7 d',
    noData: 'no data in this range', plotOf: 'Plot of {f}', showMap: 'Show on the map', more: 'Show more',
    approve: 'Approve', istat: 'Comune (ISTAT code)', latitude: 'Latitude', longitude: 'Longitude',
    reason: 'Reason', count: 'Messages', first: 'First', lastTime: 'Last', replay: 'Replay', drop: 'Drop',
    empty: 'Nothing is in quarantine.', replayed: '{n} messages replayed', dropped: '{n} messages dropped',
    sureDrop: 'Drop {n} messages for good?', unknown: 'unknown', acked: 'Acked', storedCol: 'Stored', partial: 'Partial',
    duplicate: 'Duplicate', quarantinedCol: 'Quarantined', expired: 'Expired', open: 'Under way', points: 'Points',
    day: 'The last 24 hours', total: 'Total', byComune: 'By comune', door: 'Door', nothing: 'Nothing here yet.',
    ago: '{t} ago', now: 'just now', error: 'This did not work: {e}', clear: 'Clear', place: 'Place', tags: 'Series',
    events: 'Events', severity: 'Severity', eventType: 'What', since: 'Since', text: 'Details', takeOn: 'Take on', allWell: 'Nothing is the matter.',
    andMore: 'There are more; `rione events list` shows all.', acknowledgedBy: 'taken on by {who}', note: 'What is done about it',
    e_silent: 'silent', e_disconnected: 'disconnected', e_gateway_down: 'gateway down', e_comune_wide: 'comune cut off', e_own_fault: 'rione itself',
    s_information: 'information', s_notice: 'notice', s_warning: 'warning', s_fault: 'fault', s_critical: 'critical', s_emergency: 'emergency',
    hint: 'Choose a device on the map or in the list.', payload: 'Message', entries: 'Messages',
    k_wifi_ap: 'Wi-Fi', k_bb_node: 'Broadband', k_bb_probe: 'Probes', k_air: 'Air', k_noise: 'Noise', k_weather: 'Weather',
    k_water: 'Water', k_traffic: 'Traffic', k_parking: 'Parking', k_light: 'Lights', k_bin: 'Waste', k_people: 'People', k_gateway: 'Gateways',
  },
  it: {
    skip: 'Vai all’elenco dei dispositivi', views: 'Viste', map: 'Mappa', devices: 'Dispositivi', quarantine: 'Quarantena',
    ledger: 'Registro', strip: 'Stato della città', theme: 'Chiaro o scuro', token: 'Chiave di accesso', filters: 'Filtri',
    is_online: 'attivo', is_late: 'in ritardo', is_silent: 'muto', is_waiting: 'in attesa', waiting: 'in attesa',
    search: 'Dispositivo, luogo, zona…', comune: 'Comune', everywhere: 'Tutti i comuni', kind: 'Tipo', state: 'Stato',
    online: 'attivi', late: 'in ritardo', silent: 'muti', matched: '{n} dispositivi su {all}', panel: 'Dispositivo',
    nomap: 'Questo browser non può disegnare la mappa (serve WebGL 2). L’elenco dei dispositivi contiene tutto.',
    tokenHelp: 'Per leggere da questa macchina non serve. Per modificare sì: rione la tiene in admin.token nella sua cartella dei dati.',
    ok: 'OK', cancel: 'Annulla', close: 'Chiudi', ready: 'pronto', notReady: 'non pronto', offline: 'nessun collegamento',
    rate: 'punti/s', stored: 'salvati', quarantined: 'in quarantena', last: 'Ultima lettura', never: 'ancora nessuna lettura',
    every: 'ogni {t}', premises: 'in una casa: mostrato per zona', noReadings: 'Questo dispositivo non ha ancora detto nulla.',
    zone: 'Zona', name: 'Nome', seen: 'Ultimo segnale', value: 'Valore', id: 'Dispositivo', hours6: '6 h', hours24: '24 h', days7: '7 g',
    noData: 'nessun dato in questo intervallo', plotOf: 'Grafico di {f}', showMap: 'Mostra sulla mappa', more: 'Mostra altri',
    approve: 'Approva', istat: 'Comune (codice ISTAT)', latitude: 'Latitudine', longitude: 'Longitudine',
    reason: 'Motivo', count: 'Messaggi', first: 'Primo', lastTime: 'Ultimo', replay: 'Riprova', drop: 'Scarta',
    empty: 'La quarantena è vuota.', replayed: '{n} messaggi riprovati', dropped: '{n} messaggi scartati',
    sureDrop: 'Scartare per sempre {n} messaggi?', unknown: 'sconosciuto', acked: 'Confermati', storedCol: 'Salvati', partial: 'Parziali',
    duplicate: 'Duplicati', quarantinedCol: 'In quarantena', expired: 'Scaduti', open: 'In corso', points: 'Punti',
    day: 'Le ultime 24 ore', total: 'Totale', byComune: 'Per comune', door: 'Porta', nothing: 'Ancora nulla.',
    ago: '{t} fa', now: 'adesso', error: 'Non ha funzionato: {e}', clear: 'Azzera', place: 'Luogo', tags: 'Serie',
    events: 'Eventi', severity: 'Gravità', eventType: 'Che cosa', since: 'Da', text: 'Dettagli', takeOn: 'Prendi in carico', allWell: 'Va tutto bene.',
    andMore: 'Ce ne sono altri: `rione events list` li mostra tutti.', acknowledgedBy: 'preso in carico da {who}', note: 'Che cosa si fa',
    e_silent: 'muto', e_disconnected: 'scollegato', e_gateway_down: 'gateway fermo', e_comune_wide: 'comune isolato', e_own_fault: 'rione stesso',
    s_information: 'informazione', s_notice: 'avviso', s_warning: 'attenzione', s_fault: 'guasto', s_critical: 'critico', s_emergency: 'emergenza',
    hint: 'Scegli un dispositivo sulla mappa o nell’elenco.', payload: 'Messaggio', entries: 'Messaggi',
    k_wifi_ap: 'Wi-Fi', k_bb_node: 'Banda larga', k_bb_probe: 'Sonde', k_air: 'Aria', k_noise: 'Rumore', k_weather: 'Meteo',
    k_water: 'Acqua', k_traffic: 'Traffico', k_parking: 'Parcheggi', k_light: 'Luci', k_bin: 'Rifiuti', k_people: 'Persone', k_gateway: 'Gateway',
  },
};

const KEY = 'rione.language';
let language = localStorage.getItem(KEY) ?? (navigator.language.startsWith('it') ? 'it' : 'en');

export const currentLanguage = () => language;

/** The locale that figures and times are written in. */
export const locale = () => (language === 'it' ? 'it-IT' : 'en-GB');

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

// What fields are called, English and Italian; others keep the schema's name.
const fields = {
  pm1_ugm3: 'PM1', pm25_ugm3: 'PM2.5', pm10_ugm3: 'PM10', no2_ugm3: 'NO₂', o3_ugm3: 'O₃', so2_ugm3: 'SO₂', co_mgm3: 'CO',
  c6h6_ugm3: ['Benzene', 'Benzene'], co2_ppm: 'CO₂', temp_c: ['Temperature', 'Temperatura'], rh_pct: ['Humidity', 'Umidità'],
  press_hpa: ['Pressure', 'Pressione'], wind_ms: ['Wind', 'Vento'], gust_ms: ['Gusts', 'Raffiche'],
  wind_deg: ['Wind from', 'Vento da'], rain_mm: ['Rain', 'Pioggia'], solar_wm2: ['Sunlight', 'Irraggiamento'],
  lux: ['Brightness', 'Luminosità'], laeq_db: 'LAeq', lamax_db: 'LAmax', lamin_db: 'LAmin', level_m: ['Level', 'Livello'],
  distance_m: ['Distance', 'Distanza'], count: ['Vehicles', 'Veicoli'], speed_kmh: ['Speed', 'Velocità'],
  occ_pct: ['Occupancy', 'Occupazione'], occupied: ['Occupied', 'Occupato'], free: ['Free', 'Liberi'], total: ['Spaces', 'Posti'],
  lit: ['Lit', 'Acceso'], dim_pct: ['Dimming', 'Regolazione'], power_w: ['Power', 'Potenza'], energy_kwh: ['Energy', 'Energia'],
  fault: ['Fault', 'Guasto'], fill_pct: ['Filling', 'Riempimento'], tilted: ['Tilted', 'Inclinato'], in_n: ['In', 'Entrati'],
  out_n: ['Out', 'Usciti'], up: ['In service', 'In servizio'], clients: ['Clients', 'Utenti'], cpu_pct: 'CPU',
  mem_used_pct: ['Memory', 'Memoria'], uptime_s: ['Running for', 'Acceso da'], util_pct: ['Channel use', 'Uso del canale'],
  noise_dbm: ['Noise floor', 'Rumore di fondo'], tx_power_dbm: ['Sent power', 'Potenza emessa'],
  rx_power_dbm: ['Received power', 'Potenza ricevuta'], sync_down_kbps: ['Rate down', 'Velocità in discesa'],
  sync_up_kbps: ['Rate up', 'Velocità in salita'], loss_pct: ['Loss', 'Perdita'], rtt_avg_ms: ['Round trip', 'Andata e ritorno'],
  jitter_ms: 'Jitter', capacity_mbps: ['Capacity', 'Capacità'], battery_pct: ['Battery', 'Batteria'], battery_v: ['Battery', 'Batteria'],
  rssi_dbm: ['Signal', 'Segnale'], snr_db: 'SNR', online: ['Connected', 'Collegato'], window_s: ['Window', 'Finestra'],
};

const inLanguage = (name) => (Array.isArray(name) ? name[language === 'it' ? 1 : 0] : name);

export const fieldName = (field) => inLanguage(fields[field]) ?? field;

const measurements = {
  wifi_ap: ['Access point', 'Punto di accesso'], wifi_radio: 'Radio', wifi_ssid: ['Network', 'Rete'], net_if: ['Interface', 'Interfaccia'],
  bb_link: ['Line', 'Linea'], bb_probe: ['Probe', 'Sonda'], bb_speed: ['Speed test', 'Prova di velocità'], air: ['Air', 'Aria'],
  noise: ['Noise', 'Rumore'], weather: ['Weather', 'Meteo'], water: ['Water', 'Acqua'], traffic: ['Traffic', 'Traffico'],
  parking_spot: ['Parking space', 'Posto auto'], parking_area: ['Car park', 'Parcheggio'], light: ['Light', 'Luce'],
  bin: ['Container', 'Contenitore'], people: ['People', 'Persone'], device: ['Device', 'Dispositivo'],
};

export const measurementName = (name) => inLanguage(measurements[name]) ?? name;

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

export const number = (n, digits = 0) => n.toLocaleString(locale(), { maximumFractionDigits: digits });

/** A count that fits a small place: 12.3k. */
export const compact = (n) => n.toLocaleString(locale(), { notation: 'compact', maximumFractionDigits: 1 });

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
export const stamp = (time) => new Date(time).toLocaleString(locale(), { dateStyle: 'short', timeStyle: 'medium' });
