package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"rione/api"
	"rione/ingest"
)

// sent is what one device published: whether each message was acked, and how
// many it began to send.
type sent struct {
	id    string
	acked []bool
	tried int // kept by steady loads
}

func valueOf(device, k int) float64 { return float64(device%20) + float64(k%100)/10 }

// load publishes per messages from each device, window at a time, and notes
// what was acked. It stops early where the connection breaks.
func (r *rig) load(ids []string, per int, base time.Time) []sent {
	out := make([]sent, len(ids))
	var wg, connected sync.WaitGroup
	connected.Add(1)
	for i, id := range ids {
		out[i] = sent{id: id, acked: make([]bool, per)}
		c, lost := r.client(id)
		wg.Go(func() {
			connected.Wait()
			defer c.Disconnect(0)
			r.stream(c, lost, i, &out[i], base)
		})
	}
	connected.Done()
	wg.Wait()
	return out
}

func (r *rig) stream(c paho.Client, lost <-chan struct{}, device int, s *sent, base time.Time) {
	topic := fmt.Sprintf("sc/v1/%s/air/%s/up", comuneOf(s.id), s.id)
	window := make([]paho.Token, 0, 20)
	first := 0
	flush := func() {
		for i, t := range window {
			select {
			case <-t.Done():
				s.acked[first+i] = t.Error() == nil
			case <-lost:
			}
		}
		first += len(window)
		window = window[:0]
	}
	for k := range s.acked {
		payload := fmt.Sprintf(`{"ts":%d,"temp_c":%g,"rh_pct":48}`, base.UnixMilli()+int64(k)*1000, valueOf(device, k))
		window = append(window, c.Publish(topic, 1, false, payload))
		if len(window) == cap(window) {
			flush()
			select {
			case <-lost:
				return
			default:
			}
		}
	}
	flush()
}

// proveStored checks that the store holds each acked reading once, with its
// value and its place.
func (r *rig) proveStored(all []sent, base time.Time) {
	r.t.Helper()
	acked := 0
	for i, s := range all {
		stored := map[int64]float64{}
		for _, series := range r.query(fmt.Sprintf(`SELECT temp_c, lat, lon, q FROM air WHERE device_id='%s' GROUP BY comune, zone, s2_cell_id`, s.id)) {
			if series.Tags["comune"] != comuneOf(s.id) || series.Tags["zone"] == "" || series.Tags["s2_cell_id"] == "" {
				r.t.Fatalf("%s: tags %v", s.id, series.Tags)
			}
			for _, row := range series.Values {
				at := row[0].(time.Time).UnixMilli()
				if _, twice := stored[at]; twice {
					r.t.Errorf("%s: stored twice at %d", s.id, at)
				}
				stored[at] = number(row[1])
				if lat, lon := number(row[2]), number(row[3]); lat < 38 || lat > 42 || lon < 12 || lon > 14 {
					r.t.Errorf("%s: position %v, %v", s.id, lat, lon)
				}
			}
		}
		for k, ok := range s.acked {
			v, there := stored[base.UnixMilli()+int64(k)*1000]
			if ok && !there {
				r.t.Errorf("%s: acked reading %d is not stored", s.id, k)
			}
			if there && math.Abs(v-valueOf(i, k)) > 1e-9 {
				r.t.Errorf("%s: reading %d is %v, want %v", s.id, k, v, valueOf(i, k))
			}
			if ok {
				acked++
			}
		}
	}
	r.t.Logf("%d acked readings proved stored", acked)
	if acked == 0 {
		r.t.Error("nothing was acked")
	}
}

// number reads a column; InfluxDB writes whole floats without a point.
func number(v any) float64 {
	f, _ := ingest.NumberOf(v)
	return f
}

// awaitBalance waits until the ledger has accounted for n acked messages.
func (r *rig) awaitBalance(n int64) api.LedgerLine {
	r.t.Helper()
	var l api.Ledger
	defer func() { r.t.Logf("ledger: %+v", l.Total) }()
	r.await(fmt.Sprintf("the ledger of %d messages", n), time.Minute, func() bool {
		// While the store is being hurt, the ledger may be out of reach.
		status, body := r.ask("/v1/ledger?by=door")
		if status == http.StatusServiceUnavailable || json.Unmarshal(body, &l) != nil {
			return false
		}
		// A broker in front repeats messages before it sends those that are new.
		return l.Total.Acked-l.Total.Duplicate >= n && l.Total.Open == 0
	})
	return l.Total
}

func TestTwentyThousandMessages(t *testing.T) {
	r := newRig(t)
	ids, file := fleet(40)
	r.must(file, "devices", "import", "-") // before the first start
	r.up()
	base := time.Now().Add(-10 * time.Minute).Truncate(time.Second)
	all := r.load(ids, 500, base)
	total := r.awaitBalance(20_000)
	if total.Stored != 20_000 || total.Points != 20_000 {
		t.Errorf("ledger: %+v, want 20,000 messages stored", total)
	}
	r.proveStored(all, base)
}

func TestKillInTheMiddle(t *testing.T) {
	r := newRig(t)
	ids, file := fleet(40)
	r.must(file, "devices", "import", "-")
	r.up()
	base := time.Now().Add(-10 * time.Minute).Truncate(time.Second)
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		r.await("messages in the store", time.Minute, func() bool {
			rows := r.query("SELECT count(temp_c) FROM air")
			return len(rows) == 1 && rows[0].Values[0][1].(int64) > 2000
		})
		r.kill()
	}()
	all := r.load(ids, 500, base)
	<-killed
	r.up()
	rest := r.load(ids[:2], 10, base.Add(-time.Hour)) // life goes on
	r.awaitStored(ids[0], base.Add(-time.Hour), 10)
	r.proveStored(all, base)
	r.proveStored(rest, base.Add(-time.Hour))
	n := int64(0)
	for _, s := range append(all, rest...) {
		for _, ok := range s.acked {
			if ok {
				n++
			}
		}
	}
	if total := r.awaitBalance(n); total.Stored+total.Duplicate < n {
		t.Errorf("ledger: %+v, want at least %d stored", total, n)
	}
}

// awaitStored waits until the store holds n readings of a device from base on.
func (r *rig) awaitStored(id string, base time.Time, n int64) {
	r.t.Helper()
	r.await("readings of "+id, time.Minute, func() bool {
		rows := r.query(fmt.Sprintf(`SELECT count(temp_c) FROM air WHERE device_id='%s' AND time >= %dms AND time < %dms`,
			id, base.UnixMilli(), base.Add(time.Minute).UnixMilli()))
		return len(rows) == 1 && rows[0].Values[0][1].(int64) >= n
	})
}
