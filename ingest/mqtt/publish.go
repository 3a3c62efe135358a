package mqtt

import (
	"context"
	"fmt"

	"rione/ingest"
)

var _ ingest.Commander = (*Door)(nil)

// Publish gives a command to the broker at QoS 1 and returns once the broker has
// taken it. What becomes of it then, the door cannot know: Acked is never called.
func (d *Door) Publish(ctx context.Context, c ingest.Command) error {
	if !d.client.IsConnectionOpen() { // the client would keep it for later, when it may be too late
		return fmt.Errorf("mqtt door: the external broker %s is not connected", d.broker)
	}
	token := d.client.Publish(c.Topic, 1, false, c.Payload)
	select {
	case <-token.Done():
	case <-ctx.Done():
		return fmt.Errorf("mqtt door: the external broker %s did not take the command: %w", d.broker, ctx.Err())
	case <-d.stop:
		return fmt.Errorf("mqtt door: %w", ingest.ErrClosed)
	}
	if err := token.Error(); err != nil {
		return fmt.Errorf("mqtt door: the external broker %s did not take the command: %w", d.broker, err)
	}
	return nil
}
