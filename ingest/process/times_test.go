package process_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/influx/influxtest"
	"rione/ingest/process"
)

// tableRow is a row of the tables of times and repetitions in DESIGN.md, which
// names it: messages in one record, and what becomes of them.
type tableRow struct {
	name     string
	clock    process.ClockPolicy // "" for the default
	messages []ingest.Message
	ledger   string
	points   []string // of the measurement air
}

// wallClock is a message of a device that tells the time on Italy's walls and
// not where that is, received at some moment.
func wallClock(received, wall string) ingest.Message {
	at, err := time.Parse(time.RFC3339, received)
	if err != nil {
		panic(err)
	}
	return ingest.Message{
		Received: at, Door: "mqtt", Route: "walls", Client: "air-1", Topic: "tele/air-1/SENSOR",
		Payload: fmt.Appendf(nil, `{"Time":%q,"AM2301":{"Temperature":20},"TempUnit":"C"}`, wall),
	}
}

// byNetwork is a message without a time of the device's, with the network's.
func byNetwork(at string) ingest.Message {
	return ingest.Message{
		Received: receipt, Door: "mqtt", Route: "chirpstack", Topic: "application/1/device/0102030405060708/event/up",
		Payload: fmt.Appendf(nil, `{"deviceInfo":{"devEui":"0102030405060708"},"time":%q,"fPort":85,"object":{"temperature":{"unit":"C","value":20}}}`, at),
	}
}

// history is what an administrator brings in.
func history(list []ingest.Message) []ingest.Message {
	for i := range list {
		list[i].Door = ingest.ImportDoor
	}
	return list
}

