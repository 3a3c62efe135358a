package changelog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// errInterleaved is returned by publish when another writer came between.
var errInterleaved = errors.New("another writer came between")

const (
	publishTries   = 3
	publishTimeout = 10 * time.Second // of one try
)

// publish appends messages to a stream whose last sequence is last, and returns
// the sequence of the last one. Every message expects the one before it to be
// the newest of the stream, so no other writer can come between; when one does,
// what was published stays behind as an orphan.
func publish(ctx context.Context, js jetstream.JetStream, stream, subject string, last uint64, messages [][]byte) (uint64, error) {
	for i, m := range messages {
		if err := publishOne(ctx, js, stream, subject, last, m); err != nil {
			return 0, fmt.Errorf("part %d of %d: %w", i+1, len(messages), err)
		}
		last++
	}
	return last, nil
}

// publishOne stores m right after the sequence last. A try without an answer
// may have been stored all the same, so a later refusal is looked into.
func publishOne(ctx context.Context, js jetstream.JetStream, stream, subject string, last uint64, m []byte) error {
	var err error
	for try := range publishTries {
		if err = publishTry(ctx, js, subject, last, m); err == nil || ctx.Err() != nil {
			return err
		}
		if !isWrongSequence(err) {
			continue
		}
		if try > 0 && isStored(ctx, js, stream, last+1, m) {
			return nil
		}
		return errInterleaved
	}
	return fmt.Errorf("no answer from JetStream; whether the change was stored is not known, look before repeating it: %w", err)
}

func publishTry(ctx context.Context, js jetstream.JetStream, subject string, last uint64, m []byte) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	_, err := js.Publish(ctx, subject, m, jetstream.WithExpectLastSequence(last))
	return err
}

func isWrongSequence(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) &&
		(api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// isStored reports whether the message of that sequence is m. (The server looks
// at the expected sequence before it looks for a duplicate, so a message id
// would not tell.)
func isStored(ctx context.Context, js jetstream.JetStream, stream string, seq uint64, m []byte) bool {
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return false
	}
	raw, err := s.GetMsg(ctx, seq)
	return err == nil && bytes.Equal(raw.Data, m)
}
