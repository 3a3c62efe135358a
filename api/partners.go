package api

import (
	"context"
	"time"

	"rione/devices"
	"rione/ingest"
)

// Registry is the API's view of the devices' registry.
type Registry interface {
	// Snapshot returns the registry as it is now.
	Snapshot() *devices.Snapshot
	// Apply stores a change set and returns the registry with it. It stores
	// nothing when the registry is no longer at the revision that set expects.
	Apply(ctx context.Context, set devices.ChangeSet) (*devices.Snapshot, error)
	// PutBoundaries keeps a GeoJSON file of comuni or zones under a name.
	PutBoundaries(ctx context.Context, author, name string, geojson []byte) error
	// BoundaryFiles returns the files that are kept, the newest last.
	BoundaryFiles(ctx context.Context) ([]BoundaryFile, error)
	// RemoveBoundaries takes a file away, or returns ErrNotFound.
	RemoveBoundaries(ctx context.Context, author, name string) error
}

// BoundaryFile is a file of outlines that an operator imported.
type BoundaryFile struct {
	Name  string    `json:"name"`
	Bytes int       `json:"bytes"`
	Kept  time.Time `json:"kept" doc:"When it was imported. Of two files with outlines of one area and date the newer one holds."`
}

// Store answers InfluxQL queries. It must be safe for concurrent use.
type Store interface {
	Query(ctx context.Context, db, q string) ([]ingest.Series, error)
	// QueryEach is Query for results of any size: f gets the series in pieces
	// as they arrive. An error of f ends the query and is returned.
	QueryEach(ctx context.Context, db, q string, f func(*ingest.Series) error) error
}

// Entry is one message, or a part of one, that did not become points.
type Entry struct {
	ID       string    `json:"id"`
	Received time.Time `json:"received" doc:"When a door received it."`
	Reason   string    `json:"reason" doc:"Why it did not become a point."`
	Detail   string    `json:"detail,omitempty" doc:"What a person should know."`
	Field    string    `json:"field,omitempty" doc:"The field at fault; empty for the whole message."`
	Unit     string    `json:"unit,omitempty" doc:"That is unknown, as the message gives it."`
	Device   string    `json:"device,omitempty" doc:"The device it names, as it names it."`
	Comune   string    `json:"comune,omitempty"`
	Door     string    `json:"door,omitempty"`
	Route    string    `json:"route,omitempty"`
	Topic    string    `json:"topic,omitempty"`
	Payload  string    `json:"payload,omitempty" doc:"The scrubbed body; only when a single entry is read."`
	Binary   bool      `json:"binary,omitempty" doc:"The payload is in base64."`
}

// EntryFilter chooses entries of the quarantine. Empty members choose all.
type EntryFilter struct {
	IDs    []string
	Reason string
	Device string
	Comune string
	Comuni []string // none: any, also entries that are of no comune
	Route  string
	Since  time.Time
	Until  time.Time // not included
}

// EntryGroup counts the entries of one reason and device, or of one cause.
type EntryGroup struct {
	Reason  string    `json:"reason"`
	Device  string    `json:"device,omitempty" doc:"Of a group by device."`
	Field   string    `json:"field,omitempty" doc:"At fault, of a group by cause."`
	Unit    string    `json:"unit,omitempty" doc:"That is unknown, as the messages give it, of a group by cause."`
	Detail  string    `json:"detail,omitempty" doc:"Of the newest entry of a group by cause."`
	Hint    string    `json:"hint,omitempty" doc:"What would mend it, of a group by cause."`
	Devices int       `json:"devices,omitempty" doc:"How many devices a group by cause has."`
	Count   int       `json:"count"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
}

// Quarantine keeps what could not become points.
type Quarantine interface {
	// List returns the chosen entries in any order, without their payloads.
	List(ctx context.Context, f EntryFilter) ([]Entry, error)
	// Groups counts the chosen entries by reason and device, largest first.
	Groups(ctx context.Context, f EntryFilter) ([]EntryGroup, error)
	// Causes counts the chosen entries by what is wrong with them, largest first.
	Causes(ctx context.Context, f EntryFilter) ([]EntryGroup, error)
	// Get returns one entry with its payload, ErrNotFound when there is none.
	Get(ctx context.Context, id string) (Entry, error)
	// Replay sends the chosen entries through the processor again and returns
	// how many these are.
	Replay(ctx context.Context, f EntryFilter) (int, error)
	// Drop forgets the chosen entries and returns how many these were.
	Drop(ctx context.Context, f EntryFilter) (int, error)
}