func timeRows() []tableRow {
	const withRadio = "acked 1 stored 1 points 2" // the signal is a point of the device
	const stored, two, refused = "acked 1 stored 1 points 1", "acked 2 stored 2 points 2", "acked 1 quarantined 1 points 0"
	air := func(payloads ...string) (list []ingest.Message) {
		for _, p := range payloads {
			list = append(list, say("air", "air-1", p))
		}
		return list
	}
	one := func(m ingest.Message) []ingest.Message { return []ingest.Message{m} }
	at := func(points ...string) []string { return points }
	const ahead, unset = `{"ts":1772366400000,"temp_c":20}`, `{"ts":600,"temp_c":20}`
	return []tableRow{
		{"device time", "", air(`{"ts":1772359200000,"temp_c":20}`), stored, at("2026-03-01T10:00:00Z q=0 temp_c=20")},
		{"late", "", air(`{"ts":1772358000000,"temp_c":20}`), stored, at("2026-03-01T09:40:00Z q=16 temp_c=20")},
		{"network time", "", one(byNetwork("2026-03-01T09:59:59.5Z")), withRadio, at("2026-03-01T09:59:59.5Z q=0 temp_c=20")},
		{"network time of 1970", "", one(byNetwork("1970-01-01T00:00:09Z")), withRadio, at("2026-03-01T10:00:00.123456789Z q=0 temp_c=20")},
		{"no time", "", air(`{"temp_c":20}`), stored, at("2026-03-01T10:00:00.123456789Z q=0 temp_c=20")},
		{"no time, twice in one moment", "", air(`{"temp_c":20}`, `{"temp_c":21}`), two,
			at("2026-03-01T10:00:00.123456789Z q=0 temp_c=20", "2026-03-01T10:00:00.12345679Z q=0 temp_c=21")},
		{"ms and seq", "", air(`{"ts":1772359200000,"seq":3000017,"temp_c":20}`), stored, at("2026-03-01T10:00:00.000000017Z q=0 temp_c=20")},
		{"s and seq", "", air(`{"ts":1772359200,"seq":3000017,"temp_c":20}`), stored, at("2026-03-01T10:00:00.003000017Z q=0 temp_c=20")},
		{"one millisecond, with seq", "", air(`{"ts":1772359200000,"seq":17,"temp_c":20}`, `{"ts":1772359200000,"seq":18,"temp_c":21}`), two,
			at("2026-03-01T10:00:00.000000017Z q=0 temp_c=20", "2026-03-01T10:00:00.000000018Z q=0 temp_c=21")},
		{"one millisecond, without seq", "", air(`{"ts":1772359200000,"temp_c":20}`, `{"ts":1772359200000,"temp_c":21}`), two,
			at("2026-03-01T10:00:00Z q=0 temp_c=21")},
		{"five minutes ahead", "", air(`{"ts":1772359500000,"temp_c":20}`), stored, at("2026-03-01T10:05:00Z q=0 temp_c=20")},
		{"two hours ahead", "", air(ahead), stored, at("2026-03-01T10:00:00.123456789Z q=1 temp_c=20")},
		{"two hours ahead, accept", process.AcceptTime, air(ahead), stored, at("2026-03-01T12:00:00Z q=1 temp_c=20")},
		{"two hours ahead, quarantine", process.QuarantineClock, air(ahead), refused, nil},
		{"1970", "", air(unset), stored, at("2026-03-01T10:00:00.123456789Z q=1 temp_c=20")},
		{"1970, accept", process.AcceptTime, air(unset), stored, at("1970-01-01T00:10:00Z q=17 temp_c=20")},
		{"1970, quarantine", process.QuarantineClock, air(unset), refused, nil},
		{"backlog of 1970", "", air(`[{"ts":600,"temp_c":20},{"ts":1800,"temp_c":21},{"ts":1780,"temp_c":22}]`), "acked 1 stored 1 points 3",
			at("2026-03-01T09:40:00.123456789Z q=17 temp_c=20", "2026-03-01T09:59:40.123456789Z q=1 temp_c=22", "2026-03-01T10:00:00.123456789Z q=1 temp_c=21")},
		{"backlog of decades", "", air(`[{"ts":600,"temp_c":20},{"ts":1388534400,"temp_c":21}]`), "acked 1 stored 1 points 2",
			at("2026-03-01T10:00:00.123456789Z q=1 temp_c=20", "2026-03-01T10:00:00.12345679Z q=1 temp_c=21")},
		{"history", "", history(air(`{"ts":"1998-03-01T10:00:00Z","temp_c":20}`)), stored, at("1998-03-01T10:00:00Z q=16 temp_c=20")},
		{"history of tomorrow", process.AcceptTime, history(air(ahead)), refused, nil},
		{"history without a time", "", history(air(`{"temp_c":20}`)), refused, nil},
		{"local time", "", one(wallClock("2026-03-01T10:00:00.5Z", "2026-03-01T11:00:00")), stored, at("2026-03-01T10:00:00.5Z q=1 temp_c=20")},
		{"local time, quarantine", process.QuarantineClock, one(wallClock("2026-03-01T10:00:00.5Z", "2026-03-01T11:00:00")), refused, nil},
		{"local time, accept", process.AcceptTime, one(wallClock("2026-07-01T10:00:00.5Z", "2026-07-01T12:00:00")), stored, at("2026-07-01T10:00:00Z q=1 temp_c=20")},
		{"spring, before the hour that is missing", process.AcceptTime, one(wallClock("2026-03-29T00:59:59.5Z", "2026-03-29T01:59:59")), stored, at("2026-03-29T00:59:59Z q=1 temp_c=20")},
		{"spring, in the hour that is missing", process.AcceptTime, one(wallClock("2026-03-29T01:30:00.5Z", "2026-03-29T02:30:00")), stored, at("2026-03-29T01:30:00Z q=1 temp_c=20")},
		{"spring, after it", process.AcceptTime, one(wallClock("2026-03-29T01:30:00.5Z", "2026-03-29T03:30:00")), stored, at("2026-03-29T01:30:00Z q=1 temp_c=20")},
		{"autumn, the double hour's first pass", process.AcceptTime, one(wallClock("2026-10-25T00:30:05Z", "2026-10-25T02:30:00")), stored, at("2026-10-25T00:30:00Z q=1 temp_c=20")},
		{"autumn, its second pass", process.AcceptTime, one(wallClock("2026-10-25T01:30:05Z", "2026-10-25T02:30:00")), stored, at("2026-10-25T01:30:00Z q=1 temp_c=20")},
		{"autumn, after it", process.AcceptTime, one(wallClock("2026-10-25T02:00:05Z", "2026-10-25T03:00:00")), stored, at("2026-10-25T02:00:00Z q=1 temp_c=20")},
		{"the year 9999", process.AcceptTime, air(`{"ts":"9999-01-01T00:00:00Z","temp_c":20}`), refused, nil},
	}
}

