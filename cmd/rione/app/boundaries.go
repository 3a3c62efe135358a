package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rione/api"
	"rione/devices/access"
	"rione/devices/changelog"
)

var _ api.Registry = (*auditedRegistry)(nil)

// PutBoundaries keeps an area file and notes it in the audit log.
func (r *auditedRegistry) PutBoundaries(ctx context.Context, author, name string, geojson []byte) error {
	if err := r.Log.PutBoundaries(ctx, name, geojson); err != nil {
		return err
	}
	return r.note(ctx, author, "geo.import", name, fmt.Sprintf("%d bytes", len(geojson)))
}

// RemoveBoundaries takes an area file away and notes it in the audit log.
func (r *auditedRegistry) RemoveBoundaries(ctx context.Context, author, name string) error {
	err := r.Log.RemoveBoundaries(ctx, name)
	if errors.Is(err, changelog.ErrNoBoundaries) {
		return api.ErrNotFound
	}
	if err != nil {
		return err
	}
	return r.note(ctx, author, "geo.remove", name, "")
}

func (r *auditedRegistry) note(ctx context.Context, author, action, subject, detail string) error {
	return r.audited.Trail.Append(ctx, access.Entry{Time: time.Now().UTC(), Who: author, Action: action, Subject: subject, Detail: detail})
}

// BoundaryFiles implements api.Registry.
func (r *auditedRegistry) BoundaryFiles(ctx context.Context) ([]api.BoundaryFile, error) {
	files, err := r.Boundaries(ctx)
	out := make([]api.BoundaryFile, len(files))
	for i, f := range files {
		out[i] = api.BoundaryFile{Name: f.Name, Bytes: len(f.GeoJSON), Kept: f.Kept}
	}
	return out, err
}
