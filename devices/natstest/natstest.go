// Package natstest runs NATS servers for tests.
package natstest

import (
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// JetStream returns the JetStream of a server of the test's own, which ends with
// the test.
func JetStream(t testing.TB) jetstream.JetStream {
	t.Helper()
	js, _ := Start(t, t.TempDir())
	return js
}

// Start runs a server in this process, without a port, on the files in dir, until
// stop or the end of the test.
func Start(t testing.TB, dir string) (js jetstream.JetStream, stop func()) {
	t.Helper()
	s, err := server.NewServer(&server.Options{DontListen: true, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	end := func() { s.Shutdown(); s.WaitForShutdown() }
	if !s.ReadyForConnections(10 * time.Second) {
		end()
		t.Fatalf("the NATS server in %s is not ready", dir)
	}
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		end()
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() { nc.Close(); end() })
	t.Cleanup(stop)
	if js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	return js, stop
}
