package wire

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"rione/ingest"
)

func TestEpoch(t *testing.T) {
	f := func(text, want string, res time.Duration) {
		t.Helper()
		got, gotRes, ok := Epoch(text)
		if !ok || got.Format(time.RFC3339Nano) != want || gotRes != res {
			t.Errorf("Epoch(%q) = %v, %v, %v; want %v, %v", text, got, gotRes, ok, want, res)
		}
	}
	f("0", "1970-01-01T00:00:00Z", time.Second)
	f("1763791200", "2025-11-22T06:00:00Z", time.Second)
	f("1763791200.25", "2025-11-22T06:00:00.25Z", 10*time.Millisecond)
	f("1763791200123", "2025-11-22T06:00:00.123Z", time.Millisecond)
	f("1763791200123.5", "2025-11-22T06:00:00.1235Z", 100*time.Microsecond)
	f("1763791200123456", "2025-11-22T06:00:00.123456Z", time.Microsecond)
	f("1763791200123456789", "2025-11-22T06:00:00.123456789Z", time.Nanosecond)
	f("1763791200123456789.9", "2025-11-22T06:00:00.123456789Z", time.Nanosecond)
	f("1.7637912e9", "2025-11-22T06:00:00Z", time.Second)
	f("-1.5", "1969-12-31T23:59:58.5Z", 100*time.Millisecond)
	f("-0.5", "1969-12-31T23:59:59.5Z", 100*time.Millisecond)
	for _, bad := range []string{"", "-", "+1", "1.2.3", "1e99", "NaN", "1,5", "99999999999999999999", ".5", "0x10", "-.5", "1_000"} {
		if got, _, ok := Epoch(bad); ok {
			t.Errorf("Epoch(%q) = %v; want none", bad, got)
		}
	}
}

func TestSetTime(t *testing.T) {
	f := func(text, at, local string, res time.Duration) {
		t.Helper()
		var r ingest.Reading
		ok := SetTime(&r, text)
		show := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.Format(time.RFC3339Nano)
		}
		if ok != (at+local != "") || show(r.Time) != at || show(r.LocalTime) != local || r.Resolution != res {
			t.Errorf("SetTime(%q) = %v, %v, %v, %v", text, ok, r.Time, r.LocalTime, r.Resolution)
		}
	}
	f("2025-11-22T07:00:00+01:00", "2025-11-22T06:00:00Z", "", time.Second)
	f("2025-11-22T06:00:00.120000Z", "2025-11-22T06:00:00.12Z", "", time.Microsecond)
	f("2022-07-18T09:33:28.823500726+00:00", "2022-07-18T09:33:28.823500726Z", "", time.Nanosecond)
	f("2025-11-22T06:00:00", "", "2025-11-22T06:00:00Z", time.Second)
	f("2021-11-07 11:16:45", "", "2021-11-07T11:16:45Z", time.Second)
	f("2025-11-22T06:00:00.5", "", "2025-11-22T06:00:00.5Z", 100*time.Millisecond)
	f("1763791200123", "2025-11-22T06:00:00.123Z", "", time.Millisecond)
	f("2025-11-22", "", "", 0)
	f("2025-13-22T06:00:00Z", "", "", 0)
	f("yesterday", "", "", 0)
	f("", "", "", 0)
}

// TestFloat compares with the standard library on numbers of all lengths.
func TestFloat(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		text := strconv.FormatFloat((rnd.Float64()-0.5)*math.Pow(10, float64(rnd.IntN(20)-5)), 'f', rnd.IntN(18), 64)
		if rnd.IntN(8) == 0 {
			text = strconv.FormatFloat(rnd.NormFloat64()*1e9, 'g', -1, 64)
		}
		want, _ := strconv.ParseFloat(text, 64)
		if got, ok := Float([]byte(text)); !ok || got != want {
			t.Fatalf("Float(%q) = %v, %v; want %v", text, got, ok, want)
		}
	}
	for _, bad := range []string{"", "-", ".", "nan", "NaN", "inf", "-Infinity", "0x1p-2", "1_0", "1e400", "--1", "1.2.3", "e5"} {
		if got, ok := Float([]byte(bad)); ok {
			t.Errorf("Float(%q) = %v; want none", bad, got)
		}
	}
}

func TestParseTopic(t *testing.T) {
	f := func(topic string, want Topic, ok bool) {
		t.Helper()
		got, err := ParseTopic(topic)
		got.measure = nil
		if got != want || (err == nil) != ok {
			t.Errorf("ParseTopic(%q) = %+v, %v", topic, got, err)
		}
	}
	f("sc/v1/058091/air/dev-1/up", Topic{Comune: "058091", Kind: "air", Device: "dev-1", Leaf: "up"}, true)
	f("sc/v1/058091/bb_node/dev-1/event", Topic{Comune: "058091", Kind: "bb_node", Device: "dev-1", Leaf: "event"}, true)
	f("", Topic{}, true)
	f("/ingest/v1/native/058091", Topic{}, true)
	f("sc/v1/058091/air/dev-1", Topic{}, false)
	f("sc/v1/058091/air//up", Topic{}, false)
	f("sc/v1/058091/air/dev-1/up/more", Topic{}, false)
	f("sc/v1/", Topic{}, false)
}

