package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/api"
	"rione/ingest"
	"rione/ingest/journal"
	"rione/ingest/record"
)

// persons are the marks of people in the messages that this test sends: every
// address, user name and host name in them begins so.
var persons = regexp.MustCompile(`person-[-\w]*|a0:a0:\w\w|a0a0a0\w\w|FamilyRossi`)

// identities are the marks of equipment in the messages of equipped: devEUI,
// JoinEUI, device address, gateway and serial number.
var identities = regexp.MustCompile(`(?i)e9e9e9\w*`)

// equipped are messages full of what names equipment, of devices that are
// registered by it. It is an identity in the registry, stands in the journal as
// it came, and is written nowhere else.
var equipped = map[string]string{
	"chirpstack": `{"deduplicationId": "e9e9e9-1", "deviceInfo": {"tenantId": "e9e9e9-2", "deviceName": "e9e9e9-name", "devEui": "e9e9e9e9e9e90001"},
		"devAddr": "e9e9e902", "fCnt": 1, "object": {"temperature": 21.4}, "rxInfo": [{"gatewayId": "e9e9e9e9e9e90003", "rssi": -60, "snr": 8}]}`,
	"tts": `{"end_device_ids": {"device_id": "eui-e9e9e9e9e9e90001", "dev_eui": "E9E9E9E9E9E90001", "join_eui": "E9E9E9E9E9E90005", "dev_addr": "E9E9E906"},
		"join_accept": {"session_key_id": "e9e9e9"}}`,
	"ucentral": `{"serial": "e9e9e9e9e9e4", "state": {"unit": {"uptime": 7}, "radios": [{"channel": 36, "tx_power": 20}]}}`,
}

// TestPersonsAreWrittenNowhere sends messages of every format that carries what
// belongs to people, by their route and by none, and looks for people in all that
// rione writes: the store, the journal, the quarantine, the log and the API. What
// identifies equipment is in the journal, of messages as they came and of the
// registry, or the search would find nothing anywhere; it is nowhere else.
func TestPersonsAreWrittenNowhere(t *testing.T) {
	r := newRig(t)
	r.must("device_id,kind,comune,lat,lon,external_id\nap-0001,wifi_ap,058091,41.89,12.49,equipment-serial\nlora-0001,air,058091,41.89,12.49,e9e9e9e9e9e90001\nap-0002,wifi_ap,058091,41.89,12.49,e9e9e9e9e9e4\ngw-000001,gateway,058091,41.89,12.49,\n", "devices", "import", "-")
	r.up()
	gateway, _ := r.client("gw-000001")
	defer gateway.Disconnect(0)
	sent := int64(0)
	for _, payload := range personal(t) {
		r.push(payload.format, string(payload.body))
		r.publish(gateway, "city/without/a/route", string(payload.body))
		sent += 2
	}
	r.publish(gateway, "city/without/a/route", "person-name a0:a0:00:00:00:01")
	ap, _ := r.client("ap-0001")
	defer ap.Disconnect(0)
	r.publish(ap, "sc/v1/058091/wifi_ap/ap-0001/up", `{"clients": 3, "wifi_ssid": [{"band": "5g", "ssid": "FamilyRossi", "clients": 2}]}`)
	r.publish(ap, "sc/v1/058091/wifi_ap/ap-0001/up", `{"clients": 3, "wifi_ssid": [{"band": "5g", "\u0073sid": "FamilyRossi", "clients": 2}]}`)
	for format, body := range equipped {
		r.push(format, body)
		sent++
	}
	r.await("every message in its place", 30*time.Second, func() bool {
		var l api.Ledger
		r.get("/v1/ledger", &l)
		return l.Total.Acked >= sent+3 && l.Total.Open == 0
	})

	var page api.EntryPage
	r.get("/v1/quarantine?limit=1000", &page)
	found := map[string]string{"log": r.errs.String()}
	hints := 0
	for _, e := range page.Entries {
		var whole api.Entry
		r.get("/v1/quarantine/"+e.ID, &whole)
		found["quarantine "+e.ID] = whole.Detail + " " + whole.Payload + " " + whole.Device
		if whole.Reason == string(ingest.NoRoute) && strings.Contains(whole.Detail, "looks like") {
			hints++
		}
	}
	if hints == 0 {
		t.Error("no message without a route is known by its shape")
	}
	for _, path := range []string{"/v1/devices", "/v1/devices/lora-0001", "/v1/devices/ap-0002", "/v1/readings/latest", "/v1/overview", "/metrics"} {
		found["API "+path] = r.text(t, path)
	}
	for _, measurement := range []string{"air", "device", "wifi_ap", "wifi_radio", "wifi_ssid", "net_if", "bb_link", "bb_probe", "bb_speed", "suspect", "event", "ledger"} {
		found["store "+measurement] = fmt.Sprintf("%+v", r.query("SELECT * FROM "+measurement))
	}
	r.down()
	for i, text := range journalled(t, r.dir) {
		found["journal "+string(rune('a'+i%26))] += text + "\n"
	}
	kept := "" // where equipment's identities are: the registry and messages as they came
	for where, text := range found {
		if who := persons.FindString(text); who != "" {
			t.Errorf("%s: %q is written", where, who)
		}
		id := identities.FindString(text)
		if strings.HasPrefix(where, "journal") {
			kept += id
		} else if id != "" {
			t.Errorf("%s: the equipment %q is written", where, id)
		}
	}
	if kept == "" {
		t.Error("not even equipment is found; the search is blind")
	}
	for _, measurement := range []string{"air", "wifi_radio", "event"} {
		if text := found["store "+measurement]; !strings.Contains(text, "lora-0001") && !strings.Contains(text, "ap-0002") {
			t.Errorf("no %s of the equipment is stored: %s", measurement, text)
		}
	}
}

type personalMessage struct {
	format string
	body   []byte
}

// personal are the messages of the scrubber's own tests, in which persons and
// equipment are marked.
func personal(t *testing.T) (out []personalMessage) {
	t.Helper()
	files, err := filepath.Glob("../../ingest/decode/scrub/testdata/*.json")
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !persons.Match(body) {
			t.Errorf("%s: there is no person in it", file)
		}
		out = append(out, personalMessage{strings.TrimSuffix(filepath.Base(file), ".json"), body})
	}
	return out
}

// text returns an answer of the API as it is.
func (r *rig) text(t *testing.T, path string) string {
	t.Helper()
	status, body := r.ask(path)
	if status >= http.StatusInternalServerError {
		t.Fatalf("%s: %d %s", path, status, body)
	}
	return string(body)
}

// journalled reads every stream of a data folder whose rione has ended: records
// of the journal message by message, anything else as it is.
func journalled(t *testing.T, dir string) (out []string) {
	t.Helper()
	e, err := journal.StartEngine(t.Context(), journal.EngineOptions{Dir: filepath.Join(dir, "nats"), NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	nc, err := e.Connect("search")
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	names := js.StreamNames(t.Context())
	for name := range names.Name() {
		s, err := js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		state := s.CachedInfo().State
		for seq := state.FirstSeq; seq <= state.LastSeq; seq++ {
			if m, err := s.GetMsg(t.Context(), seq); err == nil { // some are gone
				out = append(out, texts(m.Data)...)
			}
		}
	}
	if len(out) == 0 {
		t.Fatal("the journal is empty")
	}
	return out
}

func texts(data []byte) (out []string) {
	var rec record.Record
	if rec.Open(data) != nil {
		return []string{string(data)}
	}
	var m ingest.Message
	for rec.Next(&m) {
		out = append(out, m.Topic+" "+string(m.Payload))
	}
	return out
}
