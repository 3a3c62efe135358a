// Package quota bounds what devices and comuni may bring: messages a second,
// and series, which are counted before they are written, so that a device that
// invents names cannot fill the store.
package quota

import (
	"cmp"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Rate bounds messages.
type Rate struct {
	PerSecond float64
	Burst     float64 // at once, at least 1
}

// Options of a Quota; what is 0 gets its default.
type Options struct {
	Device       Rate // of each device; default 20 a second, 600 at once
	Comune       Rate // of each comune; default 5,000 a second, 50,000 at once
	DeviceSeries int  // series of each device; default 500
	ComuneSeries int  // series of each comune; default 500,000

	Metrics prometheus.Registerer // nil none
}

// Validate returns an error that names what is wrong with o.
func (o *Options) Validate() error {
	for _, r := range []Rate{o.Device, o.Comune} {
		if r.PerSecond < 0 || r.Burst < 0 || r != (Rate{}) && r.Burst < 1 {
			return errors.New("quota: a rate needs a burst of 1 or more, and must not be negative")
		}
	}
	if o.DeviceSeries < 0 || o.ComuneSeries < 0 {
		return errors.New("quota: budgets of series must not be negative")
	}
	return nil
}

// Exceeded is the error of what is over a limit.
type Exceeded struct {
	What  string  // "messages" or "series"
	Of    string  // "device" or "comune"
	Name  string  // id or ISTAT code
	Limit float64 // messages a second, or series
}

// Error implements error.
func (e *Exceeded) Error() string {
	unit := "series"
	if e.What == "messages" {
		unit = "messages a second"
	}
	return fmt.Sprintf("%s %s is over its limit of %g %s; slow it down or raise the limit", e.Of, e.Name, e.Limit, unit)
}

// Quota counts messages and series. It is safe for any number of callers. Its
// memory grows with registered devices and with series within their budgets,
// about 40 bytes a series; so ask it only about devices of the registry.
type Quota struct {
	o       Options
	refused *prometheus.CounterVec

	mu      sync.Mutex
	devices map[string]*account
	comuni  map[string]*account
	series  map[seriesKey]struct{}
}

// seriesKey is a series of a device by its hash. Two series of one device with
// one hash would count as one: with 500 of them, once in 10¹⁴ devices.
type seriesKey struct {
	device *account
	hash   uint64
}

// account is what one device, or one comune, has used.
type account struct {
	left   float64 // messages
	at     time.Time
	series int
	comune string // of a device: whose series its series are
}

// New returns a Quota in which nothing was used.
func New(o Options) (*Quota, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.Device = cmp.Or(o.Device, Rate{PerSecond: 20, Burst: 600})
	o.Comune = cmp.Or(o.Comune, Rate{PerSecond: 5000, Burst: 50_000})
	o.DeviceSeries = cmp.Or(o.DeviceSeries, 500)
	o.ComuneSeries = cmp.Or(o.ComuneSeries, 500_000)
	q := &Quota{
		o:       o,
		devices: make(map[string]*account), comuni: make(map[string]*account), series: make(map[seriesKey]struct{}),
		refused: promauto.With(o.Metrics).NewCounterVec(prometheus.CounterOpts{
			Name: "rione_quota_refused_total", Help: "Messages and new series over a limit.",
		}, []string{"what", "of"}),
	}
	promauto.With(o.Metrics).NewGaugeFunc(prometheus.GaugeOpts{
		Name: "rione_quota_series", Help: "Series that are counted against the budgets.",
	}, func() float64 { return float64(q.Series("")) })
	return q, nil
}

// Message counts a message of a device in a comune, or returns an *Exceeded,
// and then counts nothing.
func (q *Quota) Message(comune, device string, now time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	d, c := get(q.devices, device), get(q.comuni, comune)
	d.refill(q.o.Device, now)
	c.refill(q.o.Comune, now)
	switch {
	case d.left < 1:
		return q.refuse("messages", "device", device, q.o.Device.PerSecond)
	case c.left < 1:
		return q.refuse("messages", "comune", comune, q.o.Comune.PerSecond)
	}
	d.left--
	c.left--
	return nil
}

// Admit counts a series of a device in a comune before it is written, by a hash
// of its measurement and tags. A series that was admitted before costs nothing.
// It returns an *Exceeded for a new one over the budget.
func (q *Quota) Admit(comune, device string, series uint64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	d, c := get(q.devices, device), get(q.comuni, comune)
	q.moveTo(d, comune)
	key := seriesKey{d, series}
	if _, there := q.series[key]; there {
		return nil
	}
	switch {
	case d.series >= q.o.DeviceSeries:
		return q.refuse("series", "device", device, float64(q.o.DeviceSeries))
	case c.series >= q.o.ComuneSeries:
		return q.refuse("series", "comune", comune, float64(q.o.ComuneSeries))
	}
	d.series++
	c.series++
	q.series[key] = struct{}{}
	return nil
}

// moveTo gives the series of a device that moved to its new comune, over the
// budget if need be. It needs q.mu.
func (q *Quota) moveTo(d *account, comune string) {
	if d.comune == comune {
		return
	}
	if d.comune != "" {
		get(q.comuni, d.comune).series -= d.series
		get(q.comuni, comune).series += d.series
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
		get(q.comuni, d.comune).series -= d.series
	}
	for key := range q.series {
		if key.device == d {
			delete(q.series, key)
		}
	}
	delete(q.devices, device)
}

// Series returns how many series a comune has used, all of them for "".
func (q *Quota) Series(comune string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if comune == "" {
		return len(q.series)
	}
	if c := q.comuni[comune]; c != nil {
		return c.series
	}
	return 0
}

// refuse counts a refusal and returns it.
func (q *Quota) refuse(what, of, name string, limit float64) error {
	q.refused.WithLabelValues(what, of).Inc()
	return &Exceeded{What: what, Of: of, Name: name, Limit: limit}
}

func get(m map[string]*account, name string) *account {
	a := m[name]
	if a == nil {
		a = &account{}
		m[name] = a
	}
	return a
}

// refill gives what the time since the last message brought. An account that is
// new has a whole burst.
func (a *account) refill(r Rate, now time.Time) {
	switch {
	case a.at.IsZero():
		a.left = r.Burst
	case now.After(a.at):
		a.left = min(r.Burst, a.left+now.Sub(a.at).Seconds()*r.PerSecond)
	default:
		return
	}
	a.at = now
}
