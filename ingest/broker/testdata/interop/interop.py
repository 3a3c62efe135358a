"""Talks to an MQTT door with paho-mqtt: interop.py HOST PORT. Exits 1 when it is not understood."""

import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.properties import Properties
from paho.mqtt.packettypes import PacketTypes

HOST, PORT = sys.argv[1], int(sys.argv[2])
PATIENCE = 20


def client(name, protocol, **options):
    c = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, protocol=protocol, **options)
    connected = threading.Event()
    c.on_connect = lambda *a: connected.set()
    c.connect(HOST, PORT, keepalive=5)
    c.loop_start()
    assert connected.wait(PATIENCE), "no CONNACK"
    return c


def run(protocol, label):
    received, subscribed = [], threading.Event()
    enough = threading.Event()

    def on_message(_c, _u, m):
        received.append((m.topic, m.payload, m.qos, m.retain))
        if len(received) == 61:
            enough.set()

    sub = client("py-sub-" + label, protocol)
    sub.on_message = on_message
    sub.on_subscribe = lambda *a: subscribed.set()
    pub = client("py-pub-" + label, protocol)
    pub.publish(f"py/{label}/kept", b"retained", qos=1, retain=True).wait_for_publish(PATIENCE)
    sub.subscribe(f"py/{label}/#", qos=2)
    assert subscribed.wait(PATIENCE), "no SUBACK"
    properties = None
    if protocol == mqtt.MQTTv5:
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType = "application/json"
        properties.UserProperty = ("k", "v")
    for qos in range(3):
        infos = [pub.publish(f"py/{label}/q{qos}", str(i), qos=qos, properties=properties) for i in range(20)]
        for info in infos:
            info.wait_for_publish(PATIENCE)
            assert info.is_published(), f"QoS {qos} was not acked"
    assert enough.wait(PATIENCE), f"{len(received)} of 61 messages came"
    assert received[0] == (f"py/{label}/kept", b"retained", 1, True), received[0]
    for qos in range(3):
        got = [int(p) for topic, p, q, _ in received if topic.endswith(f"/q{qos}") and q == min(qos, 1)]
        assert got == list(range(20)), got
    for c in (sub, pub):
        c.disconnect()
        c.loop_stop()


run(mqtt.MQTTv311, "4")
run(mqtt.MQTTv5, "5")
print("ok")
