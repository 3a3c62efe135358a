package ingest

import "context"

// Command is something that goes to a device, by the door that it came by.
type Command struct {
	Device  string // id, for the log
	Door    string // of the messages that the device sent: Message.Door
	Topic   string // that the device, or the network that carries it, listens to
	Payload []byte
	Acked   func() // called, from another goroutine, when the device's client acknowledged it; nil: nobody wants to know
}

// Commander publishes commands. A nil error says that the command is on its
// way, not that the device has it. Publish does not wait for the device.
type Commander interface {
	Publish(ctx context.Context, c Command) error
}
