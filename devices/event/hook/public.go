package hook

import (
	"fmt"
	"net/netip"
	"syscall"
)

// publicOnly is the Control of a dialer: it sees the address that a connection
// is about to go to, after names are resolved, and refuses what is not on the
// public internet. A name that resolves to something else at the second look
// gains nothing by it.
func publicOnly(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %s cannot be read: %w", address, err)
	}
	if !isPublic(to.Addr()) {
		return fmt.Errorf("the webhook's name leads to %s, which is not on the public internet; RIONE_EVENTS_WEBHOOK_PRIVATE=true allows it", to.Addr())
	}
	return nil
}

// special are the networks that are not reachable over the public internet, or
// that lead somewhere else (IANA IPv4 and IPv6 Special-Purpose Address
// Registries).
func special() []netip.Prefix {
	texts := [...]string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
		"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
		"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
		"fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
	}
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}

// isPublic tells whether an address is on the public internet. IPv4 inside IPv6
// counts as the IPv4 that it is; of IPv6 only what is given out (2000::/3) does.
func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || a.Is6() && !netip.MustParsePrefix("2000::/3").Contains(a) {
		return false
	}
	for _, p := range special() {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
