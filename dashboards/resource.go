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
	// PublicDashboards are shown to anybody who has the link. Their UID is that
	// of the dashboard.
	PublicDashboards ResourceKind = "public dashboard"
	ContactPoints    ResourceKind = "contact point"
	AlertGroups      ResourceKind = "group of alert rules"
)

// Kinds returns every kind in the order in which they are made: what another
// one refers to comes first. They are deleted in the opposite order.
func Kinds() []ResourceKind {
	return []ResourceKind{DataSources, Folders, Dashboards, PublicDashboards, ContactPoints, AlertGroups}
}

// Resource is one thing in Grafana, as its API has it.
type Resource struct {
	Kind    ResourceKind
	UID     string
	Title   string
	Folder  string            // UID of the folder that holds it, "" where there is none
	Body    map[string]any    // what the API takes and gives
	Secrets map[string]string // written, never read: of a live resource only the names are known
	Version int               // of a live resource; a save names the version that it replaces
}

// Grafana is what the Reconciler needs of one organisation of a Grafana
// server. Errors are ErrNotFound, ErrConflict, ErrForbidden or ErrProvisioned
// (errors.Is) where one of these fits.
type Grafana interface {
	// Owned returns the UIDs of the live resources of a kind that carry the label.
	Owned(ctx context.Context, kind ResourceKind, label string) ([]string, error)
	// Read returns a live resource, its body as decoded from JSON, or ErrNotFound.
	Read(ctx context.Context, kind ResourceKind, uid string) (Resource, error)
	// Create makes r. It replaces nothing.
	Create(ctx context.Context, r Resource) error
	// Update puts r in the place of live, or returns ErrConflict when something
	// else stands there by now.
	Update(ctx context.Context, r, live Resource) error
	// Delete removes live. It is no error when that is gone already.
	Delete(ctx context.Context, live Resource) error
}

// Errors of a Grafana server, by what the caller does next.
var (
	// ErrNotFound: there is no such resource, or the token may not see it.
	ErrNotFound = errors.New("grafana has no such resource")
	// ErrConflict: somebody changed the resource meanwhile.
	ErrConflict = errors.New("it was changed meanwhile: plan and apply again")
	// ErrForbidden: the token is wrong, or its role too small.
	ErrForbidden = errors.New("grafana refuses the token: use a service account with the role Admin in this organisation")
	// ErrProvisioned: Grafana loads the resource from a file and lets nobody save it.
	ErrProvisioned = errors.New("grafana loads it from a provisioning file: remove it there first")
)
