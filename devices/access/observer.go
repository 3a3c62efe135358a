package access

import (
	"fmt"
	"slices"
	"strings"
)

// ObserverName is the user name by which a person or program comes to the MQTT
// door to hear of events; the password is a token of the API.
const ObserverName = "token"

// Events are told on $rione/v1/{comune}/event/{type}/{id}. Nobody but rione
// publishes there: the door takes no topic that begins with "$" from a client.
const (
	eventRoot    = "$rione"
	eventVersion = "v1"
	eventLeaf    = "event"
	noComune     = "-" // stands for the comune of what is of none
)

// EventTopic returns the topic on which an event is told.
func EventTopic(comune, kind, id string) string {
	if comune == "" {
		comune = noComune
	}
	kind = strings.Map(func(r rune) rune {
		if strings.ContainsRune("/+#\x00", r) {
			return '_'
		}
		return r
	}, kind)
	return strings.Join([]string{eventRoot, eventVersion, comune, eventLeaf, kind, id}, "/")
}

// Observer hears of events at the MQTT door, and publishes nothing.
type Observer struct {
	token Token
	check func() bool
}

// Observe returns who the bearer of a token is. Errors are those of
// Authenticate.
func (p *Policy) Observe(l Login) (*Observer, error) {
	o, err := p.observe(l)
	p.logins.WithLabelValues(result(err)).Inc()
	return o, err
}

func (p *Policy) observe(l Login) (*Observer, error) {
	now, address := p.o.Now(), addressKey(l.Address)
	if !p.wrongAt.allows(address, now) {
		return nil, fmt.Errorf("%w with wrong credentials", ErrThrottled)
	}
	if p.o.Tokens == nil {
		return nil, fmt.Errorf("%w: there are no tokens", ErrBadCredentials)
	}
	t, err := p.o.Tokens.Check(l.Password)
	if err != nil {
		p.wrongAt.count(address, now)
		return nil, fmt.Errorf("%w: %w", ErrBadCredentials, err)
	}
	if !slices.Contains([]Role{Reader, Operator, Installer, Administrator}, t.Role) {
		return nil, fmt.Errorf("%w: a token of role %s hears of no events", ErrBadCredentials, t.Role)
	}
	still := func() bool { _, err := p.o.Tokens.Check(l.Password); return err == nil }
	return &Observer{token: t, check: still}, nil
}

// Identity names the observer by its token's id.
func (o *Observer) Identity() string { return "token:" + o.token.ID }

// InForce reports whether the token is still good.
func (o *Observer) InForce() bool { return o.check() }

// MayPublish reports that an observer publishes nothing.
func (o *Observer) MayPublish(string) bool { return false }

// MaySubscribe reports whether the observer may subscribe to a filter: to
// events, those of a token for some comuni by name.
func (o *Observer) MaySubscribe(filter string) bool {
	levels := strings.Split(filter, "/")
	if len(levels) < 4 || levels[0] != eventRoot || levels[1] != eventVersion || levels[3] != eventLeaf || !o.InForce() {
		return false
	}
	comune := levels[2]
	return len(o.token.Comuni) == 0 || o.token.Covers(comune)
}
