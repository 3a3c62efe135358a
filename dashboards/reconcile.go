package dashboards

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Reconciler brings a Grafana organisation to a desired state.
type Reconciler struct {
	// Progress, if set, is told of every change that Apply made, failed to make
	// or left out. It is called by the goroutine that runs Apply.
	Progress func(Change, error)

	grafana Grafana
	label   string
	wanted  []Resource
}

// NewReconciler returns a Reconciler of a valid set.
func NewReconciler(g Grafana, set Set) (*Reconciler, error) {
	if err := set.Validate(); err != nil {
		return nil, err
	}
	r := &Reconciler{grafana: g, label: set.Label, wanted: set.Resources()}
	for i := range r.wanted {
		body, err := decoded(r.wanted[i].Body)
		if err != nil {
			return nil, err
		}
		r.wanted[i].Body = body
	}
	return r, nil
}

// decoded returns a body as it comes back from JSON, so that it compares with
// a live one.
func decoded(body map[string]any) (map[string]any, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal(raw, &out)
}

// Plan compares what is with what should be. It writes nothing.
func (r *Reconciler) Plan(ctx context.Context) (Plan, error) {
	p := Plan{Changes: []Change{}}
	var deletions []Change
	for _, kind := range Kinds() {
		owned, err := r.grafana.Owned(ctx, kind, r.label)
		if err != nil {
			return Plan{}, fmt.Errorf("list what rione made of kind %s: %w", kind, err)
		}
		for _, w := range r.wanted {
			if w.Kind != kind {
				continue
			}
			if err := r.plan(ctx, &p, w); err != nil {
				return Plan{}, err
			}
		}
		gone, err := r.unwanted(ctx, kind, owned)
		if err != nil {
			return Plan{}, err
		}
		deletions = append(gone, deletions...)
	}
	p.Changes = append(p.Changes, deletions...)
	return p, nil
}

// plan adds to p what has to be done about one wanted resource.
func (r *Reconciler) plan(ctx context.Context, p *Plan, w Resource) error {
	c := Change{Action: Create, Kind: w.Kind, UID: w.UID, Title: w.Title, want: w}
	live, err := r.grafana.Read(ctx, w.Kind, w.UID)
	switch {
	case errors.Is(err, ErrNotFound):
		p.Changes = append(p.Changes, c)
		return nil
	case err != nil:
		return fmt.Errorf("read %s: %w", c, err)
	}
	c.Action, c.live, c.Differences = Update, live, differences(w, live)
	if len(c.Differences) == 0 {
		p.Unchanged++
		return nil
	}
	p.Changes = append(p.Changes, c)
	return nil
}

// unwanted returns the deletions of what carries the label and is not of the set.
func (r *Reconciler) unwanted(ctx context.Context, kind ResourceKind, owned []string) ([]Change, error) {
	var out []Change
	for _, uid := range owned {
		if slices.ContainsFunc(r.wanted, func(w Resource) bool { return w.Kind == kind && w.UID == uid }) {
			continue
		}
		live, err := r.grafana.Read(ctx, kind, uid)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s %s: %w", kind, uid, err)
		}
		out = append(out, Change{Action: Delete, Kind: kind, UID: uid, Title: live.Title, live: live})
	}
	return out, nil
}

// Apply makes the changes of a plan. It goes on after an error with what does
// not depend on the failed change, and returns all errors; only a refused
// token or an ended ctx stops it. It can be run again with a new plan.
func (r *Reconciler) Apply(ctx context.Context, p Plan) error {
	var errs []error
	failed := map[reference]bool{}
	for _, c := range p.Changes {
		err := r.attempt(ctx, c, failed)
		if r.Progress != nil {
			r.Progress(c, err)
		}
		if err == nil {
			continue
		}
		failed[reference{c.Kind, c.UID}] = true
		errs = append(errs, err)
		if ctx.Err() != nil || errors.Is(err, ErrForbidden) {
			break
		}
	}
	return errors.Join(errs...)
}

// attempt makes a change, unless what it depends on is among the failed ones.
func (r *Reconciler) attempt(ctx context.Context, c Change, failed map[reference]bool) error {
	if what := c.needs(failed); what != "" {
		return fmt.Errorf("%s: left out, since its %s could not be made", c, what)
	}
	if err := r.apply(ctx, c); err != nil {
		return fmt.Errorf("%s %s: %w", c.Action, c, err)
	}
	return nil
}

func (r *Reconciler) apply(ctx context.Context, c Change) error {
	if c.want.UID == "" && c.live.UID == "" {
		return errors.New("the plan was not made by a reconciler: plan again")
	}
	switch c.Action {
	case Create:
		return r.grafana.Create(ctx, marked(c.want))
	case Update:
		return r.grafana.Update(ctx, marked(c.want), c.live)
	default:
		return r.grafana.Delete(ctx, c.live)
	}
}

// Drift plans, and returns the part of the plan that undoes what people did by hand.
func (r *Reconciler) Drift(ctx context.Context) (Plan, error) {
	p, err := r.Plan(ctx)
	if err != nil {
		return Plan{}, err
	}
	return p.Drift(), nil
}

// Drift returns the part of the plan that undoes what people did by hand:
// dashboards that are no longer as they were applied, and everything else that
// differs or is missing although the set was applied before.
func (p Plan) Drift() Plan {
	applied := p.Unchanged > 0 || p.count(Update) > 0
	drift := Plan{Changes: []Change{}, Unchanged: p.Unchanged}
	for _, c := range p.Changes {
		if c.Action == Create && applied || c.Action == Update && !untouched(c.live) {
			drift.Changes = append(drift.Changes, c)
		}
	}
	return drift
}

// appliedKey is the key under which an applied dashboard keeps its own
// fingerprint. Grafana's web page drops it when a person saves.
const appliedKey = "rioneApplied"

// marked returns a dashboard with its fingerprint in it.
func marked(r Resource) Resource {
	if r.Kind == Dashboards {
		r.Body = maps.Clone(r.Body)
		r.Body[appliedKey] = fingerprint(r.Body)
	}
	return r
}

// untouched tells whether a live dashboard is as it was applied, whatever the
// set wants by now.
func untouched(live Resource) bool {
	mark, ok := live.Body[appliedKey].(string)
	return ok && mark == fingerprint(live.Body)
}

// fingerprint sums up a dashboard without what Grafana counts.
func fingerprint(body map[string]any) string {
	body = maps.Clone(body)
	for _, k := range []string{"id", "version", appliedKey} {
		delete(body, k)
	}
	raw, err := json.Marshal(body) // keys in order
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}
