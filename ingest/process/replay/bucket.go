package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// bucketName is the bucket of jobs, one entry each.
const bucketName = "RIONE_REPLAYS"

// jobsKept is how many jobs are remembered.
const jobsKept = 50

func openBucket(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.KeyValue, error) {
	kv, err := js.KeyValue(ctx, bucketName)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: bucketName, Description: "replays and their progress", Storage: jetstream.FileStorage, Replicas: replicas,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("replays: %w", err)
	}
	return kv, nil
}

func (j *Jobs) store(ctx context.Context, job *Job) error {
	value, err := json.Marshal(job)
	if err != nil {
		return err
	}
	if _, err := j.kv.Put(ctx, job.ID, value); err != nil {
		return fmt.Errorf("replays: %w", err)
	}
	return nil
}

func (j *Jobs) load(ctx context.Context, id string) (Job, error) {
	var job Job
	e, err := j.kv.Get(ctx, id)
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		return job, ErrNotFound
	}
	if err != nil {
		return job, fmt.Errorf("replays: %w", err)
	}
	if err := json.Unmarshal(e.Value(), &job); err != nil {
		return job, fmt.Errorf("replay %s is damaged: %w", id, err)
	}
	return job, nil
}

// ids returns the ids of the jobs, oldest first.
func (j *Jobs) ids(ctx context.Context) ([]string, error) {
	keys, err := j.kv.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("replays: %w", err)
	}
	var ids []string
	for key := range keys.Keys() {
		ids = append(ids, key)
	}
	slices.Sort(ids)
	return ids, nil
}

// forget removes the oldest jobs beyond those that are kept.
func (j *Jobs) forget(ctx context.Context) {
	ids, err := j.ids(ctx)
	for i := 0; err == nil && i < len(ids)-jobsKept; i++ {
		err = j.kv.Purge(ctx, ids[i])
	}
	if err != nil && ctx.Err() == nil {
		j.opt.Logger.Warn("old replays cannot be forgotten; the next one tries again", "error", err)
	}
}
