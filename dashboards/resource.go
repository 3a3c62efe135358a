package dashboards

import (
	"context"
	"errors"
)

// ResourceKind is a kind of thing that Grafana keeps for us.
type ResourceKind string

// The kinds of resources.
const (
	DataSources ResourceKind = "data source"
	Folders     ResourceKind = "folder"
	Dashboards  ResourceKind = "dashboard"
)

// Kinds returns every kind in the order in which they are made: what another
// one refers to comes first. They are deleted in the opposite order.
func Kinds() []ResourceKind { return []ResourceKind{DataSources, Folders, Dashboards} }

// Resource is one thing in Grafana, as its API has it.
type Resource struct {
	Kind    ResourceKind
	UID     string
	Title   string
	Folder  string            // UID of the folder that holds it, "" where there is none
	Body    map[string]any    // what the API takes and gives, without what Grafana counts for itself
	Secrets map[string]string // written, never read back
	Version int               // of the live resource; a save names the version that it replaces
}

// Grafana is what the Reconciler needs of a Grafana server. Every method
// returns an error that is ErrNotFound, ErrConflict, ErrForbidden or
// ErrProvisioned (errors.Is) where one of these fits.
type Grafana interface {
	// Owned returns the live resources of one kind whose UIDs carry the label.
	Owned(ctx context.Context, kind ResourceKind, label string) ([]Resource, error)
	// Create makes r.
	Create(ctx context.Context, r Resource) error
	// Update replaces live by r; ErrConflict when live is no longer what is there.
	Update(ctx context.Context, r, live Resource) error
	// Delete removes live; what is not there any more is no error.
	Delete(ctx context.Context, live Resource) error
}

// Errors of a Grafana server, by what the caller does next.
var (
	// ErrNotFound: there is no such resource, or the token may not see it.
	ErrNotFound = errors.New("grafana has no such resource")
	// ErrConflict: somebody changed the resource meanwhile; plan again.
	ErrConflict = errors.New("the resource was changed meanwhile: plan and apply again")
	// ErrForbidden: the token is wrong or its role too small.
	ErrForbidden = errors.New("grafana refuses the token: use a service account with the role Admin of this organisation")
	// ErrProvisioned: Grafana loads the resource from a file and lets nobody save it.
	ErrProvisioned = errors.New("grafana loads the resource from a provisioning file: remove it there first")
)
