package dashboards

import "context"

// Action is what a change does.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
)

// Difference is one value that is not as it should be.
type Difference struct {
	Path string `json:"path"`
	Live any    `json:"live"` // nil: not there
	Want any    `json:"want"` // nil: should not be there
}

// Change is one resource that is not as it should be.
type Change struct {
	Action      Action       `json:"action"`
	Kind        ResourceKind `json:"kind"`
	UID         string       `json:"uid"`
	Title       string       `json:"title"`
	Differences []Difference `json:"differences,omitempty"`

	want, live Resource
}

// Plan is what Apply would do, in its order.
type Plan struct {
	Changes   []Change `json:"changes"`
	Unchanged int      `json:"unchanged"`
}

// Empty tells whether there is nothing to do.
func (p Plan) Empty() bool { return len(p.Changes) == 0 }

// String describes the plan for people, one line a difference.
func (p Plan) String() string { return "" }

// Reconciler brings a Grafana organisation to a desired state.
type Reconciler struct {
	grafana Grafana
	set     Set
}

// NewReconciler returns a Reconciler of set, which must be valid.
func NewReconciler(g Grafana, set Set) (*Reconciler, error) {
	if err := set.Validate(); err != nil {
		return nil, err
	}
	return &Reconciler{grafana: g, set: set}, nil
}

// Plan compares what is with what should be. It writes nothing.
func (r *Reconciler) Plan(ctx context.Context) (Plan, error) { return Plan{}, nil }

// Apply makes the changes of plan. After an error it goes on with what does
// not depend on the failed change and returns all errors; it can be run again
// with a new plan.
func (r *Reconciler) Apply(ctx context.Context, p Plan) error { return nil }

// Drift returns the resources that were applied and then changed or deleted by
// hand: the part of the plan that undoes what people did.
func (r *Reconciler) Drift(ctx context.Context) (Plan, error) { return Plan{}, nil }
