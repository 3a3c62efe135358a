package packet

import "bytes"

// Connect is a CONNECT.
type Connect struct {
	Version    Version
	CleanStart bool
	KeepAlive  uint16 // seconds, 0 is none
	ClientID   []byte
	Will       Will
	HasWill    bool
	Username   []byte
	Password   []byte

	// Of MQTT 5, with its defaults otherwise.
	SessionExpiry  uint32 // seconds, all ones is for ever
	ReceiveMaximum uint16
	MaximumPacket  uint32 // 0 is no limit
	NoProblemInfo  bool   // wants no reason strings
	AuthMethod     []byte
}

// Will is the message that a client leaves for when it is lost.
type Will struct {
	Topic   []byte
	Payload []byte
	QoS     byte
	Retain  bool
	Delay   uint32 // seconds
	Props   Props
}

const (
	flagClean    = 0x02
	flagWill     = 0x04
	flagRetain   = 0x20
	flagPassword = 0x40
	flagUsername = 0x80
	maskWillQoS  = 0x18
)

// ParseConnect reads the body of a CONNECT. For a version that is not spoken
// the error has the code UnsupportedVersion and c.Version says what was asked.
func ParseConnect(body []byte, c *Connect) error {
	*c = Connect{ReceiveMaximum: 0xffff}
	r := cursor{b: body}
	name := r.text()
	c.Version = Version(r.byte())
	if r.bad {
		return malformed("CONNECT is cut short")
	}
	if !bytes.Equal(name, []byte("MQTT")) || c.Version != V4 && c.Version != V5 {
		return &Error{UnsupportedVersion, "only MQTT 3.1.1 and 5 are spoken"}
	}
	flags := r.byte()
	if err := checkConnectFlags(c.Version, flags); err != nil {
		return err
	}
	c.CleanStart = flags&flagClean != 0
	c.KeepAlive = r.uint16()
	if c.Version == V5 {
		if err := c.properties(&r); err != nil {
			return err
		}
	}
	c.ClientID = r.text()
	if flags&flagWill != 0 {
		if err := c.will(&r, flags); err != nil {
			return err
		}
	}
	if flags&flagUsername != 0 {
		c.Username = r.text()
	}
	if flags&flagPassword != 0 {
		c.Password = r.binary()
	}
	if r.bad || len(r.b) > 0 {
		return malformed("CONNECT has a bad string, or its length does not fit")
	}
	return nil
}

func checkConnectFlags(v Version, flags byte) error {
	switch {
	case flags&1 != 0:
		return malformed("reserved flag of CONNECT is set")
	case flags&flagWill == 0 && flags&(maskWillQoS|flagRetain) != 0:
		return malformed("CONNECT has flags of a will and no will")
	case flags&maskWillQoS == maskWillQoS:
		return malformed("QoS of the will is 3")
	case v == V4 && flags&flagPassword != 0 && flags&flagUsername == 0:
		return malformed("CONNECT has a password and no user name")
	}
	return nil
}

func (c *Connect) properties(r *cursor) error {
	p := r.properties(TypeConnect)
	hasData := false
	for p.next() {
		switch p.id {
		case propSessionExpiry:
			c.SessionExpiry = p.num
		case propReceiveMaximum:
			c.ReceiveMaximum = uint16(p.num)
		case propMaximumPacket:
			c.MaximumPacket = p.num
		case propProblemInfo:
			c.NoProblemInfo = p.num == 0
		case propAuthMethod:
			c.AuthMethod = p.data
		case propAuthData:
			hasData = true
		}
	}
	if p.err == nil && hasData && c.AuthMethod == nil {
		return protocol("CONNECT has authentication data and no method")
	}
	return p.err
}

func (c *Connect) will(r *cursor, flags byte) error {
	c.HasWill = true
	w := &c.Will
	w.QoS, w.Retain = flags&maskWillQoS>>3, flags&flagRetain != 0
	if c.Version == V5 {
		p := r.properties(typeWill)
		for p.next() {
			if p.id == propWillDelay {
				w.Delay = p.num
			} else {
				w.Props.take(&p)
			}
		}
		if p.err != nil {
			return p.err
		}
		w.Props.raw = p.raw
	}
	w.Topic, w.Payload = r.text(), r.binary()
	return nil
}
