package app

import (
	"context"
	"time"

	"rione/api/opendata"
	"rione/api/opendata/keep"
	"rione/devices/access"
)

// startPublications opens the data sets.
func (a *App) startPublications(ctx context.Context) error {
	_, js, err := a.stream("publications")
	if err != nil {
		return err
	}
	store, err := keep.Open(ctx, js, keep.Options{Logger: a.log})
	if err != nil {
		return err
	}
	a.life.push("publications", func(context.Context) error { return store.Close() })
	a.publications, err = opendata.Open(ctx, store, publicationTrail{a.audited.audited.Trail})
	return err
}

// publicationTrail notes in the audit log who published what.
type publicationTrail struct{ trail access.Trail }

var _ opendata.Trail = publicationTrail{}

// Note implements opendata.Trail.
func (t publicationTrail) Note(ctx context.Context, c opendata.Change) error {
	return t.trail.Append(ctx, access.Entry{Time: c.Time, Who: c.Who, Action: "opendata." + c.Action, Subject: c.ID, Detail: c.Detail})
}

// Publish publishes data sets as they are prepared, without a delay where the
// form allows: for a demonstration, whose devices began to speak just now.
func (a *App) Publish(ctx context.Context, author string, ids ...string) error {
	for _, id := range ids {
		p, err := a.publications.Get(id)
		if err != nil {
			return err
		}
		if !p.Changed.IsZero() {
			continue // somebody decided otherwise
		}
		p.Published = true
		if p.Holder.Code == "" { // nobody's: what a real catalogue says, an administrator has to say
			p.Holder = opendata.Holder{Name: p.Holder.Name + " (demo)", Code: "demo"}
		}
		if p.Form == opendata.Single {
			p.DelayH = 0
		}
		if _, err := a.publications.Put(ctx, author, p, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// Publications returns the data sets of the data folder.
func (r *Registry) Publications() *opendata.Publications { return r.app.publications }
