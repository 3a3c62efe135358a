package downlink

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"rione/devices"
	"rione/ingest"
)

// ecosystem knows how commands are written to the devices of one kind of
// network. An address is the beginning of a device's topics.
type ecosystem struct {
	uplink string // topic filter of what its devices say
	levels int    // of the topic, that name the device
	write  func(c *Command, address string) (topic string, payload any, err error)
}

// ecosystems returns those that take commands. Sources: the contract of data for
// native devices; ChirpStack 4, integrations/mqtt; The Things Stack 3, MQTT
// server and its data formats; Tasmota, commands; Zigbee2MQTT, MQTT topics.
func ecosystems() []ecosystem {
	return []ecosystem{
		{"sc/v1/+/+/+/+", 5, writeNative},
		{"application/+/device/+/event/+", 4, writeChirpStack},
		{"v3/+/devices/+/#", 4, writeTTS},
		{"tele/+/+", 2, writeTasmota},
		{"zigbee2mqtt/+", 2, writeZigbee},
	}
}

// ecosystemOf returns the ecosystem of a topic, nil when none takes commands
// there.
func ecosystemOf(topic string) *ecosystem {
	all := ecosystems()
	for i := range all {
		if ingest.MatchTopic(all[i].uplink, topic) {
			return &all[i]
		}
	}
	return nil
}

// message returns what is published to carry a command.
func (w way) message(c *Command, d *devices.Device) (ingest.Command, error) {
	topic, payload, err := w.network.write(c, w.address)
	if err != nil {
		return ingest.Command{}, err
	}
	raw, isRaw := payload.([]byte)
	if !isRaw {
		if raw, err = json.Marshal(payload); err != nil {
			return ingest.Command{}, fmt.Errorf("encode the command: %w", err)
		}
	}
	return ingest.Command{Device: d.ID, Door: w.door, Topic: topic, Payload: raw}, nil
}

// nativeCommand is what a native device gets on sc/v1/…/cmd/{id}. It answers by
// {"type": "command", "cmd": id, "ok": true or false, "detail": text} on its event
// topic, or lets its PUBACK be the answer.
type nativeCommand struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Args    json.RawMessage `json:"args,omitempty"`
	Expires int64           `json:"expires"` // Unix time, seconds
}

func writeNative(c *Command, address string) (string, any, error) {
	return address + "/cmd/" + c.ID, nativeCommand{ID: c.ID, Name: c.Name, Args: c.Args, Expires: c.Expires.Unix()}, nil
}

// radio are the arguments of a command to a LoRaWAN device: the port, and the
// bytes themselves or an object that the network's own codec encodes.
type radio struct {
	Port      int             `json:"f_port"`
	Data      []byte          `json:"data"` // base64
	Object    json.RawMessage `json:"object"`
	Confirmed *bool           `json:"confirmed"` // true when absent: else nobody would know
}

func radioOf(c *Command) (r radio, err error) {
	if len(c.Args) > 0 {
		err = json.Unmarshal(c.Args, &r)
	}
	if err != nil || r.Port < 1 || r.Port > 223 || (r.Data == nil) == (r.Object == nil) {
		return r, errors.New(`a command by LoRaWAN needs arguments as {"f_port": 1 to 223, "data": "base64"}, or "object" in place of data for the network's codec`)
	}
	if r.Confirmed == nil {
		yes := true
		r.Confirmed = &yes
	}
	return r, nil
}

func writeChirpStack(c *Command, address string) (string, any, error) {
	r, err := radioOf(c)
	payload := map[string]any{"id": c.ID, "devEui": lastLevel(address), "confirmed": r.Confirmed, "fPort": r.Port}
	if r.Data != nil {
		payload["data"] = base64.StdEncoding.EncodeToString(r.Data)
	} else {
		payload["object"] = r.Object
	}
	return address + "/command/down", payload, err
}

// ttsPrefix begins the correlation id by which an answer of The Things Stack
// names the command.
const ttsPrefix = "rione:"

func writeTTS(c *Command, address string) (string, any, error) {
	r, err := radioOf(c)
	down := map[string]any{"f_port": r.Port, "confirmed": r.Confirmed, "priority": "NORMAL", "correlation_ids": []string{ttsPrefix + c.ID}}
	if r.Data != nil {
		down["frm_payload"] = base64.StdEncoding.EncodeToString(r.Data)
	} else {
		down["decoded_payload"] = r.Object
	}
	return address + "/down/push", map[string]any{"downlinks": []any{down}}, err
}

// writeTasmota sends the arguments as they are: a text without its quotes.
func writeTasmota(c *Command, address string) (string, any, error) {
	payload := []byte(c.Args)
	var text string
	if json.Unmarshal(c.Args, &text) == nil {
		payload = []byte(text)
	}
	return "cmnd/" + lastLevel(address) + "/" + c.Name, payload, nil
}

// writeZigbee sets what the arguments say, or the property that the command
// names.
func writeZigbee(c *Command, address string) (string, any, error) {
	if len(c.Args) == 0 {
		return "", nil, errors.New("a command by Zigbee2MQTT needs arguments: what to set, as an object or a value")
	}
	topic := address + "/set"
	if c.Args[0] == '{' {
		return topic, []byte(c.Args), nil
	}
	return topic, map[string]json.RawMessage{c.Name: c.Args}, nil
}

// lastLevel returns the level of an address that names the device.
func lastLevel(address string) string { return address[strings.LastIndexByte(address, '/')+1:] }
