package journal

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
)

// checkpointBucket keeps, for each partition, how far it is processed.
const checkpointBucket = "RIONE_CHECKPOINTS"

// ErrOvertaken is returned by Reader.Commit when another reader of the
// partition committed meanwhile. What was read is to be given up.
var ErrOvertaken = errors.New("another processor has taken the partition over")

// checkpoint is how far a partition is processed, with the processor's state
// at that point. Both are written together, so they always fit.
type checkpoint struct {
	seq      uint64 // of the last record processed, 0 before the first
	state    []byte
	revision uint64 // of the bucket's entry, 0 when there is none
}

func checkpointKey(partition int) string { return "process." + strconv.Itoa(partition) }

func openCheckpoints(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.KeyValue, error) {
	kv, err := js.KeyValue(ctx, checkpointBucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: checkpointBucket, Description: "how far the journal is processed", Storage: jetstream.FileStorage, Replicas: replicas,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("journal checkpoints: %w", err)
	}
	return kv, nil
}

func (j *Journal) checkpoint(ctx context.Context, partition int) (checkpoint, error) {
	e, err := j.checkpoints.Get(ctx, checkpointKey(partition))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return checkpoint{}, nil
	}
	if err != nil {
		return checkpoint{}, fmt.Errorf("journal checkpoint: %w", err)
	}
	if len(e.Value()) < 8 {
		return checkpoint{}, fmt.Errorf("journal checkpoint of partition %d is damaged", partition)
	}
	return checkpoint{seq: binary.LittleEndian.Uint64(e.Value()), state: e.Value()[8:], revision: e.Revision()}, nil
}

// save writes c if the bucket still has the revision that c came from, and
// returns c with the new one.
func (j *Journal) save(ctx context.Context, partition int, c checkpoint) (checkpoint, error) {
	value := append(binary.LittleEndian.AppendUint64(nil, c.seq), c.state...)
	revision, err := j.checkpoints.Update(ctx, checkpointKey(partition), value, c.revision)
	if errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return c, ErrOvertaken
	}
	if err != nil {
		return c, fmt.Errorf("journal checkpoint: %w", err)
	}
	c.revision = revision
	return c, nil
}

// mendCheckpoints takes checkpoints that lie beyond the stream back to its end.
// They do when the newest records were lost with the power, or the stream was
// made anew; what comes next would be passed over as processed.
func (j *Journal) mendCheckpoints(ctx context.Context) error {
	last := j.stream.CachedInfo().State.LastSeq
	for p := range j.opt.Partitions {
		c, err := j.checkpoint(ctx, p)
		if err != nil {
			return err
		}
		if c.seq <= last {
			continue
		}
		j.opt.Logger.Error("journal is shorter than what was processed: its newest records are lost", "processed", c.seq, "last", last)
		j.missing.Add(float64(c.seq - last))
		c.seq = last
		if _, err := j.save(ctx, p, c); err != nil {
			return err
		}
	}
	return nil
}
