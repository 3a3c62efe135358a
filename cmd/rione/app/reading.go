package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"rione/api"
	"rione/ingest"
	"rione/ingest/influx"
)

// stores gives the API the answers of all targets.
type stores []storeTarget

var _ api.Store = stores(nil)

// Query implements api.Store: it asks the targets of the comuni that the query
// is about, at once, and joins their series. Where some do not answer it returns
// the series of the others with the error.
func (s stores) Query(ctx context.Context, db, q string) ([]ingest.Series, error) {
	asked := s.of(api.ComuniOf(ctx))
	answers, errs := make([][]ingest.Series, len(asked)), make([]error, len(asked))
	var all sync.WaitGroup
	for i, t := range asked {
		all.Go(func() { answers[i], errs[i] = t.client.Query(ctx, t.bucketOf(db, s), t.rewrite(q, s)) })
	}
	all.Wait()
	var out []ingest.Series
	for i, answer := range answers {
		if errs[i] != nil {
			errs[i] = fmt.Errorf("%s: %w", asked[i].name, errs[i])
		}
		out = append(out, answer...)
	}
	return out, errors.Join(errs...)
}

// QueryEach implements api.Store: it asks one target after the other.
func (s stores) QueryEach(ctx context.Context, db, q string, f func(*ingest.Series) error) error {
	for _, t := range s.of(api.ComuniOf(ctx)) {
		if err := t.client.QueryEach(ctx, t.bucketOf(db, s), t.rewrite(q, s), f); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// of returns the targets of comuni, all of them where none is named.
func (s stores) of(comuni []string) stores {
	if len(comuni) == 0 || len(s) == 1 {
		return s
	}
	var out stores
	for i, t := range s {
		if slices.ContainsFunc(comuni, func(c string) bool { return s.indexOf(c) == i }) {
			out = append(out, t)
		}
	}
	return out
}

// indexOf returns the index of a comune's target.
func (s stores) indexOf(comune string) int {
	return max(0, slices.IndexFunc(s, func(t storeTarget) bool { return slices.Contains(t.comuni, comune) }))
}

// indexOfAll returns the index of the target that has all the comuni, of the
// first where they are in several.
func (s stores) indexOfAll(comuni []string) int {
	for i := range s {
		if len(comuni) > 0 && !slices.ContainsFunc(comuni, func(c string) bool { return s.indexOf(c) != i }) {
			return i
		}
	}
	return 0
}

// bucketOf returns what a bucket of the first target is called at t.
func (t *storeTarget) bucketOf(db string, s stores) string {
	if suffix, ok := strings.CutPrefix(db, s[0].bucket); ok {
		return t.bucket + suffix
	}
	return db
}

// rewrite names t's buckets in a query that names the first target's.
func (t *storeTarget) rewrite(q string, s stores) string {
	if t.bucket == s[0].bucket {
		return q
	}
	for _, b := range s[0].buckets() {
		q = strings.ReplaceAll(q, influx.Ident(b.Name)+"..", influx.Ident(t.bucketOf(b.Name, s))+"..")
	}
	return q
}
