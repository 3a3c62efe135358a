package webhook_test

import (
	"context"
	"net/http"
	"net/netip"
	"testing"

	"rione/ingest"
	"rione/ingest/webhook"
)

// pathTable is a table of routes with a path of the city's own and OpenWISP's.
type pathTable struct{ *ingest.Routes }

func (p pathTable) Current() *ingest.Routes { return p.Routes }

func pathsOf(t *testing.T) pathTable {
	t.Helper()
	rs, err := ingest.NewRoutes(append(ingest.DefaultRoutes(),
		ingest.Route{Name: "bins", Filter: "/ingest/bins/+", Format: "mapping:bins", Comune: "058091"}))
	if err != nil {
		t.Fatal(err)
	}
	return pathTable{rs}
}

// keyed knows one device by its key.
type keyed struct{ asked netip.Addr }

func (k *keyed) Prove(_ context.Context, external, key string, from netip.Addr) (string, bool) {
	k.asked = from
	return "ap-0001", external == "d8b1f9f0-2b1a-4f0e-9d8c-0b6a7c8d9e0f" && key == "secret-key"
}

const agent = "/api/v1/monitoring/device/D8B1F9F0-2b1a-4f0e-9d8c-0b6a7c8d9e0f/"

// OpenWISP's agents need only a new address: the path, the key in the query, and
// 200 for an answer are theirs. The key goes no further than the door.
func TestOpenWISPAgent(t *testing.T) {
	in, devices := newIntake(), &keyed{}
	d := newDoor(t, webhook.Options{Intake: in, Routes: pathsOf(t), Devices: devices})
	r := request(agent+"?key=secret-key&time=22-11-2025_06:00:00.123456&current=true", `{"type":"DeviceMonitoring"}`)
	r.Header.Del("Authorization")
	if res := do(d, r); res.StatusCode != http.StatusOK {
		t.Errorf("the agent is answered %d", res.StatusCode)
	}
	m := in.messages()[0]
	if m.Route != "openwisp" || m.Client != "ap-0001" || m.Topic != agent+"?time=22-11-2025_06%3A00%3A00.123456" {
		t.Errorf("message is %+v", m)
	}
	if devices.asked.String() != "192.0.2.1" {
		t.Errorf("the device was looked up for %v", devices.asked)
	}
	for _, query := range []string{"?key=wrong", "", "?key="} {
		r := request(agent+query, "{}")
		r.Header.Del("Authorization")
		refused(t, do(d, r), http.StatusUnauthorized, "door token")
	}
	r = request("/ingest/v1/native?key=secret-key", "{}") // the key is good for that path only
	r.Header.Del("Authorization")
	refused(t, do(d, r), http.StatusUnauthorized, "door token")
}

func TestPathsOfRoutes(t *testing.T) {
	in := newIntake()
	d := newDoor(t, webhook.Options{Intake: in, Routes: pathsOf(t), Tokens: tokens{}})
	accepted(t, do(d, request("/ingest/bins/7", `{"full": 80}`)))
	if m := in.messages()[0]; m.Route != "bins" || m.Topic != "/ingest/bins/7" || m.Client != "token:admin" {
		t.Errorf("message is %+v", m)
	}
	r := request("/ingest/bins/7", "{}")
	r.Header.Set("Authorization", "Bearer other-comune")
	refused(t, do(d, r), http.StatusForbidden, "may not push")
	refused(t, do(d, request("/ingest/lamps/7", "{}")), http.StatusNotFound, "no route")
	refused(t, do(newDoor(t, webhook.Options{Intake: in}), request("/ingest/bins/7", "{}")), http.StatusNotFound, "no route")
}

// tokens has one, for another comune than the routes'.
type tokens struct{}

func (tokens) Check(text string) (string, func(format, comune string) bool, bool) {
	return "other", func(_, comune string) bool { return comune == "015146" }, text == "other-comune"
}
