package api

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"rione/ingest"
)

// heldStore holds every export until it is let go, and counts those that it
// holds. Other questions are answered with nothing.
type heldStore struct {
	begun chan struct{}
	letGo chan struct{}
}

func (heldStore) Query(context.Context, string, string) ([]ingest.Series, error) { return nil, nil }

func (h heldStore) QueryEach(ctx context.Context, _, _ string, _ func(*ingest.Series) error) error {
	h.begun <- struct{}{}
	select {
	case <-h.letGo:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// TestOneAddressLeavesDownloadsToOthers has one address hold all that it may, and
// another one ask.
func TestOneAddressLeavesDownloadsToOthers(t *testing.T) {
	store := heldStore{begun: make(chan struct{}, openExports+1), letGo: make(chan struct{})}
	r := newRig(t, demoCity()[:12], func(o *Options) { o.Store = store })
	if w := r.do(request{method: "POST", path: "/v1/publications/roma-air/publish", token: adminToken}); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var all sync.WaitGroup
	get := func(address string) int {
		return r.do(request{path: "/opendata/roma-air.csv", peer: address}).Code
	}
	hold := func(address string, n int) {
		for i := range n {
			all.Go(func() {
				if code := get(fmt.Sprintf("%s:%d", address, 1000+i)); code != http.StatusOK {
					t.Errorf("a download that was begun ended with %d", code)
				}
			})
			select {
			case <-store.begun:
			case <-time.After(20 * time.Second):
				t.Fatal("a download does not begin")
			}
		}
	}
	hold("198.51.100.1", openExportsEach)
	if code := get("198.51.100.1:2000"); code != http.StatusServiceUnavailable {
		t.Errorf("one more of the same address: %d", code)
	}
	hold("198.51.100.2", openExports-openExportsEach)
	w := r.do(request{path: "/opendata/roma-air.csv", peer: "198.51.100.3:1"})
	problemOf(t, w, http.StatusServiceUnavailable)
	if w.Header().Get("Retry-After") == "" {
		t.Error("it does not say when to come back")
	}
	close(store.letGo)
	all.Wait()
	if code := get("198.51.100.1:3000"); code != http.StatusOK {
		t.Errorf("after all have ended: %d", code)
	}
}
