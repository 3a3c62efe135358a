package simulator

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"rione/simulator/encode"
	"rione/simulator/link"
)

// connectAtOnce bounds how many connections are opened at the same time.
const connectAtOnce = 64

// connect opens the connections of all devices that have one of their own.
func (l *load) connect(ctx context.Context) error {
	if err := checkFiles(l.sockets(), fileLimit()); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	group, dialing := errgroup.WithContext(ctx)
	group.SetLimit(connectAtOnce)
	for i := range l.city.devices {
		if d := &l.city.devices[i]; d.Via == i && l.mine(i) && dialing.Err() == nil {
			group.Go(func() error {
				c, err := l.dial(dialing, d)
				if err != nil {
					return fmt.Errorf("connect: %w", err)
				}
				l.links[i] = c
				l.connected.Add(1)
				return nil
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i := range l.city.devices {
		l.links[i] = l.links[l.city.devices[i].Via]
	}
	return ctx.Err()
}

func (l *load) dial(ctx context.Context, d *Device) (link.Link, error) {
	user, password := l.o.credentials(d)
	dialer, broker := l.o.Dialer, l.o.Broker
	if d.Pushed {
		dialer, broker = l.pushing, l.o.Push.URL
	}
	state := ""
	if d.Kind != "" { // a client of a recording says its state itself
		state = encode.Topic(&d.Device, "state")
	}
	return dialer.Dial(ctx, link.Options{
		Broker: broker, ClientID: d.ID, Username: user, Password: password,
		StateTopic: state, Online: encode.Online, Offline: encode.Offline,
		Slow:  slow.strikes(l.o.Faults.Slow, d, 0),
		Acked: l.acked, Refused: l.refused,
		Lost: func(err error) {
			l.lost.Add(1)
			l.o.Logger.Debug("connection lost", "device", d.ID, "error", err)
		},
	})
}

// close ends all connections, many at once. A second call does nothing.
func (l *load) close() {
	var group errgroup.Group
	group.SetLimit(connectAtOnce)
	for i := range l.city.devices {
		if l.city.devices[i].Via == i && l.links[i] != nil {
			group.Go(func() error {
				l.links[i].Close()
				return nil
			})
		}
	}
	_ = group.Wait() // no link's Close fails
	l.pushing.Close()
}
