// Talks to an MQTT door with MQTT.js: interop.js URL. Exits 1 when it is not understood.
const mqtt = require('mqtt')
const assert = require('assert')
const url = process.argv[2]

async function run (protocolVersion) {
  const name = 'js' + protocolVersion
  const options = { protocolVersion, reconnectPeriod: 0, clean: true }
  const sub = await mqtt.connectAsync(url, { ...options, clientId: name + '-sub' })
  const pub = await mqtt.connectAsync(url, { ...options, clientId: name + '-pub' })
  const received = []
  const enough = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`${received.length} of 61 messages came`)), 20000).unref()
    sub.on('message', (topic, payload, p) => {
      received.push([topic, payload.toString(), p.qos, p.retain])
      if (received.length === 61) resolve()
    })
  })
  await pub.publishAsync(`${name}/kept`, 'retained', { qos: 1, retain: true })
  await sub.subscribeAsync(`${name}/#`, { qos: 2 })
  for (const qos of [0, 1, 2]) {
    const properties = protocolVersion === 5 ? { contentType: 'application/json', userProperties: { k: 'v' } } : undefined
    await Promise.all([...Array(20).keys()].map(i => pub.publishAsync(`${name}/q${qos}`, String(i), { qos, properties })))
  }
  await enough
  assert.deepStrictEqual(received[0], [`${name}/kept`, 'retained', 1, true])
  for (const qos of [0, 1, 2]) {
    const got = received.filter(m => m[0] === `${name}/q${qos}` && m[2] === Math.min(qos, 1)).map(m => Number(m[1]))
    assert.deepStrictEqual(got, [...Array(20).keys()])
  }
  await pub.endAsync()
  await sub.endAsync()
}

run(4).then(() => run(5)).then(() => console.log('ok'), err => { console.error(err); process.exit(1) })
