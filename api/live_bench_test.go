package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// BenchmarkLive1000 has a thousand live clients, half of them with a filter, and
// in each round a tick in which every device of the demo city changed; a round
// ends when each client has heard all of it that it wants.
func BenchmarkLive1000(b *testing.B) {
	const clients = 1000
	r := newRig(b, demoCity())
	if err := r.Start(context.Background()); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	var reading sync.WaitGroup
	b.Cleanup(func() { cancel(); reading.Wait() })
	last := r.registry.Snapshot().All()[len(demoCity())-1] // in the filter of all, and told last
	heard := make(chan int, clients)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: -1}}
	for i := range clients {
		query := ""
		if i%2 == 0 {
			query = "?bbox=10,35,16,46&kind=" + string(last.Kind)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.Addr().String()+"/v1/live"+query, nil)
		if err != nil {
			b.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(resp, err)
		}
		reading.Go(func() {
			defer resp.Body.Close()
			var text []byte
			piece, want := make([]byte, 64<<10), []byte(fmt.Sprintf("%q", last.ID))
			for {
				n, err := resp.Body.Read(piece)
				text = append(text, piece[:n]...)
				for at := bytes.Index(text, want); at >= 0; at = bytes.Index(text, want) {
					text = text[at+len(want):]
					heard <- i
				}
				text = text[max(0, len(text)-len(want)):]
				if err != nil {
					return
				}
			}
		})
	}
	b.ReportAllocs()
	at := time.Now()
	for b.Loop() {
		at = at.Add(time.Second)
		r.say(len(demoCity()), at)
		r.live.tick()
		for range clients {
			select {
			case <-heard:
			case <-ctx.Done():
				b.Fatal("a client did not hear of it within a minute")
			}
		}
	}
	b.ReportMetric(float64(len(demoCity())), "changes/op")
}
