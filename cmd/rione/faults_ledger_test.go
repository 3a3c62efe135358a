package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"testing"
	"time"

	"rione/api"
)

// class is what one message of the mixed load is.
type class int

const (
	fresh    class = iota // a reading of now
	late                  // one of six hours ago
	again                 // the message before, once more
	half                  // a reading of which one field has no sense
	garbage               // no JSON
	nonsense              // JSON whose only value has no sense
	ancient               // a reading older than the retention

	classes
)

// mixedOrder is what a device sends, over and over. What is repeated makes
// points: a message that is refused is refused as often as it comes.
var mixedOrder = [...]class{fresh, fresh, again, late, again, garbage, half, fresh, ancient, nonsense}

// mixture makes the messages.
type mixture struct {
	began time.Time
	step  int64 // ms between the readings of a device, which is not faster than that
}

// mixed is a load of all classes.
type mixed struct {
	mixture
	*steady
}

func (r *rig) startMixed(ids []string, per int, rate float64) *mixed {
	what := mixture{began: time.Now().Truncate(time.Millisecond), step: int64(max(1000*float64(len(ids))/rate, 1))}
	return &mixed{what, r.startLoadOf(ids, per, rate, what.began, what.message)}
}

func classOf(k int) class { return mixedOrder[k%len(mixedOrder)] }

// at is the time of message k in ms: of what is late in another span than of
// what is fresh.
func (m mixture) at(k int) int64 {
	ago := map[class]time.Duration{late: 6 * time.Hour, ancient: 200 * 24 * time.Hour}[classOf(k)]
	return m.began.Add(-ago).UnixMilli() + int64(k)*m.step
}

// mixedValue is one that no other message of the device has, and that rises
// slowly enough to be believed.
func mixedValue(device, k int) float64 { return float64(device%20) + float64(k)/10_000 }

func (m mixture) message(i, k int) string {
	switch classOf(k) {
	case again:
		return m.message(i, k-1)
	case garbage:
		return fmt.Sprintf(`{"ts":%d,"temp_c":`, m.at(k))
	case nonsense:
		return fmt.Sprintf(`{"ts":%d,"temp_c":"warm"}`, m.at(k))
	case half:
		return fmt.Sprintf(`{"ts":%d,"temp_c":%g,"rh_pct":"wet"}`, m.at(k), mixedValue(i, k))
	}
	return fmt.Sprintf(`{"ts":%d,"temp_c":%g}`, m.at(k), mixedValue(i, k))
}

// record is the sender's own: of each class, the messages that were acked and
// those that it began to send.
func (m *mixed) record() (acked, tried [classes]int64) {
	for i := range m.all {
		for k := range m.all[i].tried {
			tried[classOf(k)]++
			if m.all[i].acked[k] {
				acked[classOf(k)]++
			}
		}
	}
	return acked, tried
}

