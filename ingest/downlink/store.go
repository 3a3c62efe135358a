package downlink

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

const bucketName = "RIONE_COMMANDS"

func openBucket(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.KeyValue, error) {
	bucket, err := js.KeyValue(ctx, bucketName)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		bucket, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: bucketName, Description: "commands to devices", Storage: jetstream.FileStorage,
			Replicas: replicas, History: 1, TTL: kept + maxLife,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", bucketName, err)
	}
	return bucket, nil
}

// newID draws a UUID of version 4 (RFC 9562), which ChirpStack wants of a
// downlink.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// put keeps a command, if it is still at the revision that it was read at.
func (d *Desk) put(ctx context.Context, h held) error {
	b, err := json.Marshal(h.Command)
	if err != nil {
		return fmt.Errorf("encode command %s: %w", h.ID, err)
	}
	if h.revision, err = d.bucket.Update(ctx, h.ID, b, h.revision); err != nil {
		return fmt.Errorf("keep command %s: %w", h.ID, err)
	}
	d.take(h)
	return nil
}

// take puts a command, as it stands in the bucket, in place of an older one.
func (d *Desk) take(h held) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old, there := d.commands[h.ID]
	if there && old.revision >= h.revision {
		return
	}
	if there && old.open() {
		d.leave(old.Device)
	}
	if h.open() {
		d.waiting[h.Device]++
	}
	if !there || old.State != h.State {
		d.ended.WithLabelValues(string(h.State)).Inc()
	}
	d.commands[h.ID] = h
}

// leave counts an open command less. It needs d.mu.
func (d *Desk) leave(device string) {
	if d.waiting[device]--; d.waiting[device] <= 0 {
		delete(d.waiting, device)
	}
}

// follow reads the commands that there are, and returns what tells of more.
func (d *Desk) follow(ctx context.Context) (jetstream.KeyWatcher, error) {
	watcher, err := d.bucket.WatchAll(d.life, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, fmt.Errorf("read bucket %s: %w", bucketName, err)
	}
	for {
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), watcher.Stop())
		case e, open := <-watcher.Updates():
			switch {
			case !open:
				return nil, fmt.Errorf("read bucket %s: the watch ended", bucketName)
			case e == nil:
				return watcher, nil
			}
			d.read(e)
		}
	}
}

// goOn takes what other processes keep.
func (d *Desk) goOn(watcher jetstream.KeyWatcher) {
	for {
		select {
		case <-d.life.Done():
			return
		case e, open := <-watcher.Updates():
			if !open {
				return
			}
			if e != nil && d.read(e).State == Queued {
				d.rouse()
			}
		}
	}
}

func (d *Desk) read(e jetstream.KeyValueEntry) Command {
	var c Command
	if err := json.Unmarshal(e.Value(), &c); err != nil || c.ID != e.Key() {
		d.o.Logger.Error("a command in the store is damaged and passed over", "command", e.Key(), "error", err)
		return Command{}
	}
	d.take(held{c, e.Revision()})
	return c
}

// List returns the commands of a device, the newest first.
func (d *Desk) List(device string) []Command {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []Command
	for _, h := range d.commands {
		if h.Device == device {
			list = append(list, h.Command)
		}
	}
	slices.SortFunc(list, func(a, b Command) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID))
	})
	return list
}
