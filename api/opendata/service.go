package opendata

import (
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"rione/api/influxql"
	"rione/api/view"
	"rione/devices"
	"rione/geo"
)

// Registry is what open data knows of devices.
type Registry interface {
	Snapshot() *devices.Snapshot
}

// Options configure a Service. Publications, Registry, Store and Bucket are
// required.
type Options struct {
	Publications *Publications
	Registry     Registry
	Store        influxql.Store
	Bucket       string            // of fixed things; moving ones are not published
	Areas        func() []geo.Area // outlines of comuni and zones; nil: none
	Publisher    Holder            // of the catalogue; none: who holds most of what is in it
	PublicURL    string            // that everybody reaches this server by; "": as the request says
	Version      string            // of the product
	Logger       *slog.Logger      // nil discards
	Now          func() time.Time  // clock; nil is time.Now
}

// Validate tells what is wrong with the options.
func (o *Options) Validate() error {
	if o.Publications == nil || o.Registry == nil || o.Store == nil || o.Bucket == "" {
		return errors.New("open data: publications, a registry, a store and its bucket are required")
	}
	return nil
}

// Service answers what everybody may know. It is a view.Source of the published
// single readings, and the handler of downloads, catalogue and page.
type Service struct {
	o   Options
	log *slog.Logger
	mux *http.ServeMux

	making sync.Mutex // held while a city is made, so that it is made once
	city   *view.City
	until  time.Time // when city is too old
	stamp  string    // of the publications and the registry that it is of

	judging sync.Mutex
	states  map[string]state
}

var _ view.Source = (*Service)(nil)

// New returns a service.
func New(o Options) (*Service, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Service{o: o, log: o.Logger, states: make(map[string]state)}
	s.route()
	return s, nil
}

// now is the moment that readings are judged by. It moves once a minute, so that
// the same question has the same answer for a while and may be cached.
func (s *Service) now() time.Time { return s.o.Now().UTC().Truncate(time.Minute) }
