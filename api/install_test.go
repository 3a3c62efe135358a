package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rione/devices"
	credential "rione/devices/access"
	"rione/geo"
)

// install sends a change of one device as an administrator.
func (r *rig) install(path, match, body string) (int, string) {
	r.t.Helper()
	w := r.do(request{method: http.MethodPost, path: path, token: adminToken, body: body, header: map[string]string{"If-Match": match}})
	return w.Code, w.Body.String()
}

func TestRegisterDevice(t *testing.T) {
	r := newRig(t, smallFleet())
	code, answer := r.install("/v1/devices", "", `{"device_id":"air-7","kind":"air","comune":"058091","lat":41.9,"lon":12.5,"name":" Porta Pia ","external_id":"AB12","interval_s":60,"group":"lotto 2","secret":true,"note":"new"}`)
	d := r.registry.Snapshot().Device("air-7")
	if code != http.StatusCreated || d == nil || d.State() != devices.Approved || d.Name != "Porta Pia" || d.ExternalID != "ab12" || d.Group != "lotto 2" || d.Current().Point != (geo.Point{Lat: 41.9, Lon: 12.5}) {
		t.Fatalf("%d %s %+v", code, answer, d)
	}
	made := decode[InstalledDevice](t, []byte(answer))
	if made.Secret == "" || !secretOpens(t, r, "air-7", made.Secret) || made.Revision != 8 {
		t.Errorf("secret %q of %+v", made.Secret, made)
	}
	if code, answer = r.install("/v1/devices", "", `{"device_id":"air-8","kind":"air","comune":"058091"}`); code != http.StatusCreated || !strings.Contains(answer, `"uncertain":true`) || strings.Contains(answer, `"secret"`) {
		t.Errorf("without a position: %d %s", code, answer)
	}
}

