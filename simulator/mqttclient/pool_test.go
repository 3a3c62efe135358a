package mqttclient_test

import (
	"fmt"
	"net"
	"runtime"
	"sync"
	"testing"

	"rione/simulator/link"
	"rione/simulator/mosquittotest"
	"rione/simulator/mqttclient"
)

func TestManyConnectionsOfOnePool(t *testing.T) {
	const links, messages = 100, 50
	address := mosquittotest.Start(t)
	p, a := pool(t, mqttclient.V311), newAcks()
	var all sync.WaitGroup
	for i := range links {
		all.Go(func() {
			l := dial(t, p, address, link.Options{ClientID: fmt.Sprintf("sim-%d", i), Acked: a.acked, StateTopic: fmt.Sprintf("state/%d", i), Online: "on", Offline: "off"})
			for k := range messages {
				if err := l.Publish("up", []byte("x"), uint64(i*messages+k)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	a.wait(t, links*messages)
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	address := mosquittotest.FreeAddress(t)
	kill := mosquittotest.Run(t, address)
	t.Cleanup(func() { kill() })
	before := runtime.NumGoroutine()
	p, lost := pool(t, mqttclient.V5), make(chan error, 10)
	links := []link.Link{dial(t, p, address, link.Options{ClientID: "a"}), dial(t, p, address, link.Options{ClientID: "b", Lost: func(err error) { lost <- err }})}
	links[0].Close()
	kill()
	<-lost // the second link is now trying to connect again
	var all sync.WaitGroup
	for range 3 { // closing is for anybody, at any time
		for _, l := range links {
			all.Go(l.Close)
		}
	}
	all.Wait()
	eventually(t, "goroutines are gone", func() bool { return runtime.NumGoroutine() <= before })
}

func TestABrokenLinkComesBack(t *testing.T) {
	address := mosquittotest.Start(t)
	a, lost := newAcks(), make(chan error, 10)
	l := dial(t, pool(t, mqttclient.V311), address, link.Options{Acked: a.acked, Lost: func(err error) { lost <- err }})
	publish(t, l, 0, 100)
	l.(link.Breaker).Break(0)
	publish(t, l, 100, 200)
	<-lost
	a.wait(t, 200)
}

// An address has only so many ports: further connections leave from the next one.
func TestManyConnectionsLeaveFromSeveralAddresses(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: only Linux has all of 127.0.0.0/8")
	}
	b := newBroker(t)
	p, err := mqttclient.New(mqttclient.Options{Version: mqttclient.V5, PerSource: 2})
	if err != nil {
		t.Fatal(err)
	}
	peers := make(chan *peer, 5)
	go func() {
		for range cap(peers) {
			peers <- b.accept(well)
		}
	}()
	var from []string
	for i := range cap(peers) {
		dial(t, p, b.listener.Addr().String(), link.Options{ClientID: fmt.Sprintf("sim-%d", i)})
		host, _, err := net.SplitHostPort((<-peers).conn.RemoteAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		from = append(from, host)
	}
	if got := fmt.Sprint(from); got != "[127.0.0.1 127.0.0.1 127.0.0.2 127.0.0.2 127.0.0.3]" {
		t.Errorf("connections leave from %s", got)
	}
}