func TestTopicMeasurement(t *testing.T) {
	for topic, want := range map[string]string{
		"sc/v1/058091/parking/p-1/up": "parking_spot", "sc/v1/058091/air/p-1/state": "device",
		"sc/v1/058091/air/p-1/meta": "event", "sc/v1/058091/air/p-1/event": "event",
	} {
		got, err := ParseTopic(topic)
		if err != nil || got.Measurement() == nil || got.Measurement().Name != want {
			t.Errorf("%s leads to %+v, %v; want %s", topic, got.Measurement(), err, want)
		}
	}
	if (Topic{}).Measurement() != nil {
		t.Error("no topic leads to a measurement")
	}
}

func TestUint(t *testing.T) {
	var p Parser
	f := func(text string, want uint64, ok bool) {
		t.Helper()
		v, err := p.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, gotOK := p.Uint(v); got != want || gotOK != ok {
			t.Errorf("Uint(%s) = %d, %v", text, got, gotOK)
		}
	}
	f("0", 0, true)
	f("17", 17, true)
	f("17.0", 17, true)
	f("9007199254740993", 9007199254740993, true)
	f("-1", 0, false)
	f("1.5", 0, false)
	f("1e30", 0, false)
	f(`"17"`, 0, false)
}

// TestParse: what surrounds JSON in practice, and what is none.
func TestParse(t *testing.T) {
	var p Parser
	f := func(payload string, want ingest.Reason) {
		t.Helper()
		v, err := p.ParseObject([]byte(payload))
		var refusal *ingest.Refusal
		if errors.As(err, &refusal); err != nil && refusal.Reason != want || (err == nil) != (want == "") {
			t.Errorf("%q: %v; want %q", payload, err, want)
		}
		if err == nil && v.GetInt("a") != 1 {
			t.Errorf("%q is %s", payload, v)
		}
	}
	f(`{"a":1}`, "")
	f(" \r\n\t"+`{"a":1}`+"\n", "")
	f("\ufeff"+`{"a":1}`, "")
	f(`{"a":1}`+"\x00", "")
	f(`{"a":1}`+"\x00\x00\x00", "")
	f("\x00", ingest.Empty)
	f("\ufeff", ingest.Empty)
	f("  \n", ingest.Empty)
	f("", ingest.Empty)
	f("\x00"+`{"a":1}`, ingest.Unparsable)
	f(`{"a":1}{"a":1}`, ingest.Unparsable)
	f(`{"a":1`, ingest.Unparsable)
	f(`{'a':1}`, ingest.Unparsable)
	f(`{"a":NaN}x`, ingest.Unparsable)
	f(`[1]`, ingest.Unparsable)
	f("\x1f\x8b\x08", ingest.Unparsable)
	f(`{"a":1,"b":`+strings.Repeat("[", MaxDepth-1)+strings.Repeat("]", MaxDepth-1)+"}", "")
	f(`{"a":1,"b":`+strings.Repeat("[", MaxDepth)+strings.Repeat("]", MaxDepth)+"}", ingest.TooLarge)
	f(`{"a":1,"b":`+strings.Repeat("[", MaxDepth), ingest.TooLarge)
	f(`{"a":1,"b":"`+strings.Repeat("[", 10*MaxDepth)+`"}`, "")
	f(strings.Repeat(`{"a":`, 400)+"1"+strings.Repeat("}", 400), ingest.TooLarge)
	f(`{"a":[`+strings.Repeat("1,", MaxElements)+`1]}`, ingest.TooLarge)
	f(`{"a":1,"text":"`+strings.Repeat("[", MaxElements-10)+`"}`, "")
}

func TestNotANumber(t *testing.T) {
	for text, want := range map[string]bool{"NaN": true, "-inf": true, "+Infinity": true, "12": false, "": false, "info": false, "infinity": true, "on": false} {
		if NotANumber(text) != want {
			t.Errorf("NotANumber(%q) = %v", text, !want)
		}
	}
}

func FuzzEpoch(f *testing.F) {
	f.Add("1763791200.123")
	f.Add("-1e3")
	f.Fuzz(func(t *testing.T, text string) {
		if _, res, ok := Epoch(text); ok && res < time.Nanosecond {
			t.Errorf("Epoch(%q) has resolution %v", text, res)
		}
		var r ingest.Reading
		SetTime(&r, text)
	})
}
