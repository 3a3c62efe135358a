package mqtt

import (
	"context"
	"errors"
	"fmt"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"rione/ingest"
)

// glance is how often a waiting command looks whether there is still a
// connection: the client keeps the command of a lost one and tells nobody.
const glance = 50 * time.Millisecond

var _ ingest.Commander = (*Door)(nil)

// Publish gives a command to the broker at QoS 1 and returns once the broker has
// taken it. What becomes of it then, the door cannot know: Acked is never called.
// After an error the broker may have the command nevertheless.
func (d *Door) Publish(ctx context.Context, c ingest.Command) error {
	if !d.client.IsConnectionOpen() { // the client would keep it for later, when it may be too late
		return fmt.Errorf("mqtt door: the external broker %s is not connected", d.broker)
	}
	if err := d.taken(ctx, d.client.Publish(c.Topic, 1, false, c.Payload)); err != nil {
		return fmt.Errorf("mqtt door: the external broker %s did not take the command: %w", d.broker, err)
	}
	return nil
}

// taken waits for the broker's word, as long as there is one to be had.
func (d *Door) taken(ctx context.Context, token paho.Token) error {
	look := time.NewTicker(glance)
	defer look.Stop()
	for {
		select {
		case <-token.Done():
			return token.Error()
		case <-ctx.Done():
			return ctx.Err()
		case <-d.stop:
			return ingest.ErrClosed
		case <-look.C:
			if !d.client.IsConnectionOpen() {
				return errors.New("the connection was lost")
			}
		}
	}
}
