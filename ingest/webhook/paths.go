package webhook

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"rione/ingest"
)

// OpenWISP is the path under which OpenWISP's agents post what they monitor. They
// prove themselves by the device's key in the query, and want 200 for an answer.
const OpenWISP = "/api/v1/monitoring/device/"

// Table is the table of routes, as it is now.
type Table interface {
	Match(path string) string
	Current() *ingest.Routes
}

// Devices knows devices by a key of their own.
type Devices interface {
	// Prove returns the id of the device that goes by that external identity,
	// and whether the key is its secret.
	Prove(ctx context.Context, external, key string, from netip.Addr) (id string, ok bool)
}

// destination is where a request goes: the route, its format and comune, and the
// topic that the message gets.
type destination struct{ route, format, comune, topic string }

// destinationOf reads the path: the door's own form first, then the table of
// routes. Of a query nothing is kept but OpenWISP's time, since a key stands
// there too.
func (d *Door) destinationOf(u *url.URL) (destination, problem) {
	format, comune, _ := strings.Cut(strings.TrimPrefix(u.Path, Prefix), "/")
	if strings.HasPrefix(u.Path, Prefix) && slices.Contains(d.opt.Formats, format) {
		if comune != "" && !comunePattern.MatchString(comune) {
			return destination{}, refuse(http.StatusNotFound, "after the format stands nothing, or the ISTAT code of a comune, six digits")
		}
		return destination{routeOf(format), format, comune, pathOf(format, comune)}, problem{}
	}
	if d.opt.Routes != nil {
		if r := d.opt.Routes.Current().ByName(d.opt.Routes.Match(u.Path)); r != nil {
			topic := u.Path
			if at := u.Query().Get("time"); at != "" && strings.HasPrefix(u.Path, OpenWISP) {
				topic += "?time=" + url.QueryEscape(at)
			}
			return destination{r.Name, r.Format, r.Comune, topic}, problem{}
		}
	}
	return destination{}, refuse(http.StatusNotFound, "there is no such format, and no route of that path; `rione decode --list` and `rione routes list` name them")
}

// deviceOf returns the device that a request of OpenWISP's agent proves to be.
func (d *Door) deviceOf(r *http.Request) (id string, ok bool) {
	external, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, OpenWISP), "/")
	key := r.URL.Query().Get("key")
	if d.opt.Devices == nil || !strings.HasPrefix(r.URL.Path, OpenWISP) || external == "" || key == "" {
		return "", false
	}
	from, _ := netip.ParseAddrPort(r.RemoteAddr) // else the zero address: nobody's
	return d.opt.Devices.Prove(r.Context(), strings.ToLower(external), key, from.Addr().Unmap())
}
