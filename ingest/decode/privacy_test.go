package decode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rione/ingest"
	"rione/ingest/decode/decodetest"
	"rione/ingest/decode/scrub"
	"rione/ingest/decode/wire"
)

// persons are members by which networks, firmware and platforms name people and
// what they carry, each with a value that stands nowhere else.
var persons = map[string]string{
	"station": "a0:a0:a0:00:00:01", "mac": "A0-A0-A0-00-00-02", "bssid": "a0a0a0000003", "BSSId": "A0:A0:A0:00:00:04",
	"peer_mac": "a0:a0:a0:00:00:05", "MACAddress": "a0:a0:a0:00:00:06",
	"username": "person-user", "user": "person-user-2", "owner": "person-owner",
	"hostname": "person-phone", "HostName": "person-laptop", "client_name": "person-tablet", "deviceOwner": "person-name",
	"ip": "person-ip", "ip4": "person-ip-4", "ipv6_addresses": "person-ip-6", "email": "person@mail",
}

// address is a hardware address: six pairs of hex digits.
var address = regexp.MustCompile(`(?i)\b[0-9a-f]{2}([:-][0-9a-f]{2}){5}\b`)

// publicNetworks are those that vectors name; others leave no name.
var publicNetworks = wire.Names{"CittaWiFi"}

// TestNoPersons decodes every vector of every format, as it is and with persons
// written into each of its objects. Nothing of a person may be left, neither in
// a value nor in a detail or a name that is listed, and the readings stay what
// they were: the same equipment, the same figures.
func TestNoPersons(t *testing.T) {
	options := Options{PublicNetworks: publicNetworks}
	for _, f := range options.Formats() {
		for name, c := range decodetest.Cases(t, filepath.Join(folder(f), "testdata")) {
			t.Run(f.Name+"/"+name, func(t *testing.T) {
				plain := left(t, f, c.Want, c.Payload)
				if found := address.FindString(plain.all()); found != "" {
					t.Errorf("%s is left", found)
				}
				var v any
				d := json.NewDecoder(bytes.NewReader(c.Payload))
				d.UseNumber() // nanoseconds are no float
				if d.Decode(&v) != nil {
					return // bytes, or JSON that is broken on purpose
				}
				populated, err := json.Marshal(populate(v))
				if err != nil {
					t.Fatal(err)
				}
				checkNobody(t, plain, left(t, f, c.Want, populated))
				checkScrubbed(t, f.Name, populated)
			})
		}
	}
}

// leavings are all that a message leaves behind.
type leavings struct{ readings, listed string }

func (l leavings) all() string { return l.readings + l.listed }

func left(t *testing.T, f Format, want decodetest.Expectation, payload []byte) leavings {
	t.Helper()
	var out ingest.Readings
	err := f.New().Decode(&ingest.Message{Topic: want.Topic, Client: want.Client, Received: want.Received, Payload: payload}, &out)
	var l leavings
	for _, r := range out.All() {
		l.readings += fmt.Sprintf("%+v\n", r)
	}
	l.listed = fmt.Sprint(err, out.Unknown)
	for _, r := range out.Refused {
		l.listed += fmt.Sprintf("%+v", r)
	}
	return l
}

// populate writes persons into every object of v.
func populate(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			v[key] = populate(member)
			if _, err := strconv.Atoi(key); err == nil {
				return v // channels or instances, by number: nobody stands between them
			}
		}
		for key, value := range persons {
			if _, there := v[key]; !there {
				v[key] = value
			}
		}
	case []any:
		for i := range v {
			v[i] = populate(v[i])
		}
	}
	return v
}

func checkNobody(t *testing.T, plain, populated leavings) {
	t.Helper()
	for member, value := range persons {
		if strings.Contains(populated.all(), value) {
			t.Errorf("the %s of a person is left: %s", member, populated.all())
		}
	}
	if plain.readings == "" || populated.readings == "" {
		return
	}
	// Go's maps change the order of members, and so of readings.
	if a, b := len(plain.readings), len(populated.readings); a != b {
		t.Errorf("persons change the readings:\n%s\n%s", plain.readings, populated.readings)
	}
}

// checkScrubbed looks for persons in what a door journals of the message.
func checkScrubbed(t *testing.T, format string, payload []byte) {
	t.Helper()
	s := scrub.For(format)
	if s == nil {
		return
	}
	clean, err := s(nil, payload)
	var refusal *ingest.Refusal
	if err != nil && !errors.As(err, &refusal) {
		t.Fatal(err)
	}
	for member, value := range persons {
		if strings.Contains(string(clean), value) {
			t.Errorf("the %s of a person is journalled: %s", member, clean)
		}
	}
}

// equipment are members by which networks and firmware name what carries a
// message: devices, gateways, networks and the sessions between them.
var equipment = map[string]bool{
	"devEui": true, "devEUI": true, "dev_eui": true, "joinEui": true, "join_eui": true, "devAddr": true, "dev_addr": true,
	"gatewayId": true, "gatewayID": true, "gateway_id": true, "eui": true, "serial": true, "mac": true, "bssid": true,
	"ConnectionInfo": true, "src_addr": true, "from": true, "esp8266id": true, "HostIPAddress": true, "ClientIPAddress": true,
	"tenantId": true, "tenant_id": true, "application_id": true, "applicationId": true, "session_key_id": true, "ieeeAddr": true,
}

// TestEquipmentIsAnIdentityOnly: of what names equipment, the identity of a
// reading's device is kept, which the registry resolves. It goes into no tag, no
// text, no detail and no list of names: nothing of it reaches the store.
func TestEquipmentIsAnIdentityOnly(t *testing.T) {
	found := 0
	for _, f := range (Options{PublicNetworks: publicNetworks}).Formats() {
		for name, c := range decodetest.Cases(t, filepath.Join(folder(f), "testdata")) {
			var v any
			if json.Unmarshal(c.Payload, &v) != nil {
				continue
			}
			names := map[string]bool{}
			identities(v, names)
			found += len(names)
			written := strings.ToLower(withoutDevices(f, &c))
			for id := range names {
				if strings.Contains(written, strings.ToLower(id)) {
					t.Errorf("%s/%s: %s is left: %s", f.Name, name, id, written)
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("%d names of equipment in all vectors: the search is blind", found)
	}
}

// identities collects the texts by which v names equipment. Short ones stand
// anywhere.
func identities(v any, names map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			if text, ok := member.(string); ok && equipment[key] && len(text) >= 6 {
				names[text] = true
			}
			identities(member, names)
		}
	case []any:
		for _, element := range v {
			identities(element, names)
		}
	}
}

// withoutDevices returns what a message leaves behind, but for the identity of
// the device that each reading is of.
func withoutDevices(f Format, c *decodetest.Case) string {
	var out ingest.Readings
	err := f.New().Decode(&ingest.Message{Topic: c.Want.Topic, Client: c.Want.Client, Received: c.Want.Received, Payload: c.Payload}, &out)
	text := fmt.Sprint(err, out.Unknown, out.Refused)
	for _, r := range out.All() {
		r.Device = ""
		text += fmt.Sprintf("%+v\n", r)
	}
	return text
}
