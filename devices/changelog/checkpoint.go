package changelog

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices"
)

// A checkpoint is the whole registry as one set, in a stream of its own, so
// that a start does not fold the change log from the beginning. It is a cache:
// without it the log says the same.
const (
	checkpointStream  = "RIONE_REGISTRY_CHECKPOINT"
	checkpointSubject = "rione.registry.checkpoint"
)

// A checkpoint is written after so many change sets, or bytes of them, since
// the one before.
const (
	checkpointSets         = 1000
	defaultCheckpointBytes = 4 << 20
)

// checkpointer decides when a checkpoint is due. Only the fold uses it.
type checkpointer struct {
	every int // bytes
	bytes int // since the last one
	sets  int
	next  chan *devices.Snapshot // to be written, the latest only
}

// add counts a message.
func (c *checkpointer) add(bytes int) { c.bytes += bytes }

// set counts a change set, which led to s.
func (c *checkpointer) set(s *devices.Snapshot) {
	if c.sets++; c.sets >= checkpointSets || c.bytes >= c.every {
		c.sets, c.bytes = 0, 0
		offer(c.next, s)
	}
}

// writeCheckpoints writes those that are due, beside the fold, until Close.
func (l *Log) writeCheckpoints() {
	for {
		select {
		case <-l.life.Done():
			return
		case s := <-l.due.next:
			err := writeCheckpoint(l.life, l.js, s, l.partSize)
			if err != nil && l.life.Err() == nil {
				l.logger.Warn("checkpoint of the registry was not written; the next start takes longer", "error", err)
			}
		}
	}
}

func checkpointConfig(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        checkpointStream,
		Description: "newest state of the registry, a cache of RIONE_REGISTRY",
		Subjects:    []string{checkpointSubject},
		Storage:     jetstream.FileStorage,
		Replicas:    replicas,
	}
}

// writeCheckpoint stores s and then removes the checkpoints before it. When
// another process writes one at the same time, that one will do.
func writeCheckpoint(ctx context.Context, js jetstream.JetStream, s *devices.Snapshot, size int) error {
	record := &set{Revision: s.Revision, Devices: make([]entry, s.Len())}
	for i, d := range s.All() {
		record.Devices[i] = newEntry(d)
	}
	encoded, err := encodeSet(record)
	if err != nil {
		return err
	}
	messages, err := split(encoded, size)
	if err != nil {
		return err
	}
	stream, err := js.Stream(ctx, checkpointStream)
	if err != nil {
		return fmt.Errorf("open stream %s: %w", checkpointStream, err)
	}
	before := stream.CachedInfo().State.LastSeq
	_, err = publish(ctx, js, checkpointStream, checkpointSubject, before, messages)
	if errors.Is(err, errInterleaved) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	if err := stream.Purge(ctx, jetstream.WithPurgeSequence(before+1)); err != nil {
		return fmt.Errorf("remove old checkpoints: %w", err)
	}
	return nil
}

// readCheckpoint returns the newest whole checkpoint, an empty registry when
// there is none.
func readCheckpoint(ctx context.Context, js jetstream.JetStream, stream jetstream.Stream) (*devices.Snapshot, error) {
	var newest []byte
	var open assembler
	err := readRange(ctx, stream, js, 1, func(m jetstream.Msg, _ uint64) error {
		p, err := parsePart(m.Data())
		if fatal(err) {
			return err
		}
		if err != nil {
			open.reset()
			return nil
		}
		if encoded := open.add(p); encoded != nil {
			newest = encoded
		}
		return nil
	})
	if err != nil || newest == nil {
		return &devices.Snapshot{}, err
	}
	s, err := decodeSet(newest)
	if err != nil {
		return nil, err
	}
	return devices.NewSnapshot(s.Revision, s.changeSet().Put)
}