// askStore sends a query to the store by hand, so that what proves rione has nothing
// of it. It returns the rows of all series, times in ms, by the value of a tag.
func (r *rig) askStore(q, tag string) map[string][][]float64 {
	r.t.Helper()
	at, token := r.storeAt()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, at+"/query?"+url.Values{"db": {"city"}, "epoch": {"ms"}, "q": {q}}.Encode(), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Token "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Error   string
		Results []struct {
			Error  string
			Series []struct {
				Tags   map[string]string
				Values [][]float64 // null is 0
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Error != "" || len(answer.Results) != 1 || answer.Results[0].Error != "" {
		r.t.Fatalf("%s: %s, %+v, %v", q, resp.Status, answer, err)
	}
	out := map[string][][]float64{}
	for _, s := range answer.Results[0].Series {
		out[s.Tags[tag]] = append(out[s.Tags[tag]], s.Values...)
	}
	return out
}

// The columns of a ledger as askLedger returns them.
const (
	ledgerAcked = 1 + iota
	ledgerStored
	ledgerPartial
	ledgerDuplicate
	ledgerQuarantined
	ledgerExpired
	ledgerPoints
)

// askLedger sums the ledger in the store, by door.
func (r *rig) askLedger() map[string][]float64 {
	r.t.Helper()
	doors := map[string][]float64{}
	const q = "SELECT sum(acked), sum(stored), sum(partial), sum(duplicate), sum(quarantined), sum(expired), sum(points) FROM ledger GROUP BY door"
	for door, rows := range r.askStore(q, "door") {
		doors[door] = rows[0]
	}
	return doors
}

// awaitLast sends a message by the other door and waits until the ledger has it:
// records are handled in order, so everything acked before is there by then.
func (r *rig) awaitLast(id string) {
	r.t.Helper()
	r.push("native", fmt.Sprintf(`{"device_id":%q,"battery_pct":80}`, id))
	r.await("the ledger of the last message", time.Minute, func() bool {
		status, body := r.ask("/v1/ledger?by=door")
		var l api.Ledger
		if status != http.StatusOK || json.Unmarshal(body, &l) != nil || l.Total.Open != 0 {
			return false
		}
		for _, line := range l.Lines {
			if line.Door == "http" && line.Stored == 1 {
				return true
			}
		}
		return false
	})
}

// provePoints compares the readings of each device in the store with what it
// sent, and returns how many there are of each class.
func (m *mixed) provePoints() (points [classes]int64) {
	t := m.r.t
	t.Helper()
	for i, d := range m.all {
		stored := map[int64][]float64{}
		for _, row := range m.r.askStore(fmt.Sprintf("SELECT temp_c, q FROM air WHERE device_id='%s'", d.id), "")[""] {
			if stored[int64(row[0])] != nil {
				t.Errorf("%s: two points at %d ms", d.id, int64(row[0]))
			}
			stored[int64(row[0])] = row
		}
		for k := range d.tried {
			c := classOf(k)
			row := stored[m.at(k)]
			if c != fresh && c != late && c != half {
				continue
			}
			delete(stored, m.at(k))
			switch quality := map[class]float64{late: 16}[c]; {
			case row == nil && d.acked[k]:
				t.Errorf("%s: message %d was acked and is not stored", d.id, k)
			case row == nil: // sent, and neither acked nor taken
			case math.Abs(row[1]-mixedValue(i, k)) > 1e-9 || row[2] != quality:
				t.Errorf("%s: message %d is stored as %v with q %v, want %v with %v", d.id, k, row[1], row[2], mixedValue(i, k), quality)
			default:
				points[c]++
			}
		}
		if len(stored) > 0 {
			t.Errorf("%s: %d points that it never sent: %v", d.id, len(stored), stored)
		}
	}
	return points
}

// proveLedger holds the ledger against the points in the store, where it has to
// agree exactly, and against the sender's record, which knows of a message
// without an ack only that it may have been taken.
func (m *mixed) proveLedger(points [classes]int64) {
	t := m.r.t
	t.Helper()
	doors := m.r.askLedger()
	for door, sums := range doors {
		if open := sums[ledgerAcked] - sums[ledgerStored] - sums[ledgerPartial] - sums[ledgerDuplicate] - sums[ledgerQuarantined] - sums[ledgerExpired]; open != 0 {
			t.Errorf("the ledger of door %s does not balance by %v: %v", door, open, sums)
		}
	}
	l := doors["mqtt"]
	if l == nil {
		t.Fatalf("no ledger of the door mqtt: %v", doors)
	}
	acked, tried := m.record()
	lost := m.lost.Load()
	t.Logf("fresh, late, again, half, garbage, nonsense, ancient: acked %v, began %v, stored %v; %d attempts without an ack", acked, tried, points, lost)
	t.Logf("the ledger's acked, stored, partial, duplicate, quarantined, expired, points: %v", l[1:])
	f := func(what string, column int, from, to int64) {
		t.Helper()
		if got := int64(l[column]); got < from || got > to {
			t.Errorf("the ledger has %d messages %s, want %d to %d", got, what, from, to)
		}
	}
	all := m.acked.Load()
	f("acked", ledgerAcked, all, all+lost)
	f("stored", ledgerStored, points[fresh]+points[late], points[fresh]+points[late])
	f("stored in part", ledgerPartial, points[half], points[half])
	f("expired", ledgerExpired, acked[ancient], tried[ancient])
	f("repeated", ledgerDuplicate, acked[again], acked[again]+lost)
	refused := acked[garbage] + acked[nonsense]
	f("refused", ledgerQuarantined, refused, refused+lost)
	if sum := points[fresh] + points[late] + points[half]; int64(l[ledgerPoints]) != sum {
		t.Errorf("the ledger has %v points, the store %d", l[ledgerPoints], sum)
	}
	var held []api.Entry
	if err := json.Unmarshal([]byte(m.r.must("", "quarantine", "list", "--json")), &held); err != nil {
		t.Fatal(err)
	}
	if want := int(l[ledgerQuarantined] + l[ledgerPartial]); len(held) != want {
		t.Errorf("%d messages in quarantine, the ledger says %d", len(held), want)
	}
}

// rione, its InfluxDB, and both at once are killed with -9 while late, repeated
// and senseless messages come among the others. Then the ledger balances, to the
// message, and agrees with what the test itself counts in the store and with
// the sender's record.
func TestDrillLedger(t *testing.T) {
	r := newRig(t, fixedPort(t, "MQTT_LISTEN"))
	ids := r.register(drillDevices)
	r.up()
	m := r.startMixed(ids, 50_000, *drillRate)
	for i := range *drillKills {
		m.awaitAcked(t, m.acked.Load()+int64(*drillRate))
		if i%3 > 0 {
			r.killStore()
		}
		if i%3 != 1 {
			r.kill()
			r.up()
		}
	}
	m.awaitAcked(t, m.acked.Load()+int64(*drillRate))
	m.finish()
	r.awaitLast(ids[0])
	m.proveLedger(m.provePoints())
	r.proveMemory()
}
