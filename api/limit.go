package api

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A client is who its token says, else its address. Clients beyond the bound
// share one count, so that inventing addresses gains nothing.
const (
	limitWindow          = time.Minute
	defaultPerMinute     = 3000
	defaultOpenPerMinute = 600
	maxCounted           = 20_000
)

// limiter counts requests of clients in windows of a minute.
type limiter struct {
	most int
	now  func() time.Time

	mu     sync.Mutex
	until  time.Time // end of the window
	counts map[string]int
}

func newLimiter(most int, now func() time.Time) *limiter {
	return &limiter{most: most, now: now, counts: make(map[string]int)}
}

// take counts a request and returns how many are left in the window and how
// long that still lasts; left is negative when the request is one too many.
func (l *limiter) take(client string) (left int, reset time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if !now.Before(l.until) {
		l.until = now.Add(limitWindow)
		clear(l.counts)
	}
	if _, known := l.counts[client]; !known && len(l.counts) >= maxCounted {
		client = ""
	}
	l.counts[client]++
	return l.most - l.counts[client], l.until.Sub(now)
}

// withinLimit says in the headers what is left, by the names of ModI, and
// answers the request itself when nothing is.
func (l *limiter) withinLimit(w http.ResponseWriter, client string) bool {
	left, reset := l.take(client)
	seconds := strconv.Itoa(int(reset/time.Second) + 1)
	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(l.most))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(left, 0)))
	h.Set("X-RateLimit-Reset", seconds)
	if left >= 0 {
		return true
	}
	h.Set("Retry-After", seconds)
	writeProblem(w, http.StatusTooManyRequests, "too many requests; try again after the seconds in Retry-After")
	return false
}
