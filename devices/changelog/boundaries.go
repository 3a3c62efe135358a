package changelog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// areaBucket holds the boundaries that operators imported, a GeoJSON file each,
// so that no state of a city lives outside NATS.
const areaBucket = "RIONE_GEO"

// openAreas returns the bucket, which it creates when it is missing.
func openAreas(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.ObjectStore, error) {
	store, err := js.ObjectStore(ctx, areaBucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		store, err = js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket:      areaBucket,
			Description: "imported boundaries of comuni and zones",
			Storage:     jetstream.FileStorage,
			Replicas:    replicas,
			Compression: true,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open object store %s: %w", areaBucket, err)
	}
	return store, nil
}

// PutBoundaries keeps an area file under a name, in place of the one that had
// it. A reader sees the old file or the new one, never a part.
func (l *Log) PutBoundaries(ctx context.Context, name string, geojson []byte) error {
	if name == "" {
		return errors.New("boundaries need a name")
	}
	if _, err := l.areas.PutBytes(ctx, name, geojson); err != nil {
		return fmt.Errorf("keep boundaries %s: %w", name, err)
	}
	return nil
}

// ErrNoBoundaries is returned for an area file that is not kept.
var ErrNoBoundaries = errors.New("there are no boundaries of that name")

// RemoveBoundaries takes an area file away.
func (l *Log) RemoveBoundaries(ctx context.Context, name string) error {
	_, err := l.areas.GetInfo(ctx, name) // what was deleted before can be deleted again
	if err == nil {
		err = l.areas.Delete(ctx, name)
	}
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return fmt.Errorf("%w: %s", ErrNoBoundaries, name)
	}
	if err != nil {
		return fmt.Errorf("remove boundaries %s: %w", name, err)
	}
	return nil
}

// AreaFile is a file of boundaries that an operator imported.
type AreaFile struct {
	Name    string
	GeoJSON []byte
	Kept    time.Time // when it was imported
}

// Boundaries returns every area file, the one that was kept last at the end: what
// two of them say of one area, the newer one knows better.
func (l *Log) Boundaries(ctx context.Context) ([]AreaFile, error) {
	list, err := l.areas.List(ctx)
	if errors.Is(err, jetstream.ErrNoObjectsFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list boundaries: %w", err)
	}
	slices.SortFunc(list, func(a, b *jetstream.ObjectInfo) int {
		return cmp.Or(a.ModTime.Compare(b.ModTime), strings.Compare(a.Name, b.Name))
	})
	files := make([]AreaFile, len(list))
	for i, info := range list {
		files[i] = AreaFile{Name: info.Name, Kept: info.ModTime.UTC()}
		if files[i].GeoJSON, err = l.areas.GetBytes(ctx, info.Name); err != nil {
			return nil, fmt.Errorf("read boundaries %s: %w", info.Name, err)
		}
	}
	return files, nil
}

// WatchBoundaries returns a channel that gets a value after changes of the area
// files, by whichever process. It is closed when ctx or the Log ends.
func (l *Log) WatchBoundaries(ctx context.Context) (<-chan struct{}, error) {
	if l.life.Err() != nil {
		return nil, ErrClosed
	}
	ctx, cancel := context.WithCancel(ctx)
	context.AfterFunc(l.life, cancel)
	watcher, err := l.areas.Watch(ctx, jetstream.UpdatesOnly())
	if err != nil {
		cancel()
		return nil, fmt.Errorf("watch boundaries: %w", err)
	}
	changed := make(chan struct{}, 1)
	l.work.Go(func() {
		defer cancel()
		defer close(changed)
		defer func() {
			if err := watcher.Stop(); err != nil {
				l.logger.Debug("watch of boundaries ended", "error", err)
			}
		}()
		for {
			select {
			case <-ctx.Done():
				return
			case _, open := <-watcher.Updates():
				if !open {
					return
				}
				select {
				case changed <- struct{}{}:
				default: // one is waiting, and stands for this one too
				}
			}
		}
	})
	return changed, nil
}
