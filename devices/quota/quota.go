// Package quota bounds what devices and comuni may bring: messages a second,
// series, which are counted before they are written, so that a device that
// invents names cannot fill the store, and what the store grows by in a day.
package quota

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Exceeded is the error of what is over a limit.
type Exceeded struct {
	What  string // "messages", "series" or "bytes"
	Of    Subject
	Limit float64 // messages a second, series, or bytes a day
}

// Error implements error.
func (e *Exceeded) Error() string {
	unit := map[string]string{"messages": "messages a second", "series": "series", "bytes": "bytes a day in the store"}[e.What]
	return fmt.Sprintf("%s %s is over its limit of %.10g %s; slow it down, or raise the limit (`rione quota set %s`)",
		e.Of.Class, e.Of.Name, e.Limit, unit, e.Of)
}

// Quota counts messages, series and bytes. It is safe for any number of callers.
// Its memory grows with registered devices and with series within their budgets,
// about 200 bytes a device and 8 a series; so ask it only about devices of the
// registry.
type Quota struct {
	refused *prometheus.CounterVec

	mu                        sync.Mutex
	limits                    map[Subject]Limits // set by operators
	devices, gateways, comuni map[string]*account
	all                       int // series
}

// account is what one device, gateway or comune has used.
type account struct {
	limits Limits
	left   float64 // messages
	at     time.Time
	series int
	hashes []uint64 // of a device: its series, ascending; two with one hash count as one
	day    int64    // since 1970 that bytes are of
	bytes  int64
	comune string // of a device: whose series its series are
}

// New returns a Quota with the limits of the classes, in which nothing was used.
// metrics may be nil.
func New(metrics prometheus.Registerer) *Quota {
	q := &Quota{
		devices: make(map[string]*account), gateways: make(map[string]*account), comuni: make(map[string]*account),
		refused: promauto.With(metrics).NewCounterVec(prometheus.CounterOpts{
			Name: "rione_quota_refused_total", Help: "Messages, new series and points over a limit.",
		}, []string{"what", "of"}),
	}
	promauto.With(metrics).NewGaugeFunc(prometheus.GaugeOpts{
		Name: "rione_quota_series", Help: "Series that are counted against the budgets.",
	}, func() float64 { q.mu.Lock(); defer q.mu.Unlock(); return float64(q.all) })
	return q
}

// Set puts limits in place of those that were set before.
func (q *Quota) Set(limits map[Subject]Limits) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limits = maps.Clone(limits)
	for _, c := range []Class{Device, Gateway, Comune} {
		for name, a := range q.accounts(c) {
			a.limits = q.limitsOf(Subject{c, name})
		}
	}
}

// limitsOf returns the limits of a subject: its own, then those set for the
// class, then the defaults. It needs q.mu.
func (q *Quota) limitsOf(s Subject) Limits {
	return q.limits[s].or(q.limits[Subject{Class: s.Class}]).or(Defaults(s.Class))
}

// Message counts a message that a publisher sent, a device or a gateway of a
// comune, or returns an *Exceeded and counts nothing. A comune that is "" has
// no limit.
func (q *Quota) Message(publisher Subject, comune string, now time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	p := q.account(publisher)
	if p.refill(now); p.left < 1 {
		return q.refuse("messages", publisher, p.limits.PerSecond)
	}
	if comune != "" {
		of := Subject{Comune, comune}
		c := q.account(of)
		if c.refill(now); c.left < 1 {
			return q.refuse("messages", of, c.limits.PerSecond)
		}
		c.left--
	}
	p.left--
	return nil
}

// Admit counts a point of a device in a comune before it is written: its series,
// by a hash of measurement and tags, and the bytes that it will take. It returns
// an *Exceeded, and counts nothing, when it must not be written.
func (q *Quota) Admit(comune, device string, series uint64, bytes int64, now time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	own, whole := Subject{Device, device}, Subject{Comune, comune}
	d, c := q.account(own), q.account(whole)
	q.moveTo(d, comune)
	d.turn(now)
	c.turn(now)
	at, known := slices.BinarySearch(d.hashes, series)
	switch {
	case !known && d.series >= d.limits.Series:
		return q.refuse("series", own, float64(d.limits.Series))
	case !known && c.series >= c.limits.Series:
		return q.refuse("series", whole, float64(c.limits.Series))
	case d.bytes+bytes > d.limits.BytesPerDay:
		return q.refuse("bytes", own, float64(d.limits.BytesPerDay))
	case c.bytes+bytes > c.limits.BytesPerDay:
		return q.refuse("bytes", whole, float64(c.limits.BytesPerDay))
	}
	d.bytes += bytes
	c.bytes += bytes
	if !known {
		d.series++
		c.series++
		q.all++
		d.hashes = slices.Insert(d.hashes, at, series)
	}
	return nil
}

// moveTo gives the series of a device that moved to its new comune, over the
// budget if need be. It needs q.mu.
func (q *Quota) moveTo(d *account, comune string) {
	if d.comune == comune {
		return
	}
	if d.comune != "" {
		q.account(Subject{Comune, d.comune}).series -= d.series
		q.account(Subject{Comune, comune}).series += d.series
	}
	d.comune = comune
}

// Forget frees what a device used: it was retired.
func (q *Quota) Forget(device string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	d := q.devices[device]
	if d == nil {
		return
	}
	if d.comune != "" {
		q.account(Subject{Comune, d.comune}).series -= d.series
	}
	q.all -= d.series
	delete(q.devices, device)
}

// Usage is what a subject has used, and its limits.
type Usage struct {
	Limits     Limits `json:"limits" doc:"In force."`
	Series     int    `json:"series" doc:"Counted since this server started."`
	BytesToday int64  `json:"bytes_today" doc:"Estimate of what the store grew by since midnight UTC, since this server started."`
}

// Usage returns what a subject has used until now.
func (q *Quota) Usage(s Subject, now time.Time) Usage {
	q.mu.Lock()
	defer q.mu.Unlock()
	u := Usage{Limits: q.limitsOf(s)}
	if a := q.accounts(s.Class)[s.Name]; a != nil {
		a.turn(now)
		u.Series, u.BytesToday = a.series, a.bytes
	}
	return u
}

// refuse counts a refusal and returns it.
func (q *Quota) refuse(what string, of Subject, limit float64) error {
	q.refused.WithLabelValues(what, string(of.Class)).Inc()
	return &Exceeded{What: what, Of: of, Limit: limit}
}

// account returns the account of a subject. It needs q.mu.
func (q *Quota) account(s Subject) *account {
	accounts := q.accounts(s.Class)
	a := accounts[s.Name]
	if a == nil {
		a = &account{limits: q.limitsOf(s)}
		accounts[s.Name] = a
	}
	return a
}

// accounts returns those of a class. It needs q.mu.
func (q *Quota) accounts(c Class) map[string]*account {
	switch c {
	case Gateway:
		return q.gateways
	case Comune:
		return q.comuni
	}
	return q.devices
}

// refill gives what the time since the last message brought. An account that is
// new has a whole burst.
func (a *account) refill(now time.Time) {
	switch {
	case a.at.IsZero():
		a.left = a.limits.Burst
	case now.After(a.at):
		a.left = min(a.limits.Burst, a.left+now.Sub(a.at).Seconds()*a.limits.PerSecond)
	default:
		return
	}
	a.at = now
}

// turn begins a new day.
func (a *account) turn(now time.Time) {
	if day := now.Unix() / (24 * 60 * 60); day > a.day {
		a.day, a.bytes = day, 0
	}
}
