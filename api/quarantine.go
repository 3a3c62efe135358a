package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// EntryPage is one page of the quarantine.
type EntryPage struct {
	Entries []Entry `json:"entries"`
	Next    string  `json:"next,omitempty" doc:"Cursor of the following page."`
}

// GroupList is the quarantine by reason and device.
type GroupList struct {
	Groups []EntryGroup `json:"groups"`
}

// Affected says how many entries an action was done to.
type Affected struct {
	Entries int `json:"entries"`
}

// GroupFilter are the query parameters that choose entries.
type GroupFilter struct {
	Reason string `query:"reason" maxLength:"64"`
	Device string `query:"device" maxLength:"128"`
	Comune string `query:"comune" maxLength:"6"`
	Route  string `query:"route" maxLength:"64"`
	Since  string `query:"since" format:"date-time" maxLength:"40" doc:"Received then or later, RFC 3339."`
	Until  string `query:"until" format:"date-time" maxLength:"40" doc:"Received before, RFC 3339."`
}

type groupsInput struct {
	GroupFilter
	By string `query:"by" enum:"device,cause" default:"device" doc:"device: by reason and device; cause: by what is wrong, with what would mend it."`
}

type entriesInput struct {
	GroupFilter
	Sort   string `query:"sort" enum:"received,-received,reason,-reason,device,-device,comune,-comune,route,-route" default:"-received" doc:"- turns it round."`
	Limit  int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
	Cursor string `query:"cursor" maxLength:"2000" doc:"What the page before gave as next."`
}

type entryPath struct {
	ID string `path:"id" maxLength:"128"`
}

// chosen says which entries to act on. All of it empty would be everything, so
// that has to be said.
type chosen struct {
	Body struct {
		IDs    []string  `json:"ids,omitempty" maxItems:"10000"`
		Reason string    `json:"reason,omitempty" maxLength:"64"`
		Device string    `json:"device,omitempty" maxLength:"128"`
		Comune string    `json:"comune,omitempty" maxLength:"6"`
		Route  string    `json:"route,omitempty" maxLength:"64"`
		Since  time.Time `json:"since,omitzero" required:"false"`
		Until  time.Time `json:"until,omitzero" required:"false"`
		All    bool      `json:"all,omitempty" doc:"Every entry; instead of a choice."`
	}
}

func (s *Server) routeQuarantine() {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary,
			Tags: []string{"quarantine"}, Errors: []int{501}}
	}
	handle(s, op("list-quarantine", "GET", "/v1/quarantine", "Messages that could not become points"), s.listEntries)
	handle(s, op("group-quarantine", "GET", "/v1/quarantine/groups", "The quarantine by reason and device, or by cause with what would mend it"), s.groupEntries)
	handle(s, op("get-quarantine", "GET", "/v1/quarantine/{id}", "One message with its scrubbed payload"), s.getEntry)
	handle(s, op("replay-quarantine", "POST", "/v1/quarantine/replay", "Process messages again, after a fix"),
		func(ctx context.Context, in *chosen) (*body[Affected], error) {
			return s.act(ctx, in, func(f EntryFilter) (int, error) { return s.o.Quarantine.Replay(ctx, f) })
		})
	handle(s, op("drop-quarantine", "POST", "/v1/quarantine/drop", "Forget messages"),
		func(ctx context.Context, in *chosen) (*body[Affected], error) {
			return s.act(ctx, in, func(f EntryFilter) (int, error) { return s.o.Quarantine.Drop(ctx, f) })
		})
}

func (s *Server) hasQuarantine() error {
	if s.o.Quarantine == nil {
		return huma.NewError(http.StatusNotImplemented, "this server has no quarantine")
	}
	return nil
}

func (in *GroupFilter) filter(ctx context.Context) (EntryFilter, error) {
	since, err := parseTime("since", in.Since)
	if err != nil {
		return EntryFilter{}, err
	}
	until, err := parseTime("until", in.Until)
	return EntryFilter{
		Reason: in.Reason, Device: in.Device, Comune: in.Comune, Route: in.Route, Since: since, Until: until, Comuni: scopeOf(ctx).comuni,
	}, err
}

func (s *Server) listEntries(ctx context.Context, in *entriesInput) (*body[EntryPage], error) {
	if err := s.hasQuarantine(); err != nil {
		return nil, err
	}
	f, err := in.filter(ctx)
	if err != nil {
		return nil, err
	}
	entries, err := s.o.Quarantine.List(ctx, f)
	if err != nil {
		return nil, err
	}
	var page EntryPage
	page.Entries, page.Next, err = sortedPage(entries, paging{in.Sort, in.Cursor, in.Limit}, keyOfEntry)
	return &body[EntryPage]{Body: page}, err
}

func keyOfEntry(e Entry, member string) sortKey {
	k := sortKey{id: e.ID}
	switch member {
	case "received":
		k.value = timeKey(e.Received)
	case "reason":
		k.value = e.Reason
	case "device":
		k.value = e.Device
	case "comune":
		k.value = e.Comune
	case "route":
		k.value = e.Route
	}
	return k
}

func (s *Server) groupEntries(ctx context.Context, in *groupsInput) (*body[GroupList], error) {
	if err := s.hasQuarantine(); err != nil {
		return nil, err
	}
	f, err := in.filter(ctx)
	if err != nil {
		return nil, err
	}
	group := s.o.Quarantine.Groups
	if in.By == "cause" {
		group = s.o.Quarantine.Causes
	}
	groups, err := group(ctx, f)
	if err != nil {
		return nil, err
	}
	if groups == nil {
		groups = []EntryGroup{}
	}
	return &body[GroupList]{Body: GroupList{Groups: groups}}, nil
}

func (s *Server) getEntry(ctx context.Context, in *entryPath) (*body[Entry], error) {
	if err := s.hasQuarantine(); err != nil {
		return nil, err
	}
	e, err := s.o.Quarantine.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if !scopeOf(ctx).covers(e.Comune) {
		return nil, ErrNotFound
	}
	return &body[Entry]{Body: e}, nil
}

func (s *Server) act(ctx context.Context, in *chosen, do func(EntryFilter) (int, error)) (*body[Affected], error) {
	if err := s.hasQuarantine(); err != nil {
		return nil, err
	}
	b := &in.Body
	some := len(b.IDs) > 0 || b.Reason != "" || b.Device != "" || b.Comune != "" || b.Route != "" || !b.Since.IsZero() || !b.Until.IsZero()
	if some == b.All {
		return nil, huma.Error422UnprocessableEntity("choose entries by ids, reason, device, comune, route or time, or all of them by all: true")
	}
	n, err := do(EntryFilter{IDs: b.IDs, Reason: b.Reason, Device: b.Device, Comune: b.Comune, Route: b.Route, Since: b.Since, Until: b.Until, Comuni: scopeOf(ctx).comuni})
	if err != nil {
		return nil, err
	}
	return &body[Affected]{Body: Affected{Entries: n}}, nil
}
