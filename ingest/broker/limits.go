package broker

import (
	"errors"
	"time"
)

// Limits bounds what clients can claim. A zero value takes the default; where
// "0 is none" is said, there is no limit unless one is given.
type Limits struct {
	PacketBytes  int // largest packet of a connected client, default 512 KiB
	ConnectBytes int // largest CONNECT, default 64 KiB

	Connections           int     // connected and connecting clients in all, default 50,000
	Connecting            int     // sockets whose CONNECT is awaited, default 2,000
	ConnectionsPerAddress int     // 0 is none: behind one address may stand a city
	ConnectRate           float64 // new sockets per second and address, default 1,000, in bursts of ten seconds

	ReceiveMaximum int     // publishes of one client in flight, default 256
	MessageRate    float64 // publishes per second and client; one that is faster is read more slowly; 0 is none
	TopicAliases   int     // aliases a client may set, default 16
	TopicBytes     int     // length of topics and filters, default 1,024
	TopicLevels    int     // levels of topics and filters, default 32

	SendMaximum   int // QoS 1 deliveries to one client in flight, default 64
	QueueMessages int // messages waiting for one subscriber, default 1,000; the oldest goes first
	QueueBytes    int // payload bytes waiting for one subscriber, default 1 MiB
	TotalBytes    int // payload bytes waiting for all subscribers, default 256 MiB

	Subscriptions int           // of one session, default 100
	Sessions      int           // connected or not, default 100,000
	SessionExpiry time.Duration // a session is kept no longer without its client, default 1 h

	RetainedMessages int // default 100,000
	RetainedBytes    int // topics and payloads, default 64 MiB

	ConnectTimeout time.Duration // from the accept to the CONNECT granted, TLS included; default 10 s
	PacketTimeout  time.Duration // from the first to the last byte of a packet, default 60 s
	WriteTimeout   time.Duration // a client that reads nothing for so long is closed, default 20 s
	DrainTimeout   time.Duration // for acks of submitted messages at Close, default 3 s
	KeepAliveMax   time.Duration // longest keep-alive of MQTT 5 clients, default 1 h
}

// withDefaults returns l with defaults where it says nothing.
func (l Limits) withDefaults() Limits {
	setDefault(&l.PacketBytes, 512<<10)
	setDefault(&l.ConnectBytes, 64<<10)
	setDefault(&l.Connections, 50_000)
	setDefault(&l.Connecting, 2_000)
	setDefault(&l.ConnectRate, 1_000)
	setDefault(&l.ReceiveMaximum, 256)
	setDefault(&l.TopicAliases, 16)
	setDefault(&l.TopicBytes, 1_024)
	setDefault(&l.TopicLevels, 32)
	setDefault(&l.SendMaximum, 64)
	setDefault(&l.QueueMessages, 1_000)
	setDefault(&l.QueueBytes, 1<<20)
	setDefault(&l.TotalBytes, 256<<20)
	setDefault(&l.Subscriptions, 100)
	setDefault(&l.Sessions, 100_000)
	setDefault(&l.SessionExpiry, time.Hour)
	setDefault(&l.RetainedMessages, 100_000)
	setDefault(&l.RetainedBytes, 64<<20)
	setDefault(&l.ConnectTimeout, 10*time.Second)
	setDefault(&l.PacketTimeout, time.Minute)
	setDefault(&l.WriteTimeout, 20*time.Second)
	setDefault(&l.DrainTimeout, 3*time.Second)
	setDefault(&l.KeepAliveMax, time.Hour)
	return l
}

func setDefault[T int | float64 | time.Duration](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

// validate refuses what the protocol cannot say or what would serve nobody.
func (l Limits) validate() error {
	const maxPacket, max16 = 268_435_455, 65_535 // of the protocol
	var errs []error
	check := func(ok bool, say string) {
		if !ok {
			errs = append(errs, errors.New("limits: "+say))
		}
	}
	check(l.PacketBytes >= 1024 && l.PacketBytes <= maxPacket, "PacketBytes must be 1,024 to 268,435,455")
	check(l.ConnectBytes >= 256 && l.ConnectBytes <= maxPacket, "ConnectBytes must be 256 to 268,435,455")
	check(l.ReceiveMaximum >= 1 && l.ReceiveMaximum <= max16, "ReceiveMaximum must be 1 to 65,535")
	check(l.SendMaximum >= 1 && l.SendMaximum <= max16, "SendMaximum must be 1 to 65,535")
	check(l.TopicAliases >= 0 && l.TopicAliases <= max16, "TopicAliases must be 0 to 65,535")
	check(l.TopicBytes >= 1 && l.TopicBytes <= max16, "TopicBytes must be 1 to 65,535")
	check(l.KeepAliveMax >= time.Second && l.KeepAliveMax <= max16*time.Second, "KeepAliveMax must be 1 s to 65,535 s")
	for _, n := range []int{l.Connections, l.Connecting, l.TopicLevels, l.QueueMessages, l.QueueBytes,
		l.TotalBytes, l.Subscriptions, l.Sessions, l.RetainedMessages, l.RetainedBytes} {
		check(n > 0, "counts and sizes must be positive")
	}
	check(l.ConnectionsPerAddress >= 0 && l.ConnectRate > 0 && l.MessageRate >= 0, "rates must not be negative")
	for _, d := range []time.Duration{l.SessionExpiry, l.ConnectTimeout, l.PacketTimeout, l.WriteTimeout, l.DrainTimeout} {
		check(d > 0, "times must be positive")
	}
	return errors.Join(errs...)
}
