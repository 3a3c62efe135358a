package process_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/influx/influxtest"
	"rione/ingest/process"
)

// purse is a budget of some messages and series, which notes what it was asked.
type purse struct {
	mu       sync.Mutex
	messages int
	series   map[uint64]bool
	most     int
	bytes    int64
}

func (p *purse) Message(door, comune, device string, received time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.messages == 0 {
		return fmt.Errorf("%s %s of %s at %d is over its messages", door, device, comune, received.Unix())
	}
	p.messages--
	return nil
}

func (p *purse) Admit(comune, device string, series uint64, bytes int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.series[series] && len(p.series) == p.most {
		return fmt.Errorf("%s of %s is over its series", device, comune)
	}
	p.series[series] = true
	p.bytes += bytes
	return nil
}

// A series over the budget is not written: its message waits in quarantine, and
// those that there are go on.
func TestBudgetOfSeries(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	p := &purse{messages: 100, series: map[uint64]bool{}, most: 2}
	r.opt = func(o *process.Options) { o.Budget = p }
	r.start()
	at := receipt.UnixMilli()
	radio := func(ms int64, band string) ingest.Message {
		return say("wifi_ap", "ap-1", fmt.Sprintf(`{"ts":%d,"wifi_radio":[{"band":"%s","radio":"1","clients":3}]}`, at+ms, band))
	}
	r.send(radio(0, "2g"), radio(1, "5g"), radio(2, "6g"), radio(3, "2g"),
		say("wifi_ap", "ap-1", fmt.Sprintf(`{"ts":%d,"wifi_radio":[{"band":"2g","radio":"1","clients":4},{"band":"6g","radio":"1","clients":4}]}`, at+4)))
	r.settle()
	r.end()
	r.expectLedger("acked 5 stored 3 partial 1 quarantined 1 points 4")
	if got := r.held(); !slices.Equal(got, []string{"over_quota//ap-1/058091", "over_quota//ap-1/058091"}) {
		t.Errorf("quarantine: %q", got)
	}
	if p.messages != 94 && p.messages != 95 || p.bytes < 4*10 {
		t.Errorf("left %d messages, %d bytes used", p.messages, p.bytes)
	}
}

// A message over the budget is quarantined whole, with the reason.
func TestBudgetOfMessages(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	p := &purse{messages: 1, series: map[uint64]bool{}, most: 9}
	r.opt = func(o *process.Options) { o.Budget = p }
	r.start()
	r.send(say("air", "air-1", `{"ts":1772359200000,"temp_c":20}`), say("air", "air-1", `{"ts":1772359201000,"temp_c":21}`))
	r.settle()
	r.end()
	r.expectLedger("acked 2 stored 1 quarantined 1 points 1")
	if got := r.held(); !slices.Equal(got, []string{"over_quota//air-1/058091"}) {
		t.Errorf("quarantine: %q", got)
	}
}

// ear is a listener that notes who it heard.
type ear struct {
	mu    sync.Mutex
	heard []string
}

func (e *ear) Heard(d *devices.Device, m *ingest.Message) {
	e.mu.Lock()
	defer e.mu.Unlock()
	id := ""
	if d != nil {
		id = d.ID
	}
	e.heard = append(e.heard, id+" "+m.Topic)
}

// A listener hears of every message, of unknown devices too, and of none that
// comes out of quarantine.
func TestListeners(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	e := &ear{}
	r.opt = func(o *process.Options) { o.Listeners = []process.Listener{e} }
	r.start()
	again := say("air", "air-2", `{"ts":1772359201000,"temp_c":21}`)
	again.Door = "replay"
	r.send(say("air", "air-1", `{"ts":1772359200000,"temp_c":20}`), say("air", "air-99", `{"ts":1772359201000,"temp_c":21}`), again)
	r.settle()
	r.end()
	if !slices.Equal(e.heard, []string{"air-1 sc/v1/058091/air/air-1/up", " sc/v1/058091/air/air-99/up"}) {
		t.Errorf("heard %q", e.heard)
	}
}