// secretOpens reports whether a device's secret is that one.
func secretOpens(t *testing.T, r *rig, id, secret string) bool {
	t.Helper()
	opens, err := devices.NewVerifier(devices.VerifierOptions{}).Verify(t.Context(), r.registry.Snapshot().Device(id), secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return opens
}

func TestRegisterDeviceRefuses(t *testing.T) {
	r := newRig(t, smallFleet())
	f := func(body string, status int, says string) {
		t.Helper()
		if code, answer := r.install("/v1/devices", "", body); code != status || !strings.Contains(answer, says) {
			t.Errorf("%s: %d %s, want %d and %q", body, code, answer, status, says)
		}
	}
	f(`{"device_id":"air-1","kind":"air","comune":"058091"}`, 409, "registered already")
	f(`{"device_id":"air-old","kind":"air","comune":"058091"}`, 409, "registered already") // retired: its history is not another's
	f(`{"device_id":"air-9","kind":"air","comune":"058091","external_id":"48575443AABBCCDD"}`, 422, "bb-home-1")
	f(`{"device_id":"A B","kind":"air","comune":"058091"}`, 422, "device_id")
	f(`{"device_id":"air-9","kind":"toaster","comune":"058091"}`, 422, "kind")
	f(`{"device_id":"air-9","kind":"air"}`, 422, "comune")
	f(`{"device_id":"air-9","kind":"air","comune":"058091","lat":41.9}`, 422, "lat and lon")
	f(`{"device_id":"air-9","kind":"air","comune":"058091","lat":0,"lon":0}`, 422, "0,0")
	f(`{"device_id":"air-9","kind":"air","comune":"058091","lat":12.5,"lon":41.9}`, 422, "swapped")
	f(`{"device_id":"air-9","kind":"air","comune":"058091","lat":91,"lon":12.5}`, 422, "lat")
	if rev := r.registry.Snapshot().Revision; rev != 7 {
		t.Errorf("revision %d after refusals only", rev)
	}
	if code, answer := r.install("/v1/devices", "", `{"device_id":"air-9","kind":"air","comune":"058091","lat":48.2,"lon":16.4,"force":true}`); code != http.StatusCreated {
		t.Errorf("forced: %d %s", code, answer)
	}
}

// A move is dated, keeps the placements before it, and needs the revision that
// was read.
func TestMoveDevice(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	r := newRig(t, smallFleet(), func(o *Options) { o.Now = func() time.Time { return now } })
	f := func(match, body string, status, placements int) *devices.Device {
		t.Helper()
		code, answer := r.install("/v1/devices/air-1/move", match, body)
		d := r.registry.Snapshot().Device("air-1")
		if code != status || len(d.Placements) != placements {
			t.Errorf("%s %s: %d %s, %d placements", match, body, code, answer, len(d.Placements))
		}
		return d
	}
	f("", `{"lat":41.91,"lon":12.51}`, 428, 1)
	f(`"6"`, `{"lat":41.91,"lon":12.51}`, 412, 1)
	f(`"7"`, `{}`, 422, 1)
	f(`"7"`, `{"lat":0,"lon":0}`, 422, 1)
	d := f(`"7"`, `{"lat":41.91,"lon":12.51,"note":"to the park"}`, 200, 2)
	if at := d.Current(); !at.ValidFrom.Equal(now) || at.Point.Lat != 41.91 || at.Cell != at.Point.Cell(geo.LevelFixed) {
		t.Errorf("placed %+v", at)
	}
	f(`"7"`, `{"lat":41.92,"lon":12.52}`, 412, 2)
	d = f(`"8"`, `{"lat":41.95,"lon":12.55,"valid_from":"2026-04-01T00:00:00+02:00"}`, 200, 3)
	if d.Current().Point.Lat != 41.91 || d.At(now.AddDate(0, 0, -1)).Point.Lat != 41.95 {
		t.Errorf("a move in the past: %+v", d.Placements)
	}
	d = f(`"9"`, `{"lat":41.91001,"lon":12.51}`, 200, 3)
	if !d.Current().ValidFrom.Equal(now) || d.Current().Point.Lat != 41.91001 {
		t.Errorf("a correction is a move: %+v", d.Placements)
	}
	if code, answer := r.install("/v1/devices/air-old/move", "*", `{"lat":41.91,"lon":12.51}`); code != 409 {
		t.Errorf("a retired device: %d %s", code, answer)
	}
}

// New hardware keeps id, place and history; the old one's credentials are void.
func TestReplaceDevice(t *testing.T) {
	r := newRig(t, smallFleet())
	old, err := credential.Rotate(t.Context(), r.registry, "test", "bb-home-1", 0)
	if err != nil {
		t.Fatal(err)
	}
	before := r.registry.Snapshot().Device("bb-home-1")
	code, answer := r.install("/v1/devices/bb-home-1/replace", `"8"`, `{"external_id":"NEW-1","model":"ONT 2","secret":true,"note":"lightning"}`)
	made, d := decode[InstalledDevice](t, []byte(answer)), r.registry.Snapshot().Device("bb-home-1")
	if code != 200 || d.ExternalID != "new-1" || d.Model != "ONT 2" || d.CertsFrom.IsZero() || len(d.Placements) != len(before.Placements) {
		t.Fatalf("%d %s %+v", code, answer, d)
	}
	if secretOpens(t, r, "bb-home-1", old) || !secretOpens(t, r, "bb-home-1", made.Secret) {
		t.Error("the old secret is good, or the new one is not")
	}
	if code, answer = r.install("/v1/devices/bb-home-1/replace", `"9"`, `{}`); code != 200 || strings.Contains(answer, `"secret"`) {
		t.Errorf("without a secret: %d %s", code, answer)
	}
	if d = r.registry.Snapshot().Device("bb-home-1"); d.ExternalID != "" || d.Model != "ONT 2" || d.SecretHash == "" || secretOpens(t, r, "bb-home-1", made.Secret) {
		t.Errorf("replaced again: %+v", d)
	}
	if code, _ = r.install("/v1/devices/bb-home-1/replace", "", `{}`); code != 428 {
		t.Errorf("without If-Match: %d", code)
	}
	if code, answer = r.install("/v1/devices/air-old/replace", "*", `{}`); code != 409 {
		t.Errorf("a retired device: %d %s", code, answer)
	}
}

// An installer of one comune works there and nowhere else.
func TestInstallerStaysInTheComune(t *testing.T) {
	r := newScopeRig(t, func(*Options) {})
	token := r.token(credential.Installer, palermo)
	f := func(path, body string, status int) {
		t.Helper()
		w := r.do(request{method: http.MethodPost, path: path, body: body, token: token, peer: everywhere, header: map[string]string{"If-Match": "*"}})
		if w.Code != status {
			t.Errorf("%s %s: %d %s, want %d", path, body, w.Code, w.Body, status)
		}
	}
	f("/v1/devices", `{"device_id":"bin-9","kind":"bin","comune":"082053","external_id":"x9"}`, 201)
	f("/v1/devices", `{"device_id":"bin-8","kind":"bin","comune":"058091"}`, 403)
	f("/v1/devices", `{"device_id":"bin-roma","kind":"bin","comune":"082053"}`, 409)
	f("/v1/devices/bin-9/move", `{"lat":38.12,"lon":13.36}`, 200)
	f("/v1/devices/bin-9/move", `{"comune":"058091","lat":41.9,"lon":12.5}`, 403)
	f("/v1/devices/bin-roma/move", `{"comune":"082053","lat":38.12,"lon":13.36}`, 404)
	f("/v1/devices/bin-9/replace", `{"external_id":"x10"}`, 200)
	f("/v1/devices/bin-9/replace", `{"external_id":"bin-roma"}`, 422)
	f("/v1/devices/bin-9/rotate", `{}`, 403)
}

func TestDeviceHistory(t *testing.T) {
	r := newRig(t, smallFleet())
	r.patch("air-1", `"7"`, `{"name":"Altro","group":"lotto 1","note":"sign says so"}`)
	r.install("/v1/devices/air-1/move", `"8"`, `{"lat":41.91,"lon":12.51}`)
	r.install("/v1/devices/air-1/replace", `"9"`, `{"external_id":"serial-77","secret":true}`)
	w := r.do(request{path: "/v1/devices/air-1/history", token: adminToken})
	list := decode[DeviceHistory](t, w.Body.Bytes()).Changes
	if len(list) != 4 || list[1].Author != "admin" || list[1].Note != "sign says so" {
		t.Fatalf("%s", w.Body)
	}
	fields := func(c *DeviceChange) string {
		var names []string
		for _, d := range c.Differences {
			names = append(names, d.Field)
		}
		return strings.Join(names, " ")
	}
	if a, b, c := fields(&list[1]), fields(&list[2]), fields(&list[3]); a != "name group" || b != "placements" || c != "external_id secret certificates" {
		t.Errorf("differences are %q, %q, %q", a, b, c)
	}
	if strings.Contains(w.Body.String(), "serial-77") || strings.Contains(w.Body.String(), "argon") {
		t.Errorf("it shows too much: %s", w.Body)
	}
	problemOf(t, r.do(request{path: "/v1/devices/nobody/history", token: adminToken}), 404)
	none := newRig(t, smallFleet(), func(o *Options) { o.History = nil })
	problemOf(t, none.do(request{path: "/v1/devices/air-1/history", token: adminToken}), 501)
}

func TestGroups(t *testing.T) {
	fleet := smallFleet()
	for i := range fleet {
		fleet[i].Group = []string{"lotto 1", "lotto 2", ""}[i%3]
	}
	r := newRig(t, fleet)
	sum := 0
	for _, g := range get[DeviceGroupList](r, "/v1/groups").Groups {
		page := get[DevicePage](r, "/v1/devices?group="+strings.ReplaceAll(g.Name, " ", "%20"))
		if page.Matched != g.Devices || g.Devices == 0 {
			t.Errorf("%+v lists %d", g, page.Matched)
		}
		sum += g.Devices
	}
	if sum == 0 {
		t.Error("there are no groups")
	}
}
