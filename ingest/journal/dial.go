package journal

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// CheckURL returns what is wrong with the addresses of an external NATS, which
// are divided by commas. It never shows them: a password may stand in one.
func CheckURL(addresses string) error {
	for address := range strings.SplitSeq(addresses, ",") {
		address = strings.TrimSpace(address)
		if !strings.Contains(address, "://") {
			address = "nats://" + address // as the client does
		}
		u, err := url.Parse(address)
		if err != nil || u.Hostname() == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) {
			return errNoAddress
		}
	}
	return nil
}

// errNoAddress says what an address looks like, without the one at fault.
var errNoAddress = errors.New("it is not an address like nats://host:4222")

// Dial connects to an external NATS. Its errors do not show the password that
// may stand in the address.
func Dial(address, name string) (*nats.Conn, error) {
	nc, err := nats.Connect(address, nats.Name(name), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(false), nats.Timeout(5*time.Second))
	if err != nil {
		if bad := new(url.Error); errors.As(err, &bad) {
			err = errNoAddress
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
