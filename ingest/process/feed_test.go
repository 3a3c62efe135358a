package process_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"rione/ingest"
	"rione/ingest/influx/influxtest"
	"rione/ingest/process"
)

// receipts is a feed that notes whose points it hears of, and whether they came now.
type receipts struct {
	mu   sync.Mutex
	list []string
}

func (f *receipts) Stored(points []ingest.Point) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range points {
		p := &points[i]
		f.list = append(f.list, fmt.Sprintf("%s %s %v", p.Device.ID, p.Measurement.Name, p.Received.Equal(receipt)))
		if !p.Received.IsZero() && !p.Received.Equal(receipt) {
			f.list = append(f.list, fmt.Sprintf("received at %v", p.Received))
		}
	}
}

// Feeds hear of history that is brought in, so that windows are made again, and not
// that its devices spoke: presence would watch for more.
func TestHistoryIsNoWordOfItsDevice(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	feed := &receipts{}
	r.opt = func(o *process.Options) { o.Feeds = []ingest.Feed{feed} }
	r.start()
	old := say("air", "air-1", `{"ts":1772000000000,"temp_c":20}`)
	r.send(history([]ingest.Message{old})...)
	r.send(say("air", "air-2", `{"ts":1772359200000,"temp_c":21}`))
	r.settle()
	r.end()
	r.expectLedger("acked 2 stored 2 points 2")
	if want := []string{"air-1 air false", "air-2 air true"}; !slices.Equal(feed.list, want) {
		t.Errorf("heard %q, want %q", feed.list, want)
	}
}
