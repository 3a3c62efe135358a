package lorawan

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode/wire"
)

var heard = Stamp{At: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), Resolution: time.Second}

// scripts are codecs of an operator that say what the test wants.
type scripts struct {
	object string
	err    error
	asked  string // models, bytes and port of the last question
}

func (s *scripts) Decode(models []string, data []byte, port uint64) ([]byte, bool, error) {
	s.asked = fmt.Sprintf("%v %x %d", models, data, port)
	return []byte(s.object), models[0] == "Aranet", s.err
}

// shown writes readings in one line each: measurement, then fields and figures.
func shown(out *ingest.Readings) string {
	var lines []string
	for _, r := range out.All() {
		line := r.Measurement
		for _, v := range r.Values {
			line += fmt.Sprintf(" %s=%v%s", v.Field, v.Num, v.Text)
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	for _, r := range out.Refused {
		lines = append(lines, "refused "+r.Error())
	}
	return strings.Join(lines, "\n")
}

func build(t *testing.T, b *Builder, u *Uplink) *ingest.Readings {
	t.Helper()
	var p wire.Parser
	var out ingest.Readings
	u.Device, u.Time, u.Counter = "0101010101010101", heard, 42
	if err := b.Build(&p, u, &out); err != nil {
		t.Fatal(err)
	}
	return &out
}

// TestBytes says who reads the bytes of an uplink: an operator's script before a codec
// of ours, and what the server's codec found before both.
func TestBytes(t *testing.T) {
	em300 := base64.StdEncoding.EncodeToString([]byte{0x01, 0x75, 0x5c, 0x03, 0x67, 0x34, 0x01, 0x04, 0x68, 0x65}) // 92 %, 30.8 °C, 50.5 %
	f := func(s *scripts, want string, u Uplink) {
		t.Helper()
		b := &Builder{}
		if s != nil {
			b.Scripts = s
		}
		if got := shown(build(t, b, &u)); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
	f(nil, "temp_c=30.8 rh_pct=50.5\ndevice battery_pct=92 fcnt=42", Uplink{Data: em300, Models: []string{"EM300-TH"}, Port: 85})
	f(&scripts{object: `{"temperature":1}`}, "temp_c=30.8 rh_pct=50.5\ndevice battery_pct=92 fcnt=42", Uplink{Data: em300, Models: []string{"EM300-TH"}})
	f(&scripts{object: `{"temperature":7,"battery":50}`}, "temp_c=7\ndevice battery_pct=50 fcnt=42", Uplink{Data: em300, Models: []string{"Aranet", "EM300-TH"}})
	f(&scripts{object: `{}`}, "device fcnt=42", Uplink{Data: em300, Models: []string{"Aranet"}})
	f(&scripts{object: `[1]`}, "device fcnt=42\nrefused unparsable: data: a JSON object is expected, this is a JSON array", Uplink{Data: em300, Models: []string{"Aranet"}})
	f(&scripts{err: ingest.Refuse(ingest.Unparsable, "the codec threw: port")}, "device fcnt=42\nrefused unparsable: data: the codec threw: port",
		Uplink{Data: em300, Models: []string{"Aranet"}})
	f(nil, "device fcnt=42\nrefused unparsable: data: the bytes are not base64", Uplink{Data: "no base64", Models: []string{"EM300-TH"}})
	f(nil, "device fcnt=42", Uplink{Models: []string{"EM300-TH"}}) // a frame without bytes
}

// TestBytesNobodyReads holds that the refusal says what to do, and that a server's
// codec that found nothing is believed.
func TestBytesNobodyReads(t *testing.T) {
	u := Uplink{Data: "AQID", Models: []string{"lamp of the piazza"}}
	out := build(t, &Builder{}, &u)
	if len(out.Refused) != 1 || !strings.Contains(out.Refused[0].Detail, "put the maker's codec, MODEL.js, into the folder codecs") {
		t.Errorf("%+v", out.Refused)
	}
	var p wire.Parser
	v, err := p.ParseObject([]byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	empty := Uplink{Data: "AQID", Object: v.GetObject(), Models: u.Models}
	if got := shown(build(t, &Builder{}, &empty)); got != "device fcnt=42" || !empty.Undecoded() {
		t.Errorf("%s", got)
	}
}

func TestScriptsAreAsked(t *testing.T) {
	s := &scripts{object: `{}`}
	build(t, &Builder{Scripts: s}, &Uplink{Data: "AQIP", Models: []string{"Aranet", "sala 3"}, Port: 7})
	if s.asked != "[Aranet sala 3] 01020f 7" {
		t.Error(s.asked)
	}
}

func TestPositionOfTheDeviceCountsMore(t *testing.T) {
	var p wire.Parser
	v, err := p.ParseObject([]byte(`{"gps_1": {"latitude": 41.9, "longitude": 12.5}}`))
	if err != nil {
		t.Fatal(err)
	}
	u := Uplink{Object: v.GetObject(), Position: &geo.Point{Lat: 45, Lon: 9}}
	out := build(t, &Builder{}, &u)
	for _, r := range out.All() {
		if r.Position == nil || *r.Position != (geo.Point{Lat: 41.9, Lon: 12.5}) {
			t.Errorf("%+v is at %v", r, r.Position)
		}
	}
	gateway := Uplink{Position: &geo.Point{Lat: 45, Lon: 9}, Signal: Signal{RSSI: -80, SNR: 4, Heard: true}}
	out = build(t, &Builder{}, &gateway)
	if got := shown(out); got != "device rssi_dbm=-80 snr_db=4 fcnt=42" || *out.All()[0].Position != (geo.Point{Lat: 45, Lon: 9}) {
		t.Errorf("%s at %v", got, out.All()[0].Position)
	}
}

// TestNormalized gives measurements with and without times of their own.
func TestNormalized(t *testing.T) {
	f := func(list, want string) {
		t.Helper()
		var p wire.Parser
		v, err := p.Parse([]byte(list))
		if err != nil {
			t.Fatal(err)
		}
		u := Uplink{Normalized: v.GetArray()}
		if got := shown(build(t, &Builder{}, &u)); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", list, got, want)
		}
	}
	f(`[{"air":{"temperature":21,"relativeHumidity":50,"pressure":1012.5,"co2":700,"lightIntensity":120},"wind":{"speed":3,"direction":90},"battery":3.2}]`,
		"temp_c=21 rh_pct=50 press_hpa=1012.5 co2_ppm=700 lux=120 wind_ms=3 wind_deg=90\ndevice battery_v=3.2 fcnt=42")
	f(`[{"time":"2026-07-01T11:00:00Z","air":{"temperature":20},"battery":3.1},{"air":{"temperature":21}}]`,
		"temp_c=21\ndevice fcnt=42\ntemp_c=20\ndevice battery_v=3.1")
	f(`[{"time":"2026-07-01T11:00:00","air":{"temperature":20}}]`,
		"device fcnt=42\nrefused wrong_type: time: a date and time with an offset is expected; the measurement is left out")
	f(`[{"soil":{"depth":5}}]`, "device fcnt=42")
}

// TestHistoryHasNoSequence holds that a reading of an earlier time has the time only:
// sent again with another uplink it is the same reading.
func TestHistoryHasNoSequence(t *testing.T) {
	var p wire.Parser
	v, err := p.Parse([]byte(`[{"time":"2026-07-01T11:00:00.5Z","air":{"temperature":20}}]`))
	if err != nil {
		t.Fatal(err)
	}
	out := build(t, &Builder{}, &Uplink{Normalized: v.GetArray()})
	own, past := out.All()[0], out.All()[1]
	if !own.HasSeq || own.Seq != 42 || !own.ServerTime.Equal(heard.At) || !own.Time.IsZero() {
		t.Errorf("the uplink's own: %+v", own)
	}
	if past.HasSeq || !past.ServerTime.IsZero() || !past.Time.Equal(time.Date(2026, 7, 1, 11, 0, 0, 5e8, time.UTC)) || past.Resolution != 100*time.Millisecond {
		t.Errorf("the earlier one: %+v", past)
	}
}

func TestEvents(t *testing.T) {
	var out ingest.Readings
	Event(&out, "0101010101010101", heard, "join", "the device joined", 1)
	Located(&out, "0101010101010101", heard, geo.Point{Lat: 41.9, Lon: 12.5})
	if got := shown(&out); got != "event severity=1 state=1 text=0the device joined\nevent severity=0 state=1 text=0the network located the device" {
		t.Error(got)
	}
	join, located := out.All()[0], out.All()[1]
	if !reflect.DeepEqual(join.Tags, []ingest.Tag{{Name: "type", Value: "join"}}) || join.Position != nil || !join.ServerTime.Equal(heard.At) {
		t.Errorf("%+v", join)
	}
	if !reflect.DeepEqual(located.Tags, []ingest.Tag{{Name: "type", Value: "location"}}) || located.Position == nil || located.Device != join.Device {
		t.Errorf("%+v", located)
	}
}
