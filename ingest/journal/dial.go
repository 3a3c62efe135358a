package journal

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// Dial connects to an external NATS. Its errors do not show the password that
// may stand in the address.
func Dial(address, name string) (*nats.Conn, error) {
	nc, err := nats.Connect(address, nats.Name(name), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(false), nats.Timeout(5*time.Second))
	if err != nil {
		if bad := new(url.Error); errors.As(err, &bad) {
			err = errors.New("it is not an address like nats://host:4222")
		}
		return nil, fmt.Errorf("NATS at %s: %w; check RIONE_NATS_URL", redact(address), err)
	}
	return nc, nil
}

// redact leaves out everything up to the last user part of an address.
func redact(address string) string {
	if i := strings.LastIndexByte(address, '@'); i >= 0 {
		return "…" + address[i:]
	}
	return address
}