func TestTableOfTimes(t *testing.T) {
	server := influxtest.Start(t)
	for _, row := range timeRows() {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, server)
			r.opt = func(o *process.Options) { o.Clock = row.clock }
			r.route(append(ingest.DefaultRoutes(), ingest.Route{Name: "walls", Filter: "tele/+/SENSOR", Format: "tasmota", Device: "topic:1"})...)
			r.start()
			r.send(row.messages...)
			r.settle()
			r.end()
			r.expectLedger(row.ledger)
			if got := r.rows("air"); !slices.Equal(got, row.points) {
				t.Errorf("%q, want %q", got, row.points)
			}
		})
	}
}

// A message that comes again, in the same run or in another one of the
// processor.
func TestTableOfRepetitions(t *testing.T) {
	server := influxtest.Start(t)
	f := func(name, ledger, point string, runs ...[]ingest.Message) {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, server)
			for _, list := range runs {
				r.start()
				r.send(list...)
				r.settle()
				r.end()
			}
			r.expectLedger(ledger)
			if got := r.rows("air WHERE device_id = 'air-1'"); !slices.Equal(got, []string{point}) {
				t.Errorf("%q, want %q alone", got, point)
			}
		})
	}
	const point = "2026-03-01T10:00:00Z q=0 temp_c=20"
	first := say("air", "air-1", `{"ts":1772359200000,"temp_c":20}`)
	times := func(n int) []ingest.Message { return slices.Repeat([]ingest.Message{first}, n) }
	f("the same", "acked 10 stored 1 duplicate 9 points 1", point, times(10))
	f("the same over a restart", "acked 10 stored 1 duplicate 9 points 1", point, times(2), times(2), times(2), times(2), times(2))
	other := say("air", "air-1", `{"ts":1772359200000,"temp_c":21}`)
	f("other values", "acked 2 stored 2 points 2", "2026-03-01T10:00:00Z q=0 temp_c=21", []ingest.Message{first, other})
	f("other values over a restart", "acked 2 stored 2 points 2", "2026-03-01T10:00:00Z q=0 temp_c=21", times(1), []ingest.Message{other})
	var newer []ingest.Message
	for i := range 4096 {
		newer = append(newer, say("air", "air-2", fmt.Sprintf(`{"ts":%d,"temp_c":20}`, 1772355000000+i)))
	}
	f("forgotten over a restart", "acked 4098 stored 4098 points 4098", point, append(times(1), newer...), times(1))
	released := first
	released.Door = "replay"
	f("out of quarantine", "acked 2 stored 2 points 2", point, []ingest.Message{first, released})
}

// The design names each row that is tested here, and nothing that is not.
func TestTheDesignNamesEachRow(t *testing.T) {
	text, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for _, row := range timeRows() {
		rows[row.name] = true
	}
	_, after, _ := strings.Cut(string(text), "## What becomes of a time")
	table, _, _ := strings.Cut(after, "## What becomes of a repetition")
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 5 || strings.HasPrefix(cells[0], "-") || strings.Contains(line, "the message says") {
			continue
		}
		for name := range strings.SplitSeq(strings.TrimSpace(cells[4]), "; ") {
			if !rows[name] {
				t.Errorf("the design names %q, which is no row of TestTableOfTimes, or names it twice", name)
			}
			delete(rows, name)
		}
	}
	for name := range rows {
		t.Errorf("row %q of TestTableOfTimes is not in the design", name)
	}
}
