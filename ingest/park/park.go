// Package park keeps the lines of a store that takes none at the moment, in
// order and durably, so that one comune's database does not stop the others.
package park

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// StreamName is the JetStream stream of the parked lines. Each of its messages
// is a batch; its subject names target and partition.
const StreamName = "RIONE_PARKED"

const subjectPrefix = "rione.parked."

// ErrFull is returned by Queue.Append while the stream is at its size limit.
var ErrFull = errors.New("no room for more parked lines: raise RIONE_INFLUX_PARKED_MAX_BYTES, or bring the InfluxDB that is away back")

// Options describe the stream.
type Options struct {
	MaxBytes int64 // where Append refuses, all targets together; default 2 GiB
	Replicas int   // default 1
}

// Stream is the parked lines of all targets.
type Stream struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	limit  int64
}

// Open creates the stream if it is not there. As for the journal, an existing
// one is left as it is unless its limit differs.
func Open(ctx context.Context, js jetstream.JetStream, o Options) (*Stream, error) {
	limit := cmp.Or(o.MaxBytes, 2<<30)
	stream, err := js.Stream(ctx, StreamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = js.CreateStream(ctx, jetstream.StreamConfig{
			Name: StreamName, Description: "lines of stores that are away", Subjects: []string{subjectPrefix + "*.*"},
			Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew, MaxBytes: limit, Replicas: cmp.Or(o.Replicas, 1), AllowDirect: true,
		})
	}
	if err == nil && stream.CachedInfo().Config.MaxBytes != limit {
		c := stream.CachedInfo().Config
		c.MaxBytes = limit
		stream, err = js.UpdateStream(ctx, c)
	}
	if isFull(err) {
		return nil, fmt.Errorf("stream of parked lines: %d bytes have no room beside the other streams; lower RIONE_INFLUX_PARKED_MAX_BYTES: %w", limit, err)
	}
	if err != nil {
		return nil, fmt.Errorf("stream of parked lines: %w", err)
	}
	return &Stream{js: js, stream: stream, limit: limit}, nil
}

// Targets returns the names of the targets that have parked lines.
func (s *Stream) Targets(ctx context.Context) ([]string, error) {
	info, err := s.stream.Info(ctx, jetstream.WithSubjectFilter(subjectPrefix+">"))
	if err != nil {
		return nil, fmt.Errorf("stream of parked lines: %w", err)
	}
	seen := map[string]bool{}
	var out []string
	for subject := range info.State.Subjects {
		name, _, _ := strings.Cut(strings.TrimPrefix(subject, subjectPrefix), ".")
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out, nil
}
